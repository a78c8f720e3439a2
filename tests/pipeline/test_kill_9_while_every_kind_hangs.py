"""SIGKILL while calls to all kinds of destinations are under way: each is sent again under the id
by which its receiver knows a repeat, and ends delivered."""

import asyncio
import json
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from sandbox.server import Sandbox
from sandbox.wire import Request, Response
from tests import stand_ins
from tests.pipeline.everywhere import states, told_everywhere
from tests.pipeline.system import System, wait_for
from tests.stand_ins import NAMES, StandIns

# A call may hang until all of them do, and a lane for each of them has a process.
PATIENT = {
    "DELIVERY_CALL_DEADLINE": "10",
    "DELIVERY_DRAIN_BUDGET": "10.5",
    "DELIVERY_TASK_TIMEOUT": "21",
    "DELIVERY_LEASE": "22",
    "DELIVERY_QUEUE_RETRY": "23",
    "DELIVERY_STALL_TIMEOUT": "40",
    "WORKERS": str(len(NAMES)),
}
# What a receiver knows a repeat by; Teams and a webhook of Slack know none.
IDS = {
    "incident.io": lambda request: request.payload["idempotency_key"],
    "Source": lambda request: request.payload["deduplication_key"],
    "Slack bot": lambda request: request.payload["client_msg_id"],
    "Slack webhook": lambda request: request.path,
    "PagerDuty": lambda request: request.payload["dedup_key"],
    "Webhook": lambda request: request.headers["webhook-id"],
    "Teams": lambda request: request.path,
}


class Trap:
    """Holds the first call to each place, carried out or not, until the worker is dead."""

    def __init__(self, places: StandIns, *, is_carried_out: bool) -> None:
        self.ids: dict[str, list[str]] = {name: [] for name in NAMES}
        self.is_over = threading.Event()
        self._is_carried_out = is_carried_out
        _wrap(places.bot, "answer_to", self._around("Slack bot"))
        _wrap(places.hook, "answer_to", self._around("Slack webhook"))
        _wrap(places.pagerduty, "answer_to", self._around("PagerDuty"))
        _wrap(places.receiver, "answer_to", self._around("Webhook"))
        _wrap(places.teams, "answer_to", self._around("Teams"))
        _wrap(places.mail._handler, "handle_DATA", self._around_mail)
        at = "processed" if is_carried_out else "received"
        routes = {"incident.io": "create", "Source": "alert_event"}
        for name, route in routes.items():
            told = self._told_of(name)
            places.incident_io.faults.add("callback", route=route, at=at, callback=told)

    def is_full(self) -> bool:
        return all(self.ids.values())

    def _around(self, name: str) -> Callable[..., Callable[[Request], Response]]:
        def wrapped(usual: Callable[[Request], Response]) -> Callable[[Request], Response]:
            def answer(request: Request) -> Response:
                if len(self.ids[name]) == 2:
                    return usual(request)
                done = usual(request) if self._is_carried_out else None
                self._hold(name, IDS[name](request))
                if done is None and len(self.ids[name]) == 1:
                    raise OSError  # the stand-in hangs up
                return done or usual(request)

            return answer

        return wrapped

    def _around_mail(self, usual: Callable[..., Any]) -> Callable[..., Any]:
        async def handle(server: Any, session: Any, envelope: Any) -> str:
            taken = await usual(server, session, envelope) if self._is_carried_out else None
            lines = envelope.original_content.decode().splitlines()
            identifier = next(line for line in lines if line.startswith("Message-ID:"))
            await asyncio.to_thread(self._hold, "Mail", identifier)
            return taken or str(await usual(server, session, envelope))

        return handle

    def _told_of(self, name: str) -> Callable[..., None]:
        key = {"incident.io": "idempotency_key", "Source": "deduplication_key"}[name]
        return lambda moment, entry: self._hold(name, json.loads(entry.body)[key])

    def _hold(self, name: str, identifier: str) -> None:
        if len(self.ids[name]) < 2:
            self.ids[name].append(identifier)
        self.is_over.wait(30)


def _wrap(owner: Any, name: str, around: Callable[..., Any]) -> None:
    setattr(owner, name, around(getattr(owner, name)))


@pytest.fixture
def places() -> Iterator[StandIns]:
    with stand_ins.running() as there:
        yield there


@pytest.fixture
def sandbox(places: StandIns) -> Sandbox:
    return places.incident_io


@pytest.fixture
def system(database_url: str, places: StandIns) -> Iterator[System]:
    with told_everywhere(database_url, places, **PATIENT) as system:
        yield system


@pytest.mark.parametrize("is_carried_out", [False, True], ids=["lost", "carried_out"])
def test_all_is_sent_again_under_the_same_ids(
    system: System, places: StandIns, is_carried_out: bool
) -> None:
    everywhere = dict.fromkeys(NAMES, "delivered")
    trap, before = Trap(places, is_carried_out=is_carried_out), places.asked()
    alert = system.trigger("orders")
    wait_for(trap.is_full)
    system.kill_worker()
    trap.is_over.set()
    system.start_worker()
    wait_for(lambda: states(system, alert, "create") == everywhere)
    repeated = {name: (len(ids), len(set(ids))) for name, ids in trap.ids.items()}
    assert repeated == dict.fromkeys(NAMES, (2, 1))
    for delivery in system.get(f"/alerts/{alert}/deliveries"):
        assert [a["outcome"] for a in delivery["attempts"]] == ["interrupted", "success"]
    assert places.asked() - before <= 2 * len(NAMES)
    _made_once(places)
    system.post(f"/alerts/{alert}/resolve")
    wait_for(lambda: states(system, alert, "close") == everywhere)
    assert not places.incident_io.workspace.incidents()[0].is_open
    assert not places.pagerduty.alerts[0].is_open


def _made_once(places: StandIns) -> None:
    """Where the receiver knows repeats, there is one thing; elsewhere that is its own business."""
    assert len(places.incident_io.workspace.incidents()) == 1
    assert len(places.incident_io.alert_sources.alerts) == 1
    assert len(places.bot.messages) == 1
    assert len(places.pagerduty.alerts) == 1
    assert len({delivery.id for delivery in places.receiver.deliveries}) == 1
    assert len({letter.message["Message-ID"] for letter in places.mail.letters}) == 1
