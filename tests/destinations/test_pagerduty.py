"""PagerDuty, against the stand-in over real HTTP: what is triggered, resolved and tested."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.pagerduty import PagerDuty as Connector
from destinations.errors import NeedsAttention, Recorded
from destinations.http import Door
from destinations.messages import Message
from sandbox.pagerduty import KEY, MAX_BYTES, PagerDuty
from tests.destinations import example

MESSAGE = replace(
    example.MESSAGE,
    data_source="prod-postgres",
    changes=("Column customer_email was removed (breaking)", "Column note was added"),
)
ENDED = replace(
    MESSAGE,
    idempotency_key="anomalyarmor-1-2-3-close",
    external_id="anomalyarmor-1-2-3",
    ended="resolved",
    ended_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    ended_by="ada",
    ended_note="reran the job",
)
WIDE = "\N{GRINNING FACE}"  # 12 bytes as JSON


@pytest.fixture
def pagerduty(settings: Settings) -> Iterator[PagerDuty]:
    with PagerDuty() as running:
        settings.PAGERDUTY_EVENTS_URL = running.url
        yield running


def connector(key: str = KEY, **config: Any) -> Connector:
    return Connector(config, {"routing_key": key}, Door([key], 5))


def recorded(verb: str, message: Message, **config: Any) -> Any:
    """What would be sent, and where to."""
    door = Door([KEY], is_recording=True)
    with pytest.raises(Recorded):
        getattr(Connector(config, {"routing_key": KEY}, door), verb)(message)
    return door.exchanges[0]


def test_an_alert_is_triggered_with_all_that_may_be_said(pagerduty: PagerDuty) -> None:
    receipt = connector().create(MESSAGE)
    assert (receipt.external_id, receipt.reference, receipt.note) == ("anomalyarmor-1-2-3", "", "")
    [alert] = pagerduty.alerts
    assert alert.is_open
    assert alert.events == [
        {
            "routing_key": KEY,
            "event_action": "trigger",
            "dedup_key": "anomalyarmor-1-2-3",
            "client": "AnomalyArmor",
            "client_url": "https://armor.example/alerts/1/",
            "links": [{"href": "https://armor.example/alerts/1/", "text": "View alert"}],
            "payload": {
                "summary": "[AnomalyArmor] Column removed from orders",
                "source": "shop.public.orders",
                "severity": "critical",
                "timestamp": "2026-11-23T08:00:00+00:00",
                "component": "orders",
                "group": "prod-postgres",
                "class": "schema_change",
                "custom_details": {
                    "description": "Column customer_email was removed.",
                    "rule": "Orders",
                    "event_type": "schema_change",
                    "severity": "critical",
                    "asset": "shop.public.orders",
                    "asset_id": "a-17",
                    "data_source": "prod-postgres",
                    "changes": [
                        "Column customer_email was removed (breaking)",
                        "Column note was added",
                    ],
                },
            },
        }
    ]


def test_the_same_alert_again_is_no_second_one(pagerduty: PagerDuty) -> None:
    assert connector().create(MESSAGE) == connector().create(MESSAGE)
    assert [len(alert.events) for alert in pagerduty.alerts] == [2]
    connector().create(replace(MESSAGE, idempotency_key="anomalyarmor-1-2-4"))
    assert len(pagerduty.alerts) == 2


def test_a_retry_after_a_lost_answer_is_no_second_one(pagerduty: PagerDuty) -> None:
    pagerduty.fail(503)
    with pytest.raises(Exception, match="503"):
        connector().create(MESSAGE)
    connector().create(MESSAGE)
    connector().create(MESSAGE)
    assert len(pagerduty.alerts) == 1


def test_its_end_resolves_it_and_says_who_and_why(pagerduty: PagerDuty) -> None:
    connector().create(MESSAGE)
    closed = connector().close(ENDED)
    assert closed.external_id == "anomalyarmor-1-2-3"
    [alert] = pagerduty.alerts
    assert not alert.is_open
    last = alert.events[-1]
    assert (last["event_action"], last["dedup_key"]) == ("resolve", "anomalyarmor-1-2-3")
    details = last["payload"]["custom_details"]
    assert details["ended"] == "Resolved by ada: reran the job."
    assert details["ended_at"] == "2026-11-23T09:30:00+00:00"


def test_an_end_is_told_twice_without_harm(pagerduty: PagerDuty) -> None:
    connector().create(MESSAGE)
    connector().close(ENDED)
    connector().close(ENDED)
    assert [(len(alert.events), alert.is_open) for alert in pagerduty.alerts] == [(2, False)]


def test_what_a_person_has_resolved_stays_resolved(pagerduty: PagerDuty) -> None:
    connector().create(MESSAGE)
    pagerduty.resolve_by_hand()
    connector().close(ENDED)
    assert [alert.is_open for alert in pagerduty.alerts] == [False]


def test_a_test_is_triggered_and_resolved_at_once(pagerduty: PagerDuty) -> None:
    receipt = connector(severity_critical="critical").test(MESSAGE)
    [alert] = pagerduty.alerts
    assert not alert.is_open
    assert [event["event_action"] for event in alert.events] == ["trigger", "resolve"]
    assert alert.payload["summary"] == "Test: [AnomalyArmor] Column removed from orders"
    assert alert.payload["severity"] == "info"
    assert alert.payload["custom_details"]["description"].startswith("This is a test.")
    assert receipt.note == "Dedup Key: anomalyarmor-1-2-3. The test alert was resolved again."


def test_a_test_that_is_not_resolved_is_a_success_and_says_so(pagerduty: PagerDuty) -> None:
    pagerduty.fail(500, action="resolve")
    receipt = connector().test(MESSAGE)
    assert receipt.external_id == "anomalyarmor-1-2-3"
    assert receipt.note.startswith("Dedup Key: anomalyarmor-1-2-3. Resolve the test alert by hand:")
    assert [alert.is_open for alert in pagerduty.alerts] == [True]


@pytest.mark.parametrize("ours", ["info", "warning", "critical"])
def test_a_severity_is_the_one_of_the_same_name(pagerduty: PagerDuty, ours: str) -> None:
    connector().create(replace(MESSAGE, severity=ours))
    assert pagerduty.alerts[0].payload["severity"] == ours


def test_a_severity_can_be_another_one(pagerduty: PagerDuty) -> None:
    connector(severity_warning="error").create(replace(MESSAGE, severity="warning"))
    assert pagerduty.alerts[0].payload["severity"] == "error"
    assert pagerduty.alerts[0].payload["custom_details"]["severity"] == "warning"


@pytest.mark.parametrize("odd", ["", "fatal"])
def test_a_severity_that_pagerduty_does_not_know_is_an_error(
    pagerduty: PagerDuty, odd: str
) -> None:
    connector().create(replace(MESSAGE, severity=odd))
    assert pagerduty.alerts[0].payload["severity"] == "error"


@pytest.mark.parametrize(
    ("asset", "data_source", "source"),
    [("a.b", "pg", "a.b"), ("", "pg", "pg"), ("", "", "anomalyarmor")],
)
def test_the_source_is_never_empty(
    pagerduty: PagerDuty, asset: str, data_source: str, source: str
) -> None:
    connector().create(replace(MESSAGE, asset=asset, data_source=data_source))
    assert pagerduty.alerts[0].payload["source"] == source


def test_the_longest_alert_is_within_all_limits(pagerduty: PagerDuty) -> None:
    long = WIDE * 20_000
    texts = dict.fromkeys(
        ("title", "description", "event_type", "asset", "asset_id", "rule", "data_source"), long
    )
    message = replace(MESSAGE, changes=(long,) * 500, **texts)
    connector().create(message)
    connector().close(replace(message, external_id="x", ended="resolved", ended_note=long))
    assert max(len(json.dumps(event)) for event in pagerduty.events) < MAX_BYTES
    changes = pagerduty.alerts[0].payload["custom_details"]["changes"]
    assert (len(changes), changes[-1]) == (41, "and 460 more")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", "https://armor.example/" + "x" * 3000])
def test_only_a_link_becomes_one(pagerduty: PagerDuty, link: str) -> None:
    connector().create(replace(MESSAGE, link=link))
    [event] = pagerduty.events
    assert {"links", "client_url", "images"}.isdisjoint(event)


def test_hostile_text_stays_text(pagerduty: PagerDuty) -> None:
    hostile = '"}],"links":[{"href":"https://evil.example"}]\n<script>\x00'
    connector().create(replace(MESSAGE, title=hostile, asset=hostile, changes=(hostile,)))
    [event] = pagerduty.events
    assert [link["href"] for link in event["links"]] == ["https://armor.example/alerts/1/"]
    assert event["payload"]["source"] == hostile
    assert "\n" not in event["payload"]["summary"]


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("", "events.pagerduty.com"),
        ("us", "events.pagerduty.com"),
        ("eu", "events.eu.pagerduty.com"),
    ],
)
def test_the_region_decides_where_it_goes(region: str, host: str) -> None:
    exchange = recorded("create", MESSAGE, region=region)
    assert (exchange.method, exchange.url) == ("POST", f"https://{host}/v2/enqueue")


def test_the_operators_address_goes_before_the_region(pagerduty: PagerDuty) -> None:
    connector(region="eu").create(MESSAGE)
    assert len(pagerduty.events) == 1


def test_a_record_of_an_end_without_its_beginning_is_whole() -> None:
    body = recorded("close", replace(ENDED, external_id="")).body
    assert (body["event_action"], body["dedup_key"]) == ("resolve", "anomalyarmor-1-2-3-close")
    assert KEY not in json.dumps(body)


def test_a_check_sends_no_event(pagerduty: PagerDuty) -> None:
    found = connector().check()
    assert (found.warnings, found.field_errors) == ([], {})
    assert pagerduty.asked == 0


def test_without_a_key_nothing_is_sent(pagerduty: PagerDuty) -> None:
    with pytest.raises(NeedsAttention, match="No integration key configured"):
        connector("").create(MESSAGE)
    assert pagerduty.asked == 0
