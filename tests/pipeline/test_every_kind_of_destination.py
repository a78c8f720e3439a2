"""One rule for all kinds of destinations: each is told once, and hears once of the end."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from destinations import connectors
from sandbox.server import Sandbox
from tests import stand_ins
from tests.pipeline.everywhere import states, told_everywhere
from tests.pipeline.system import System, wait_for
from tests.stand_ins import NAMES, StandIns

WHO = "API key tests"
NOTE = "reran the job"
SENTENCE = f"Resolved by {WHO}: {NOTE}."
TITLE = "[AnomalyArmor] Column removed from orders"


@pytest.fixture
def places() -> Iterator[StandIns]:
    with stand_ins.running() as there:
        yield there


@pytest.fixture
def sandbox(places: StandIns) -> Sandbox:
    return places.incident_io


@pytest.fixture
def system(database_url: str, places: StandIns) -> Iterator[System]:
    with told_everywhere(database_url, places) as system:
        yield system


def test_the_stand_ins_are_of_every_kind(places: StandIns) -> None:
    assert {kind for kind, _, _ in places.places.values()} == set(connectors.registry)
    assert set(places.places) == set(NAMES)


def test_each_is_told_once_and_hears_once_of_the_end(system: System, places: StandIns) -> None:
    everywhere, before = dict.fromkeys(NAMES, "delivered"), places.asked()
    alert = system.trigger("orders")
    wait_for(lambda: states(system, alert, "create") == everywhere)
    assert places.asked() - before == len(NAMES)
    answer = system.post(f"/alerts/{alert}/resolve", {"note": NOTE})
    assert answer.status_code == 200
    wait_for(lambda: states(system, alert, "close") == everywhere)
    # incident.io is asked before it is told, and a bot changes a message and answers it.
    assert places.asked() - before == 2 * len(NAMES) + 2
    _of_incident_io(places)
    _of_slack(places)
    _of_the_others(places)
    deliveries = system.get(f"/alerts/{alert}/deliveries")
    assert {len(d["attempts"]) for d in deliveries} == {1}
    assert len({d["idempotency_key"] for d in deliveries}) == len(deliveries)


def _of_incident_io(places: StandIns) -> None:
    [incident] = places.incident_io.workspace.incidents()
    assert (incident.name, incident.is_open) == (TITLE, False)
    bodies = {e.route: json.loads(e.body) for e in places.incident_io.journal.entries() if e.body}
    assert bodies["update"]["message"].startswith(SENTENCE)
    [alert] = places.incident_io.alert_sources.alerts
    assert (alert.event["title"], alert.is_firing) == (TITLE, False)
    assert bodies["alert_event"]["status"] == "resolved"
    assert bodies["alert_event"]["description"].startswith(SENTENCE)


def _of_slack(places: StandIns) -> None:
    first, reply = places.bot.messages
    assert (first.changes, reply.thread_ts) == (1, first.ts)
    assert SENTENCE in texts(first.body)
    assert SENTENCE in texts(reply.body)
    opened, ended = (one.body for one in places.hook.messages)
    assert "Column removed from orders" in texts(opened)
    assert "Resolved: Column removed from orders" in texts(ended)
    assert SENTENCE in texts(ended)
    assert SENTENCE not in texts(opened)


def _of_the_others(places: StandIns) -> None:
    trigger, resolve = places.pagerduty.events
    assert (trigger["event_action"], resolve["event_action"]) == ("trigger", "resolve")
    assert resolve["payload"]["custom_details"]["ended"] == SENTENCE
    [alert] = places.pagerduty.alerts
    assert not alert.is_open
    opened, ended = places.receiver.deliveries
    assert [opened.is_authentic, ended.is_authentic] == [True, True]
    assert ended.payload["event_type"] == "alert.resolved"
    said = ended.payload["alert"]
    assert (said["ended_by"], said["reason"]) == (WHO, NOTE)
    card, last = (delivery.payload for delivery in places.teams.deliveries)
    assert SENTENCE in texts(last)
    assert SENTENCE not in texts(card)
    letter, answer = places.mail.letters
    assert answer.message["Subject"] == f"Re: {letter.message['Subject']}" == f"Re: {TITLE}"
    assert answer.message["In-Reply-To"] == letter.message["Message-ID"]
    assert SENTENCE in answer.part("plain")


def texts(body: Any) -> list[str]:
    """All texts in a body, wherever they stand."""
    if isinstance(body, str):
        return [body]
    values = body.values() if isinstance(body, dict) else body if isinstance(body, list) else []
    return [text for value in values for text in texts(value)]
