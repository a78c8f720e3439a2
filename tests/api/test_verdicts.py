"""Why a rule did or did not: of an alert as it was judged, and of an event that is thought of."""

import uuid
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.models import Alert, Cooldown, Event, Match, Rule, Schedule
from tests.alerts.factories import a_destination, a_rule
from tests.api.client import EVENT, Api

KEYS = {"rule_id", "rule_name", "verdict", "reason", "suppressor", "until", "evaluated_at"}


def closed() -> Schedule:
    """A schedule that is not open today, and is tomorrow."""
    day = timezone.now().isoweekday()
    others = [other for other in range(1, 8) if other != day]
    windows = [{"days": others, "start": "00:00", "end": "00:00"}]
    return Schedule.objects.create(name="Other days", windows=windows)


@pytest.fixture
def rules(db: None) -> list[Rule]:
    return [
        a_rule(a_destination(), name="Everything"),
        a_rule(name="Only stale", event_types=["freshness_violation"]),
        a_rule(name="Other days", schedule=closed()),
        a_rule(name="Patient", min_events=3),
    ]


def test_an_alert_tells_what_every_rule_said(api: Api, rules: list[Rule]) -> None:
    alert_id = api.report().json()["data"]["alert_id"]
    everything, other_days, patient, only_stale = api.get(f"/alerts/{alert_id}/verdicts").json()[
        "data"
    ]
    assert set(everything) == KEYS
    assert everything == {
        "rule_id": str(rules[0].pk),
        "rule_name": "Everything",
        "verdict": "matched",
        "reason": "The rule takes every alert.",
        "suppressor": None,
        "until": None,
        "evaluated_at": everything["evaluated_at"],
    }
    assert (only_stale["verdict"], only_stale["reason"]) == (
        "not_matched",
        "Event type is schema_change; the rule wants freshness_violation.",
    )
    assert (other_days["verdict"], other_days["suppressor"]) == ("suppressed", "schedule")
    assert other_days["until"] > other_days["evaluated_at"]
    assert (patient["verdict"], patient["until"]) == ("waiting", None)


def test_a_deleted_rule_keeps_its_name_and_has_no_id(api: Api, rules: list[Rule]) -> None:
    alert_id = api.report().json()["data"]["alert_id"]
    Rule.objects.all().delete()
    verdicts = api.get(f"/alerts/{alert_id}/verdicts").json()["data"]
    assert [verdict["rule_id"] for verdict in verdicts] == [None] * 4
    assert {verdict["rule_name"] for verdict in verdicts} >= {"Everything", "Only stale"}


def test_an_alert_that_is_not_there_is_a_404(api: Api) -> None:
    assert api.get(f"/alerts/{uuid.uuid4()}/verdicts").status_code == 404


def test_an_event_is_asked_about_without_being_stored(reader: Api, rules: list[Rule]) -> None:
    answer = reader.post("/verdicts", EVENT)
    assert answer.status_code == 200
    verdicts = {verdict["rule_name"]: verdict for verdict in answer.json()["data"]}
    assert {name: verdict["verdict"] for name, verdict in verdicts.items()} == {
        "Everything": "matched",
        "Other days": "suppressed",
        "Patient": "waiting",
        "Only stale": "not_matched",
    }
    assert not Alert.objects.exists()
    assert not Event.objects.exists()
    assert not Match.objects.exists()


def test_the_answer_is_what_the_event_meets_when_it_is_reported(
    api: Api, rules: list[Rule]
) -> None:
    asked = api.post("/verdicts", EVENT).json()["data"]
    alert_id = api.report().json()["data"]["alert_id"]
    met = api.get(f"/alerts/{alert_id}/verdicts").json()["data"]
    assert [_what(one) for one in asked] == [_what(one) for one in met]


def test_a_quota_is_looked_at_and_not_taken(api: Api, db: None) -> None:
    a_rule(name="Cool", cooldown_minutes=60)
    a_rule(name="Few", daily_limit=1)
    assert _verdicts(api) == {"Cool": "matched", "Few": "matched"}
    assert _verdicts(api) == {"Cool": "matched", "Few": "matched"}
    api.report()
    said = api.post("/verdicts", EVENT).json()["data"]
    assert {one["rule_name"]: one["suppressor"] for one in said} == {
        "Cool": "cooldown",
        "Few": "daily_limit",
    }
    assert _verdicts(api, asset="shop.public.other")["Cool"] == "matched"
    Cooldown.objects.update(taken_at=timezone.now() - timedelta(minutes=61))
    assert _verdicts(api)["Cool"] == "matched"


def test_the_queries_do_not_grow_with_the_rules(api: Api, db: None) -> None:
    def count() -> int:
        api.post("/verdicts", EVENT)  # made ready once
        with CaptureQueriesContext(connection) as queries:
            api.post("/verdicts", EVENT)
        return len(queries)

    a_rule(name="First", cooldown_minutes=5, daily_limit=9)
    before = count()
    for number in range(20):
        a_rule(name=f"Rule {number}", cooldown_minutes=5, daily_limit=9)
    assert count() == before


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"{", 400, "MALFORMED_JSON"),
        (b"[]", 400, "MALFORMED_JSON"),
        ({"title": "x"}, 422, "event_type"),
        (EVENT | {"severity": "grim"}, 422, "severity"),
    ],
)
def test_a_bad_event_is_refused_as_when_it_is_reported(
    reader: Api, body: Any, status: int, says: str
) -> None:
    answer = reader.post("/verdicts", body)
    assert answer.status_code == status
    assert says in answer.content.decode()


def test_without_a_key_nobody_is_answered(db: None) -> None:
    assert Api("").post("/verdicts", EVENT).status_code == 401
    assert Api("").get(f"/alerts/{uuid.uuid4()}/verdicts").status_code == 401


def test_a_read_only_key_still_may_not_report(reader: Api) -> None:
    assert reader.report().status_code == 403


def test_a_suppressed_event_says_so(api: Api, db: None) -> None:
    a_rule(name="Other days", schedule=closed())
    data = api.report().json()["data"]
    assert data["status"] == "suppressed"
    assert api.get(f"/alerts/{data['alert_id']}").json()["data"]["verdict"] == "suppressed"


@pytest.mark.parametrize(("is_matched", "verdict"), [(True, "matched"), (False, "not_matched")])
def test_an_alert_from_before_verdicts_were_kept_has_one(
    api: Api, is_matched: bool, verdict: str
) -> None:
    alert_id = api.report().json()["data"]["alert_id"]
    Alert.objects.update(verdict="", is_matched=is_matched)
    assert api.get(f"/alerts/{alert_id}").json()["data"]["verdict"] == verdict


def test_the_document_tells_of_both(api: Api) -> None:
    document = api.get("/openapi.json").json()
    ask = document["paths"]["/api/v1/verdicts"]["post"]
    body = ask["requestBody"]["content"]["application/json"]["schema"]
    assert body == {"$ref": "#/components/schemas/Event"}
    assert "get" in document["paths"]["/api/v1/alerts/{alert_id}/verdicts"]
    assert set(document["components"]["schemas"]["VerdictOut"]["properties"]) == KEYS
    assert "verdict" in document["components"]["schemas"]["AlertOut"]["properties"]


def _verdicts(api: Api, **fields: Any) -> dict[str, str]:
    said = api.post("/verdicts", EVENT | fields).json()["data"]
    return {one["rule_name"]: one["verdict"] for one in said}


def _what(said: dict[str, Any]) -> tuple[Any, ...]:
    return said["rule_name"], said["verdict"], said["reason"], said["suppressor"]
