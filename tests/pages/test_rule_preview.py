"""The preview of a rule beside its form: with half a form, with a pasted event, with nothing."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Alert, Cooldown, Delivery, Event, Rule
from alerts.previews.one_event import SIZE_LIMIT
from alerts.quotas import asset_key
from tests.alerts.factories import EVENT, a_destination, a_rule, an_alert
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
PREVIEW = "/alerts/rules/preview/"
HOSTILE = [
    "{",
    "[]",
    "null",
    "[" * 50_000,
    '{"a":' * 5_000,
    "\x00",
    "\ud800",
    '{"event_type": "nonsense", "title": "<script>alert(1)</script>"}',
    json.dumps(EVENT | {"changes": [{"change_type": "<img src=x onerror=alert(1)>"}]}),
    json.dumps(EVENT | {"details": {"hours_stale": "nan", "threshold_hours": "-inf"}}),
    json.dumps(EVENT | {"details": {"hours_stale": 1e308, "threshold_hours": 1e-308}}),
    json.dumps(EVENT | {"title": "x" * 600}),
    json.dumps(EVENT | {"title": "a\x00b"}),
    json.dumps(EVENT | {"occurred_at": "9999-12-31T23:59:59+14:00"}),
    "1e400",
    "😀" * 1000,
]


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def _preview(page: Visitor, **fields: Any) -> Visitor:
    return page._arrive(page.client.post(PREVIEW, fields))


def test_an_empty_form_previews_a_rule_that_takes_everything(page: Visitor) -> None:
    an_alert()
    _preview(page)
    assert page.status == 200
    assert page.sees("In the last 30 days this rule would have matched 1 alert and opened 1")
    assert page.sees("Column removed from orders", "Opens an incident", "By severity", "Critical")


def test_conditions_and_days_are_taken_from_the_form(page: Visitor) -> None:
    an_alert()
    _preview(page, assets="customers*", preview_days="7")
    assert page.sees("No alert of the last 7 days fits.", "Try fewer conditions")


@pytest.mark.parametrize("days", ["", "1", "-7", "30.5", "x", "1e9", "\uff19\uff10"])
def test_other_days_than_offered_are_the_usual_ones(page: Visitor, days: str) -> None:
    assert _preview(page, preview_days=days).sees("the last 30 days")


def test_a_field_with_a_mistake_is_left_out_and_named(page: Visitor) -> None:
    an_alert()
    _preview(page, assets="x" * 501, severities="critical", daily_limit="many")
    assert page.sees("matched 1 alert", "Left out of this preview, until they are right")
    assert page.sees("Assets", "Alerts a day at most")


def test_a_missing_name_or_destination_is_no_matter(page: Visitor) -> None:
    a_rule(name="Taken")
    assert not _preview(page, name="Taken").sees("Left out")


def test_several_destinations_get_an_incident_each(page: Visitor) -> None:
    an_alert()
    both = [str(a_destination(name).pk) for name in ("One", "Two")]
    assert _preview(page, destinations=both).sees("opened 1 incident at each of 2 destinations")


def test_a_rule_that_is_off_is_previewed_as_if_it_were_on(page: Visitor) -> None:
    an_alert()
    _preview(page, is_active="false")
    assert page.sees("matched 1 alert", "The rule is off")


def test_a_saved_rule_is_compared_with_what_is_typed(page: Visitor) -> None:
    an_alert()
    rule = a_rule(event_types=["new_asset"])
    _preview(page, rule=str(rule.pk), event_types="schema_change")
    assert page.sees("matched 1 alert", "As it is saved: 0 alerts, 0 incidents.")
    rule.refresh_from_db()
    assert rule.event_types == ["new_asset"]


@pytest.mark.parametrize("rule", ["", "x", "00000000-0000-0000-0000-000000000000", "\x00"])
def test_an_unknown_rule_is_a_new_one(page: Visitor, rule: str) -> None:
    assert not _preview(page, rule=rule).sees("As it is saved")


def test_every_condition_of_a_pasted_event_is_told(page: Visitor) -> None:
    conditions = {"event_types": "new_asset", "data_sources": "prod-*", "tags": "finance"}
    _preview(page, sample_event=json.dumps(EVENT), **conditions)
    assert page.sees("Event type</strong> is not met", "New asset; the event has Schema change.")
    assert page.sees("Data source</strong> is met", "prod-*; the event has prod-postgres.")
    assert page.sees("Tag</strong> is not met", "finance; the event has production.")


def test_a_pasted_event_that_fits_is_matched(page: Visitor) -> None:
    _preview(page, sample_event=json.dumps(EVENT), severities="critical")
    assert page.sees("badge--matched", "Severity</strong> is met")


def test_it_is_told_what_would_hold_a_pasted_event_back_now(page: Visitor) -> None:
    rule = a_rule(cooldown_minutes=60)
    key = asset_key(an_alert())
    Cooldown.objects.update_or_create(rule=rule, asset=key, defaults={"taken_at": timezone.now()})
    _preview(page, rule=str(rule.pk), cooldown_minutes="60", sample_event=json.dumps(EVENT))
    assert page.sees("badge--suppressed", "cooldown until")


def test_a_pasted_end_is_told_apart(page: Visitor) -> None:
    _preview(page, sample_event=json.dumps(EVENT | {"status": "resolved"}))
    assert page.sees("It reports an end")


def test_a_pasted_event_is_not_stored(page: Visitor) -> None:
    a_rule(a_destination())
    _preview(page, sample_event=json.dumps(EVENT))
    assert not Alert.objects.exists()
    assert not Event.objects.exists()
    assert not Delivery.objects.exists()


def test_what_is_wrong_with_a_pasted_event_is_told_by_field(page: Visitor) -> None:
    _preview(page, sample_event=json.dumps(EVENT | {"severity": "grave"}))
    assert page.sees('<span class="mono">severity</span>:', "Input should be")


@pytest.mark.parametrize("pasted", HOSTILE)
def test_a_hostile_event_is_answered(page: Visitor, pasted: str) -> None:
    conditions = {"late_minutes": "1", "change_scope": "breaking", "min_severity": "info"}
    page.client.raise_request_exception = True
    pasted = pasted.encode(errors="surrogatepass").decode(errors="replace")
    _preview(page, sample_event=pasted, over_percent="10", **conditions)
    assert page.status == 200
    assert page.sees("What the rule says of it") or 'class="field__error"' in page.html
    assert "<script>" not in page.html
    assert "<img" not in page.html


def test_a_pasted_event_that_is_too_long_is_refused(page: Visitor) -> None:
    _preview(page, sample_event=json.dumps(EVENT | {"description": "x" * SIZE_LIMIT}))
    assert page.sees("The event is longer than 64 KiB.")


def test_the_chart_has_its_numbers_in_a_table(page: Visitor) -> None:
    alert = an_alert()
    _preview(page)
    assert page.sees('role="img"', f'<th scope="row">{alert.created_at:%Y-%m-%d}</th><td>1</td>')
    assert "style=" not in page.html


def test_only_who_may_configure_alerts_may_preview(client: Client) -> None:
    reader = Visitor(bob())
    assert _preview(reader).status == 403
    assert client.post(PREVIEW).status_code == 302
    assert Visitor(ada()).client.get(PREVIEW).status_code == 405


def test_a_preview_saves_no_rule(page: Visitor) -> None:
    _preview(page, name="Orders", event_types="new_asset")
    assert not Rule.objects.exists()


def test_the_page_previews_without_javascript(page: Visitor) -> None:
    an_alert()
    page.open("/alerts/rules/new/").press("preview", assets="orders*", preview_days="90")
    assert page.sees("In the last 90 days this rule would have matched 1 alert", "orders*")
    assert not page.sees("Enter a name.")
    assert not Rule.objects.exists()
