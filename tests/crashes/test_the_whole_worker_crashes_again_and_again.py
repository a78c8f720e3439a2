"""`manage.py worker` and all its processes are killed at once, and started again, many times."""

import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest

from sandbox.faults import ACCEPTED, MOMENTS, PROCESSED
from sandbox.server import Sandbox
from tests.crashes import judge, story
from tests.crashes.conftest import IS_LONG
from tests.crashes.ledger import UNFINISHED, Ledger
from tests.pipeline.system import System, wait_for

CRASH_COUNT = 20 if IS_LONG else 3  # on each database
LANE = "incident.io"
PEACE = 0.5, 2.5  # seconds between a start and the next kill
PACE = 0.25  # seconds between events, on average
# As short as whole processes allow; django-q2 counts some of them in whole seconds.
TIMINGS = {
    "DJANGO_SETTINGS_MODULE": "tests.crashes.settings",
    "DELIVERY_CALL_DEADLINE": "0.5",
    "DELIVERY_DRAIN_BUDGET": "0.8",
    "DELIVERY_TASK_TIMEOUT": "2",
    "DELIVERY_LEASE": "2.2",
    "DELIVERY_QUEUE_RETRY": "3",
    "STORM_LIMIT": "0",
}


@pytest.fixture
def system(database_url: str, sandbox: Sandbox) -> Iterator[System]:
    system = System(database_url, sandbox)
    system.environment |= TIMINGS
    try:
        system.start_web()
        system.start_worker()
        yield system
    finally:
        system.stop()


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox(rate=1e5, burst=10**6) as sandbox:
        yield sandbox


class Producer(threading.Thread):
    """Reports the story's events until it is told to stop. `count` says how many were accepted."""

    def __init__(self, system: System, seed: int) -> None:
        super().__init__(daemon=True)
        self.count = 0
        self._system, self._seed = system, seed
        self._stopped = threading.Event()

    def run(self) -> None:
        while not self._stopped.wait(PACE):
            answer = self._system.post("/events", story.event(self._seed, self.count))
            if answer.status_code == 202:
                self.count += 1

    def stop(self) -> None:
        self._stopped.set()
        self.join()


def _kill_at(system: System, moment: str) -> None:
    """Kills the worker when a request reaches this moment; `answered`: before it is read."""
    is_frozen = moment == "answered"
    struck = threading.Event()
    strike: Callable[[], None] = system.freeze_worker if is_frozen else system.kill_worker

    def call_back(*_: object) -> None:
        strike()
        struck.set()

    at = PROCESSED if is_frozen else moment
    system.sandbox.faults.add("callback", times=1, at=at, callback=call_back)
    came = struck.wait(20 if at == ACCEPTED else 60)
    system.sandbox.faults.clear()
    if is_frozen:
        time.sleep(0.1)  # the answer is written
    if is_frozen or not came:
        system.kill_worker()


@pytest.mark.timeout(900 if IS_LONG else 180)
def test_the_whole_worker_crashes_again_and_again(
    system: System, database_url: str, seed: int
) -> None:
    chance, ledger, producer = random.Random(seed), Ledger(database_url), Producer(system, seed)
    producer.start()
    for _ in range(CRASH_COUNT):
        time.sleep(chance.uniform(*PEACE))
        _kill_at(system, chance.choice(MOMENTS))
        assert system.worker
        assert system.worker.returncode == -signal.SIGKILL
        system.start_worker()
    producer.stop()
    with suppress(AssertionError):  # the judge names what is stuck
        wait_for(lambda: not ledger.count(UNFINISHED))

    rows, journal = ledger.deliveries(), system.sandbox.journal.entries()
    episodes, incidents = story.episodes(seed, producer.count), system.sandbox.workspace.incidents()
    print({"crashes": CRASH_COUNT, "alerts": len(episodes), **judge.numbers(rows, journal)})
    complaints = judge.complaints(LANE, episodes, rows, incidents, journal)
    assert not complaints, "\n".join([f"CRASH_SEED={seed}", *complaints])
