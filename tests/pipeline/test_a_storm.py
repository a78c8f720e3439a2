"""A storm through the real processes: everything is taken in, little is sent, nothing is lost."""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.server import Sandbox
from tests.pipeline.system import System, event, wait_for

ALERTS = 10_000 if os.environ.get("LONG") else 1_000
BATCH = 250
LIMIT = 30  # STORM_LIMIT's default
COUNTS = """
from collections import Counter
from alerts.models import Alert, Delivery, Storm
states = Counter(Delivery.objects.filter(action="create").values_list("state", flat=True))
open_ones = Alert.objects.filter(ended_at=None).count()
print(Alert.objects.count(), open_ones, Storm.objects.count(), *sorted(states.items()))
"""


@pytest.fixture
def system(database_url: str, sandbox: Sandbox) -> Iterator[System]:
    """One whose summaries gather for a shorter time."""
    system = System(database_url, sandbox)
    system.environment["STORM_GATHER"] = "3"
    try:
        system.start_web()
        system.start_worker()
        yield system
    finally:
        system.stop()


@pytest.mark.timeout(900 if "LONG" in os.environ else 180)
def test_a_storm_is_taken_in_and_becomes_one_summary(system: System, sandbox: Sandbox) -> None:
    starts = range(0, ALERTS, BATCH)
    with ThreadPoolExecutor(4) as threads:
        statuses = set(threads.map(lambda start: _report(system, start), starts))
        lone = set(threads.map(lambda n: system.trigger(f"lone_{n}"), range(20)))
    assert statuses == {202}
    assert len(lone) == 20

    summary = wait_for(lambda: _summary(sandbox))
    wait_for(lambda: len(sandbox.workspace.incidents()) >= LIMIT + 1)
    total = ALERTS + 20
    assert _counts(system).startswith(f"{total + 1} {total + 1} 1 ")
    # Four requests at a time may each see room for the same last places.
    let_through = len(sandbox.workspace.incidents()) - 1
    assert LIMIT <= let_through <= 4 * LIMIT
    assert summary.name.endswith("more alerts of the rule Schema changes")

    storm = system.manage(
        "shell", "-v0", "-c", "from alerts.models import Storm\nprint(Storm.objects.get().pk)"
    )
    system.post(f"/alerts/{storm}/resolve")
    wait_for(lambda: not summary.is_open)
    wait_for(lambda: _counts(system).split()[1] == str(let_through))


def _report(system: System, start: int) -> int:
    batch = [event(f"table_{number}") for number in range(start, start + BATCH)]
    return system.post("/events/batch", {"events": batch}).status_code


def _summary(sandbox: Sandbox) -> Any:
    return next((i for i in sandbox.workspace.incidents() if "Storm:" in i.name), None)


def _counts(system: System) -> str:
    return system.manage("shell", "-v0", "-c", COUNTS)
