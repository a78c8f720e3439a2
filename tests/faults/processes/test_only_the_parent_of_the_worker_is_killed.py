"""The worker's first process is killed: its children do not go on unseen."""

import psutil

from tests.faults.processes.house import House, on_sqlite
from tests.pipeline.system import wait_for


def is_alive(process: psutil.Process) -> bool:
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


@on_sqlite
def test_its_children_die_with_it_and_the_next_worker_delivers_once(house: House) -> None:
    children = house.worker_processes()
    assert len(children) >= 3
    assert house.worker is not None
    house.worker.kill()
    house.worker.wait()
    wait_for(lambda: not any(is_alive(child) for child in children))
    alert = house.trigger("orphans")
    house.start_worker()
    house.wait_until_delivered(alert, "create")
    assert house.requests_for(alert) == 1
