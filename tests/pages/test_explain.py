"""The page that asks today's rules: about an event that is pasted, or an alert that is there."""

import html
import json
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts.lifecycle import end
from alerts.models import Alert, AlertState, DailyCount, Delivery, Event, Match
from tests.alerts.factories import EVENT, a_destination, a_rule, an_alert
from tests.pages.visitor import BACKEND

pytestmark = pytest.mark.django_db
PATH = "/alerts/rules/explain/"


def text(response: Any) -> str:
    assert response.status_code == 200
    return " ".join(html.unescape(response.content.decode()).split())


def ask(person: Client, event: Any = EVENT) -> str:
    pasted = event if isinstance(event, str) else json.dumps(event)
    return text(person.post(PATH, {"event": pasted}))


def test_it_starts_with_an_example_that_can_be_asked_about(person: Client) -> None:
    a_rule(a_destination(), name="Breaking ones", change_scope="breaking")
    form = person.get(PATH).context["form"]
    answer = ask(person, form["event"].value())
    assert "Breaking ones" in answer
    assert "Fits its change type." in answer


def test_every_rule_says_what_it_would_do(person: Client) -> None:
    a_rule(a_destination(), name="Grave ones", severities=["critical"])
    a_rule(name="Stale ones", event_types=["freshness_violation"])
    a_rule(name="Patient ones", min_events=3)
    answer = ask(person)
    assert "Fits its severity." in answer
    assert "It waits for 3 events in a row (1 so far)." in answer
    assert "Asked again with the next event." in answer
    assert "1 rule did not match" in answer
    assert "Event type is schema_change; the rule wants freshness_violation." in answer


def test_it_names_who_would_hear_of_it_and_through_which_rules(person: Client) -> None:
    both, paused, quiet = (a_destination(name) for name in ("Both", "Paused one", "Quiet"))
    paused.is_active = False
    paused.save()
    a_rule(both, name="A")
    a_rule(both, paused, name="B")
    a_rule(quiet, name="C", severities=["info"])
    answer = ask(person)
    hearers = answer[answer.index("Who would hear of it") : answer.index("What the rules say")]
    assert "Sent there by A, B." in hearers
    assert "Sent there by B." in hearers
    assert "Quiet" not in hearers
    assert hearers.count('badge--paused"') == 1


def test_it_stores_nothing(person: Client) -> None:
    a_rule(a_destination(), name="R", daily_limit=5, cooldown_minutes=5)
    assert "R" in ask(person)
    for model in (Alert, Event, Match, Delivery, DailyCount):
        assert not model.objects.exists(), model


@pytest.mark.parametrize(
    ("pasted", "says"),
    [
        ("", "Paste an event."),
        ("{", "The body is not JSON"),
        ("[]", "The body must be a JSON object."),
        ("{}", "event_type: Field required"),
        (json.dumps(EVENT | {"severity": "grim"}), "severity: Input should be"),
        (json.dumps(EVENT | {"asset": "", "asset_id": ""}), "give `asset` or `asset_id`"),
        ("x" * 500_001, "at most 500000 characters"),
        ('{"title": "\ud800"}', "event_type: Field required"),
    ],
)
def test_what_is_wrong_is_told_beside_the_field_and_nothing_is_lost(
    person: Client, pasted: str, says: str
) -> None:
    response = person.post(PATH, {"event": pasted.encode(errors="replace").decode()})
    answer = text(response)
    assert says in answer
    assert 'id="id_event_error"' in answer
    assert "They were not asked: repair the event first." in answer
    assert (
        response.context["form"]["event"].value().rstrip()
        == pasted.encode(errors="replace").decode()
    )


def test_today_s_rules_are_asked_about_an_alert(person: Client) -> None:
    alert = an_alert()
    a_rule(a_destination(), name="New rule")
    response = person.get(PATH, {"alert": alert.pk})
    answer = text(response)
    assert f'href="{alert.get_absolute_url()}"' in answer
    assert "The rule takes every alert." in answer
    assert json.loads(response.context["form"]["event"].value())["asset"] == alert.asset
    assert not Match.objects.exists()


def test_a_rule_that_took_the_alert_is_not_hindered_by_its_own_quota(person: Client) -> None:
    a_rule(a_destination(), name="Few", daily_limit=1, cooldown_minutes=60)
    alert = an_alert()
    answer = text(person.get(PATH, {"alert": alert.pk}))
    assert "It was told already." in answer
    assert "badge--matched" in answer
    assert "less than 1 h ago: cooldown until" in ask(person, EVENT | {"dedup_key": "another"})


def test_an_alert_that_has_ended_says_so(person: Client) -> None:
    alert = an_alert()
    end(alert, AlertState.RESOLVED)
    assert "which has ended" in text(person.get(PATH, {"alert": alert.pk}))


def test_a_problem_that_is_open_already_is_named(person: Client) -> None:
    alert = an_alert()
    answer = ask(person)
    assert f'href="{alert.get_absolute_url()}"' in answer
    assert f'href="{PATH}?alert={alert.pk}"' in answer


@pytest.mark.parametrize("alert", ["nonsense", "9f7adb62-050b-4d87-bad9-e1befb89a9e8"])
def test_an_unknown_alert_is_not_found(person: Client, alert: str) -> None:
    assert person.get(PATH, {"alert": alert}).status_code == 404


def test_without_rules_it_offers_to_add_one(person: Client) -> None:
    answer = ask(person)
    assert "There is no rule yet." in answer
    assert 'href="/alerts/rules/new/"' in answer


def test_hostile_names_stay_text(person: Client) -> None:
    hostile = "<img src=x onerror=alert(1)>"
    a_rule(a_destination(hostile), name=hostile)
    a_rule(name="Other", assets=[hostile])
    pasted = json.dumps(EVENT | {"asset": hostile, "title": hostile})
    assert "<img" not in person.post(PATH, {"event": pasted}).content.decode()


def test_many_rules_make_no_long_page_and_no_more_queries(person: Client) -> None:
    def queries() -> int:
        ask(person)  # made ready once
        with CaptureQueriesContext(connection) as captured:
            ask(person)
        return len(captured)

    for number in range(2):
        a_rule(a_destination(f"D{number}"), name=f"First {number}", cooldown_minutes=5)
    few = queries()
    for number in range(250):
        a_rule(name=f"Rule {number}", severities=["info"])
    answer = ask(person)
    assert "250 rules did not match" in answer
    assert answer.count("Severity is critical; the rule wants info.") == 198
    assert "52 more rules said something" in answer
    assert queries() == few


def test_whoever_may_only_read_may_ask(client: Client) -> None:
    client.force_login(User.objects.create_user("viewer"), backend=BACKEND)
    assert client.get(PATH).status_code == 200
    assert client.post(PATH, {"event": json.dumps(EVENT)}).status_code == 200


def test_strangers_may_not(client: Client) -> None:
    assert client.get(PATH).status_code == 302
