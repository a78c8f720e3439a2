"""One alert: what happened, which rules matched and why, and what became of it."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import ingest
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Delivery, Match, Rule, Schedule, Storm
from alerts.sweep import sweep
from tests.alerts.factories import (
    a_destination,
    a_rule,
    alerts,
    an_alert,
    an_event,
    close_of,
    create_of,
)
from tests.pages.cast import a_sent_alert, delivered, failed

pytestmark = pytest.mark.django_db
LIVE = {"HX-Request": "true", "HX-Target": "live"}


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_it_tells_what_happened(person: Client) -> None:
    change = {"change_type": "column_type_changed", "column": "amount"}
    change |= {"old_value": "integer", "new_value": "numeric(12,2)"}
    alert = an_alert(changes=[change], details={"owner": "finance"})
    html = page(person, alert.get_absolute_url())
    for text in ("Schema change", alert.asset, "Column type changed", "Breaking", "finance"):
        assert text in html
    assert html.index("integer") < html.index("numeric(12,2)")


def test_it_gives_every_verdict_with_its_reason(person: Client) -> None:
    a_rule(name="Only grave ones", severities=["critical"])
    a_rule(name="Only stale ones", event_types=["freshness_violation"])
    html = page(person, an_alert().get_absolute_url())
    assert "Fits its severity." in html
    assert "Event type is schema_change; the rule wants freshness_violation." in html
    assert html.index("Only grave ones") < html.index("Only stale ones")


def test_it_says_that_no_rule_matched(person: Client) -> None:
    html = page(person, an_alert().get_absolute_url())
    assert "No rule matched" in html
    assert "Nothing was sent: no rule matched this alert." in html


def test_create_and_close_stand_under_their_destination(person: Client) -> None:
    alert, create = a_sent_alert()
    delivered(create)
    end(alert, AlertState.RESOLVED, "bob", "Fixed by a migration")
    html = page(person, alert.get_absolute_url())
    assert "INC-7" in html
    for delivery in (create, close_of(alert)):
        assert f'href="/alerts/history/{delivery.pk}/"' in html
    assert "Resolved" in html
    assert "by bob" in html
    assert "Fixed by a migration" in html


def test_a_failure_says_why(person: Client) -> None:
    alert, create = a_sent_alert()
    failed(create)
    html = page(person, alert.get_absolute_url())
    assert "A severity is required" in html
    assert "2 attempts" in html


def test_a_repeat_is_on_the_timeline(person: Client) -> None:
    alert = an_alert()
    html = page(person, alert.get_absolute_url())
    assert "Reported again" not in html
    ingest.record(an_event())
    ingest.record(an_event())
    html = page(person, alert.get_absolute_url())
    assert html.count("Reported again") == 2
    assert "Detected" in html


def test_while_something_is_pending_the_page_asks_again(person: Client) -> None:
    alert, create = a_sent_alert()
    html = page(person, alert.get_absolute_url())
    assert 'hx-trigger="every 2s"' in html
    delivered(create)
    assert "hx-trigger" not in page(person, alert.get_absolute_url())


def test_a_refresh_brings_news_only(person: Client) -> None:
    alert, create = a_sent_alert()
    url = alert.get_absolute_url()
    seen = person.get(url).context["version"]
    assert person.get(url, {"seen": seen}, headers=LIVE).status_code == 204
    delivered(create)
    fresh = person.get(url, {"seen": seen}, headers=LIVE)
    assert fresh.status_code == 200
    assert b"INC-7" in fresh.content
    assert b"<html" not in fresh.content


def test_hostile_text_stays_text(person: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    change = {"change_type": "column_removed", "column": hostile, "old_value": hostile}
    alert = an_alert(
        title=hostile,
        description=hostile,
        changes=[change],
        tags=[hostile],
        details={hostile: hostile},
    )
    assert "<img" not in page(person, alert.get_absolute_url())


def test_a_link_that_is_no_web_address_is_not_one(person: Client) -> None:
    alert, create = a_sent_alert()
    delivered(create)
    Delivery.objects.update(link="javascript:alert(1)")
    html = page(person, alert.get_absolute_url())
    assert "INC-7" in html
    assert "javascript:" not in html


def test_the_number_of_queries_does_not_grow_with_the_deliveries(person: Client) -> None:
    few, _ = a_sent_alert("One", dedup_key="few")
    with CaptureQueriesContext(connection) as before:
        person.get(few.get_absolute_url())
    for name in ("Two", "Three", "Four"):
        a_sent_alert(name, dedup_key=name)
    many, create = a_sent_alert("Four", dedup_key="many")
    assert many.deliveries.count() == 4
    failed(create)
    with CaptureQueriesContext(connection) as after:
        person.get(many.get_absolute_url())
    assert len(after) == len(before)


def test_an_unknown_alert_is_not_found(person: Client) -> None:
    assert person.get(f"/alerts/{uuid4()}/").status_code == 404


def test_strangers_see_no_alert(client: Client) -> None:
    alert, _ = a_sent_alert()
    assert create_of(alert)
    assert client.get(alert.get_absolute_url()).status_code == 302


def test_a_storm_lists_its_alerts_and_they_name_it(person: Client, settings: Settings) -> None:
    settings.STORM_LIMIT = 1
    a_rule(a_destination())
    members = alerts(3)[1:]
    sweep()
    storm = Storm.objects.get().alert
    html = page(person, storm.get_absolute_url())
    assert "Storm: 2 more alerts of the rule Everything" in html
    for member in members:
        assert f'href="{member.get_absolute_url()}"' in html
    assert f'href="/alerts/?storm={storm.pk}&amp;state=all"' in html
    html = page(person, members[0].get_absolute_url())
    assert f'Part of a storm: <a href="{storm.get_absolute_url()}">' in html
    html = page(person, f"/alerts/?storm={storm.pk}&state=all")
    assert "2 alerts, newest first" in html
    assert f'name="storm" value="{storm.pk}"' in html


def test_what_matched_stands_first_and_what_did_not_is_folded_and_counted(person: Client) -> None:
    a_rule(a_destination(), name="Z takes it")
    for number in range(3):
        a_rule(name=f"A {number}", severities=["info"])
    html = page(person, an_alert().get_absolute_url())
    assert html.index("Z takes it") < html.index("3 rules did not match") < html.index("A 0")
    assert "Asked <time" in html


def test_of_one_rule_that_did_not_match_it_says_one(person: Client) -> None:
    a_rule(name="A", severities=["info"])
    assert "1 rule did not match" in page(person, an_alert().get_absolute_url())


def never_open() -> Schedule:
    day = (timezone.now() + timedelta(days=3)).isoweekday()
    windows = [{"days": [day], "start": "00:00", "end": "00:00"}]
    return Schedule.objects.create(name="Office", windows=windows)


def test_what_suppresses_is_named_with_what_happens_then(person: Client) -> None:
    a_rule(a_destination(), name="Office hours", schedule=never_open())
    alert = an_alert()
    html = page(person, alert.get_absolute_url())
    assert html.count("badge badge--suppressed") == 2  # of the alert, and of the rule
    assert "No rule matched" not in html
    assert "Operating schedule" in html
    assert "Outside the operating hours of Office until" in html
    until = Match.objects.get().until
    assert until
    assert f'<time datetime="{until.isoformat()}"' in html
    assert "Asked again, and sent if it is still open: <time" in html
    assert "Nothing was sent so far: this alert was suppressed." in html


def test_what_was_suppressed_when_it_ended_was_not_sent(person: Client) -> None:
    a_rule(a_destination(), schedule=never_open())
    alert = an_alert()
    end(alert, AlertState.RESOLVED)
    html = page(person, alert.get_absolute_url())
    assert "The alert ended before that." in html
    assert "Asked again" not in html


def test_what_a_rule_waits_for_is_told(person: Client) -> None:
    a_rule(a_destination(), name="Patient", min_events=3, min_minutes=30)
    a_rule(name="Counts", min_events=3)
    html = page(person, an_alert().get_absolute_url())
    assert "(1 so far) or until the alert has been open for 30 min." in html
    assert "Asked again with the next event." in html
    assert "Nothing was sent so far: a rule waited before taking this alert." in html


def test_a_deleted_rule_is_marked_whether_it_matched_or_not(person: Client) -> None:
    a_rule(a_destination(), name="Took it")
    a_rule(name="Did not", severities=["info"])
    a_rule(name="Still there", severities=["info"])
    alert = an_alert()
    Rule.objects.exclude(name="Still there").delete()
    html = page(person, alert.get_absolute_url())
    for name in ("Took it", "Did not"):
        assert f'{name} <span class="muted">(deleted)</span>' in html
    assert 'Still there <span class="muted">(deleted)' not in html


def test_earlier_suppressions_are_on_the_timeline_also_when_it_was_sent_later(
    person: Client,
) -> None:
    schedule = never_open()
    a_rule(a_destination(), name="Office hours", schedule=schedule)
    a_rule(name="Also", schedule=schedule)
    alert = an_alert()
    schedule.windows = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "00:00"}]
    schedule.save()
    Match.objects.all().look_again()
    sweep()
    html = page(person, alert.get_absolute_url())
    assert "badge badge--suppressed" not in html
    assert "Suppressed for rules Also, Office hours by operating schedule Office until" in html


def test_an_alert_of_500_rules_stays_readable(person: Client) -> None:
    schedule = never_open()
    Rule.objects.bulk_create(Rule(name=f"Quiet {n}", schedule=schedule) for n in range(150))
    Rule.objects.bulk_create(Rule(name=f"Mild {n}", severities=["info"]) for n in range(350))
    alert = an_alert()
    with CaptureQueriesContext(connection) as queries:
        html = page(person, alert.get_absolute_url())
    assert len(queries) < 20
    assert html.count("Outside the operating hours of Office until") == 150
    assert html.count("the rule wants info.") == 50
    assert "350 rules did not match" in html
    assert "300 more rules said something" in html
    assert html.count("Suppressed for rules") == 1
    assert len(html) < 300_000


def test_the_queries_for_verdicts_do_not_grow_with_the_rules(person: Client) -> None:
    def count(alert: Alert) -> int:
        with CaptureQueriesContext(connection) as queries:
            person.get(alert.get_absolute_url())
        return len(queries)

    a_rule(a_destination(), name="A", schedule=never_open())
    a_rule(name="B", severities=["info"])
    few = count(an_alert(dedup_key="few"))
    for number in range(10):
        a_rule(name=f"A {number}", schedule=Schedule.objects.get())
        a_rule(name=f"B {number}", severities=["info"])
    assert count(an_alert(dedup_key="many")) == few


def test_it_leads_to_what_the_rules_say_now(person: Client) -> None:
    alert = an_alert()
    html = page(person, alert.get_absolute_url())
    assert f'href="/alerts/rules/explain/?alert={alert.pk}"' in html
