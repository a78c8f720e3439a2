"""django-q2's deadlock, provoked: a worker that is killed while it waits for a task takes the
queue's lock to the grave (https://github.com/django-q2/django-q2/issues/23). Its successor waits
for that lock for ever, and everything looks alive. The sweeper notices, and the worker leaves."""

import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from sandbox.server import Sandbox
from tests.pipeline.system import System, wait_for

STALLED = 75
PAUSE = 0.5  # seconds for a process to get from its last work to the queue


@pytest.fixture
def idle(database_url: str, sandbox: Sandbox) -> Iterator[System]:
    """A system with one process for tasks, which therefore holds the lock whenever it is idle."""
    system = System(database_url, sandbox)
    system.environment["WORKERS"] = "1"
    try:
        yield system
    finally:
        system.stop()


def _kill_idle_workers(system: System) -> set[int]:
    """Kills the process that has just delivered something, once it waits for the next task, and
    then its successor: one of them surely had the lock. Returns the ids of all who lived then."""
    alert = system.trigger("warm-up")
    system.wait_until_delivered(alert, "create")
    worker = system.sending_process()
    # Its connections end with its stay in the lane; then it asks the queue for another task.
    wait_for(lambda: not _speaks_to(system, worker))
    before = _kill(system, worker)
    [successor] = wait_for(lambda: [p for p in system.worker_processes() if p.pid not in before])
    return _kill(system, successor) | before


def _kill(system: System, idle: psutil.Process) -> set[int]:
    time.sleep(PAUSE)
    alive = {process.pid for process in system.worker_processes()}
    idle.kill()
    return alive


def _speaks_to(system: System, process: psutil.Process) -> bool:
    ports = {c.raddr.port for c in process.net_connections(kind="tcp") if c.raddr}
    return system.sandbox.port in ports


def test_the_cluster_stands_still_and_the_worker_leaves(idle: System) -> None:
    idle.start_web()
    idle.start_worker()
    before = _kill_idle_workers(idle)
    wait_for(lambda: [p for p in idle.worker_processes() if p.pid not in before])
    alert = idle.trigger("after")

    assert idle.worker
    assert idle.worker.wait(60) == STALLED
    # It was no illusion: there was a new worker all the time, and it has done nothing.
    assert idle.deliveries(alert)["create"]["state"] == "pending"
    assert idle.deliveries(alert)["create"]["attempts"] == []


def test_the_supervisor_starts_the_worker_again_and_nobody_does_anything(
    idle: System, tmp_path: Path
) -> None:
    log = tmp_path / "log"
    idle.start_supervisor(log)
    _kill_idle_workers(idle)
    alert = idle.trigger("after")

    idle.wait_until_delivered(alert, "create")
    assert f"worker ended (exit code {STALLED})" in log.read_text()
    assert len(idle.sandbox.workspace.incidents()) == 2
