"""incident.io alerts, against the stand-in over real HTTP: events, repeats and refusals."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
import responses

from destinations.connectors.incident_io_alerts import IncidentIoAlerts
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Recorded,
    Rejected,
)
from destinations.http import Door
from destinations.messages import Message
from sandbox.alert_events import BURST, MAX_BYTES, SOURCE, TOKEN
from sandbox.keys import FULL
from sandbox.server import Sandbox
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


def connector(source: str = SOURCE, token: str = TOKEN) -> IncidentIoAlerts:
    return IncidentIoAlerts({"source_id": source}, {"token": token}, Door([token], 5))


def sent(sandbox: Sandbox) -> list[Any]:
    return [json.loads(entry.body) for entry in sandbox.journal.entries()]


def refused(source: str = SOURCE, token: str = TOKEN) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        connector(source, token).create(MESSAGE)
    return caught.value


def test_an_alert_is_fired_with_all_that_may_be_said(sandbox: Sandbox) -> None:
    receipt = connector().create(MESSAGE)
    assert (receipt.external_id, receipt.reference) == ("anomalyarmor-1-2-3", "")
    assert sent(sandbox) == [
        {
            "status": "firing",
            "deduplication_key": "anomalyarmor-1-2-3",
            "title": "[AnomalyArmor] Column removed from orders",
            "description": "Column customer_email was removed.\n\nChanges:\n\n"
            "- Column customer_email was removed (breaking)\n- Column note was added",
            "source_url": "https://armor.example/alerts/1/",
            "metadata": {
                "product": "AnomalyArmor",
                "event_type": "schema_change",
                "severity": "critical",
                "asset": "shop.public.orders",
                "asset_id": "a-17",
                "data_source": "prod-postgres",
                "rule": "Orders",
                "occurred_at": "2026-11-23T08:00:00+00:00",
            },
        }
    ]
    [alert] = sandbox.alert_sources.alerts
    assert alert.is_firing


def test_the_token_goes_into_the_header_and_nowhere_else(sandbox: Sandbox) -> None:
    connector().create(MESSAGE)
    [entry] = sandbox.journal.entries()
    assert (entry.path, entry.query) == (f"/v2/alert_events/http/{SOURCE}", "")
    assert TOKEN not in entry.body.decode()


def test_the_same_alert_again_is_no_second_one(sandbox: Sandbox) -> None:
    assert connector().create(MESSAGE) == connector().create(MESSAGE)
    [alert] = sandbox.alert_sources.alerts
    assert alert.dropped == 1
    connector().create(replace(MESSAGE, idempotency_key="anomalyarmor-1-2-4"))
    assert len(sandbox.alert_sources.alerts) == 2


def test_a_retry_after_a_lost_answer_is_no_second_one(sandbox: Sandbox) -> None:
    sandbox.faults.add("status", route="alert_event", status=503, process=True, times=1)
    assert refused().status_code == 503
    connector().create(MESSAGE)
    assert [alert.dropped for alert in sandbox.alert_sources.alerts] == [1]


def test_its_end_resolves_it(sandbox: Sandbox) -> None:
    connector().create(MESSAGE)
    closed = connector().close(ENDED)
    assert closed.external_id == "anomalyarmor-1-2-3"
    assert [alert.is_firing for alert in sandbox.alert_sources.alerts] == [False]
    event = sent(sandbox)[1]
    assert (event["status"], event["metadata"]["ended"]) == ("resolved", "resolved")
    assert event["description"].startswith("Resolved by ada: reran the job.\n\n")


def test_an_end_is_told_twice_without_harm(sandbox: Sandbox) -> None:
    connector().create(MESSAGE)
    connector().close(ENDED)
    connector().close(ENDED)
    assert [alert.is_firing for alert in sandbox.alert_sources.alerts] == [False]


def test_a_test_is_fired_and_resolved_and_promises_nothing(sandbox: Sandbox) -> None:
    receipt = connector().test(MESSAGE)
    assert [event["status"] for event in sent(sandbox)] == ["firing", "resolved"]
    for event in sent(sandbox):
        assert event["title"] == "Test: [AnomalyArmor] Column removed from orders"
        assert event["description"].startswith("This is a test.")
        assert event["metadata"]["is_test"] == "true"
    assert "says no more than that: its alert routes decide" in receipt.note


def test_a_test_that_is_not_resolved_is_a_success_and_says_so(sandbox: Sandbox) -> None:
    with responses.RequestsMock() as network:
        url = f"{sandbox.url}/v2/alert_events/http/{SOURCE}"
        network.post(url, json=IncidentIoAlerts.ANSWER, status=202)
        network.post(url, status=500)
        receipt = connector().test(MESSAGE)
    assert receipt.external_id == "anomalyarmor-1-2-3"
    assert receipt.note.startswith("Resolve the test alert by hand: HTTP 500")


def test_metadata_is_flat_and_holds_only_texts(sandbox: Sandbox) -> None:
    connector().create(replace(MESSAGE, asset_id="", data_source="", rule=""))
    metadata = sent(sandbox)[0]["metadata"]
    assert all(type(value) is str and value for value in metadata.values())
    assert {"asset_id", "data_source", "rule"}.isdisjoint(metadata)


def test_hostile_text_makes_no_markup(sandbox: Sandbox) -> None:
    hostile = "[click](https://evil.example) <!channel> @here `x`\n# Big\nwww.evil.example"
    message = replace(MESSAGE, title=hostile, description=hostile, changes=(hostile,))
    connector().create(message)
    connector().close(replace(message, ended="resolved", ended_note=hostile))
    for event in sent(sandbox):
        said = event["description"].removeprefix("Resolved: ")
        assert not set("<>[]`@") & set(said)
        assert "://" not in said
        assert "www." not in said
        assert "\n#" not in said
        assert "\n" not in event["title"]


def test_the_longest_alert_is_within_all_limits(sandbox: Sandbox) -> None:
    long = WIDE * 20_000
    texts = dict.fromkeys(
        ("title", "description", "event_type", "asset", "asset_id", "rule", "data_source"), long
    )
    door = Door(is_recording=True)
    recording = IncidentIoAlerts({"source_id": SOURCE}, {"token": TOKEN}, door)
    with pytest.raises(Recorded):
        recording.create(replace(MESSAGE, changes=(long,) * 500, **texts))
    body = door.exchanges[0].body
    assert len(json.dumps(body)) < MAX_BYTES
    assert body["description"].endswith("- and 460 more changes")


@pytest.mark.parametrize("link", ["javascript:alert(1)", "", "https://armor.example/" + "x" * 3000])
def test_only_a_link_becomes_one(sandbox: Sandbox, link: str) -> None:
    connector().create(replace(MESSAGE, link=link))
    assert "source_url" not in sent(sandbox)[0]


@pytest.mark.parametrize("token", ["wrong", FULL])
def test_another_token_is_for_a_person(sandbox: Sandbox, token: str) -> None:
    error = refused(token=token)
    assert type(error) is NeedsAttention
    assert str(error) == "HTTP 401: Unauthorized (Access token is not valid)"
    assert "copy its token again" in error.advice


def test_an_unknown_source_is_for_a_person(sandbox: Sandbox) -> None:
    error = refused(source="01HNYMA1ERTS0VRCE00000000X")
    assert type(error) is NeedsAttention
    assert error.status_code == 404
    assert "There is no such alert source" in error.advice


def test_a_refusal_keeps_its_reason_and_its_number(sandbox: Sandbox) -> None:
    sandbox.faults.add("status", route="alert_event", status=422, times=1)
    error = refused()
    assert type(error) is Rejected
    assert "referenced resource not found" in str(error)
    assert error.request_id
    assert "report it" in error.advice


def test_too_large_is_rejected(sandbox: Sandbox) -> None:
    sandbox.faults.add("status", route="alert_event", status=413, times=1)
    assert type(refused()) is Rejected


def test_the_limit_of_a_source_is_waited_for(sandbox: Sandbox) -> None:
    sandbox.alert_sources.limiter.configure(0.1, 1)
    connector().create(MESSAGE)
    error = refused()
    assert isinstance(error, RateLimited)
    assert error.retry_after is not None
    assert 0 < error.retry_after <= 11


def test_its_rate_is_below_the_limit_of_a_source() -> None:
    assert IncidentIoAlerts.BURST + 60 * IncidentIoAlerts.RATE_PER_SECOND < BURST


@pytest.mark.parametrize("said", [b"", b'{"status": "queued"}', b'{"message": "accepted"}'])
def test_a_success_that_does_not_say_so_is_none(said: bytes) -> None:
    with responses.RequestsMock() as network:
        url = f"https://api.incident.io/v2/alert_events/http/{SOURCE}"
        network.post(url, body=said, status=202)
        assert type(refused()) is MalformedAnswer


def test_a_check_sends_no_event(sandbox: Sandbox) -> None:
    found = connector().check()
    assert (found.warnings, found.field_errors, sent(sandbox)) == ([], {}, [])


def recorded(message: Message) -> Any:
    door = Door([TOKEN], is_recording=True)
    with pytest.raises(Recorded):
        IncidentIoAlerts({"source_id": SOURCE}, {"token": TOKEN}, door).close(message)
    return door.exchanges[0].body


def test_a_record_of_an_end_without_its_beginning_is_whole() -> None:
    body = recorded(replace(ENDED, external_id=""))
    assert (body["status"], body["deduplication_key"]) == ("resolved", "anomalyarmor-1-2-3-close")
