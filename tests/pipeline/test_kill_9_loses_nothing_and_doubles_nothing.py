"""SIGKILL at exact moments, triggered by the sandbox: the incident is made once, and closed."""

import threading
from typing import Any

import pytest

from tests.pipeline.system import System, wait_for

ONCE_KILLED = "interrupted"
MOMENTS = ["accepted", "received", "processed", "answered"]


def _kill_at(system: System, moment: str) -> threading.Event:
    """Kills the whole worker when its first request reaches `moment`."""
    killed = threading.Event()

    def kill(*_: Any) -> None:
        system.kill_worker()
        killed.set()

    def freeze_and_kill_soon(*_: Any) -> None:
        # The answer then lies in the socket of a worker that never reads it.
        system.freeze_worker()
        threading.Timer(0.3, kill).start()

    at, callback = ("processed", freeze_and_kill_soon) if moment == "answered" else (moment, kill)
    system.sandbox.faults.add("callback", route="create", times=1, at=at, callback=callback)
    return killed


@pytest.mark.parametrize("moment", MOMENTS)
def test_the_worker_is_killed_during_a_create(system: System, moment: str) -> None:
    killed = _kill_at(system, moment)
    alert = system.trigger("orders")
    assert killed.wait(60)
    system.start_worker()

    delivery = system.wait_until_delivered(alert, "create")
    [incident] = system.sandbox.workspace.incidents()
    assert delivery["external_id"] == incident.id
    assert [attempt["number"] for attempt in delivery["attempts"]] == [1, 2]
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == [ONCE_KILLED, "success"]

    system.post(f"/alerts/{alert}/resolve")
    system.wait_until_delivered(alert, "close")
    assert incident.status["category"] == "closed"


def test_only_the_sending_process_is_killed_and_nobody_restarts_anything(system: System) -> None:
    def kill(*_: Any) -> None:
        system.sending_process().kill()

    system.sandbox.faults.add("callback", route="create", times=1, at="processed", callback=kill)
    alert = system.trigger("orders")
    delivery = system.wait_until_delivered(alert, "create")
    assert [attempt["outcome"] for attempt in delivery["attempts"]] == [ONCE_KILLED, "success"]
    assert len(system.sandbox.workspace.incidents()) == 1


def test_the_worker_is_killed_before_it_hears_of_the_alert(system: System) -> None:
    system.kill_worker()
    alert = system.trigger("orders")
    system.start_worker()
    system.wait_until_delivered(alert, "create")
    creates = [e for e in system.sandbox.journal.entries() if e.route == "create"]
    assert len(creates) == 1


def test_a_lost_doorbell_is_rung_again(system: System) -> None:
    system.kill_worker()
    alert = system.trigger("orders")
    system.manage(
        "shell", "-v0", "-c", "from django_q.models import OrmQ; OrmQ.objects.all().delete()"
    )
    system.start_worker()
    system.wait_until_delivered(alert, "create")
    assert len(system.sandbox.workspace.incidents()) == 1


def test_a_cluster_that_stands_still_is_noticed_and_the_worker_leaves(system: System) -> None:
    """django-q2 never runs another task when the wrong idle worker is killed."""
    alert = system.trigger("warm-up")
    system.wait_until_delivered(alert, "create")
    assert system.worker is not None
    stopped = system.worker_processes()
    for process in stopped:
        process.suspend()  # alive, and doing nothing: what a deadlock looks like from outside
    assert wait_for(lambda: system.worker and system.worker.poll() is not None)
    assert system.worker.returncode == 75
    wait_for(lambda: not any(process.is_running() for process in stopped))
    system.start_worker()
    system.wait_until_delivered(system.trigger("after"), "create")
