"""A burst through the real processes: one incident that lists its alerts, closed with the last."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.server import Sandbox
from tests.pipeline.system import System, event, wait_for

ALERTS = 12
NAMES = [f"table_{number}" for number in range(ALERTS)]
GROUP_THEM = """
from alerts.models import Rule
rule = Rule.objects.get()
rule.is_grouped = True
rule.save()
"""
GROUPS = """
from alerts.models import Alert, Storm
print(Storm.objects.count(), Alert.objects.filter(ended_at=None).count())
"""


@pytest.fixture
def system(database_url: str, sandbox: Sandbox) -> Iterator[System]:
    """One whose rule groups, and whose groups gather for a shorter time."""
    system = System(database_url, sandbox, GROUP_GATHER="3")
    system.manage("shell", "-v0", "-c", GROUP_THEM)
    try:
        system.start_web()
        system.start_worker()
        yield system
    finally:
        system.stop()


def test_a_burst_is_one_incident_that_is_closed_with_its_last_alert(
    system: System, sandbox: Sandbox
) -> None:
    ids = _report_at_once(system)
    incident = _the_incident(sandbox)
    assert incident.name.endswith("and 11 more")
    assert all(f"/alerts/{pk}/" in incident.summary for pk in ids)

    for name in NAMES[:-1]:
        _resolve(system, name)
    wait_for(lambda: _groups(system) == "1 2")  # the last one, and what speaks for it
    assert incident.is_open

    _resolve(system, NAMES[-1])
    wait_for(lambda: not incident.is_open)
    assert _groups(system) == "1 0"
    assert len(sandbox.workspace.incidents()) == 1


def test_a_worker_that_is_killed_while_a_group_gathers_sends_it_once(
    system: System, sandbox: Sandbox
) -> None:
    _report_at_once(system)
    system.kill_worker()
    assert not sandbox.workspace.incidents()
    _report(system, "one more")
    system.start_worker()
    incident = _the_incident(sandbox)
    assert incident.name.endswith("and 12 more")
    assert "one more" in incident.summary
    for name in [*NAMES, "one more"]:
        _resolve(system, name)
    wait_for(lambda: not incident.is_open)
    assert len(sandbox.workspace.incidents()) == 1


def _report_at_once(system: System) -> list[str]:
    with ThreadPoolExecutor(4) as threads:
        return list(threads.map(lambda name: _report(system, name), NAMES))


def _report(system: System, name: str) -> str:
    return system.trigger(name, data_source="prod", schema="public")


def _resolve(system: System, name: str) -> None:
    body = event(name, data_source="prod", schema="public", status="resolved")
    assert system.post("/events", body).status_code == 202


def _the_incident(sandbox: Sandbox) -> Any:
    [incident] = wait_for(sandbox.workspace.incidents)
    return incident


def _groups(system: System) -> str:
    """How many groups there are, and how many alerts are open."""
    return system.manage("shell", "-v0", "-c", GROUPS)
