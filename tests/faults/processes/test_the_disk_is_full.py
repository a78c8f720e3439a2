"""Not one byte more can be written: events are refused, nothing is sent that could not be recorded,
and everything goes on by itself when there is room again.

A limit on the size of files (setrlimit(2)) does to a running process what a full disk does, without
a disk of its own or the rights to mount one. PostgreSQL answers for its own disk.
"""

import resource
from collections.abc import Iterator
from contextlib import contextmanager

import psutil
import requests

from tests.faults.processes.house import House, on_sqlite
from tests.pipeline.system import event, wait_for


@contextmanager
def no_room(root: int) -> Iterator[None]:
    """A process, and all that it has started, can write to no file for a while."""
    process = psutil.Process(root)
    family = [process, *process.children(recursive=True)]
    _limit(family, 0)
    try:
        yield
    finally:
        _limit(family, resource.RLIM_INFINITY)


def _limit(family: list[psutil.Process], size: int) -> None:
    for process in family:
        if process.is_running():
            process.rlimit(psutil.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


@on_sqlite
def test_an_event_is_refused_whole_and_taken_when_there_is_room(house: House) -> None:
    before = house.count("alerts_event"), house.count("alerts_alert")
    with no_room(house.web.pid):
        answer = house.post("/events", event("no-room"))
        assert answer.status_code == 503
        assert int(answer.headers["Retry-After"]) > 0
        assert (house.count("alerts_event"), house.count("alerts_alert")) == before
    house.wait_until_delivered(house.trigger("no-room"), "create")


@on_sqlite
def test_a_worker_sends_nothing_that_it_cannot_record(house: House) -> None:
    wait_for(lambda: worker_check(house) == "ok")
    assert house.worker is not None
    with no_room(house.worker.pid):
        alert = house.trigger("unclaimed")
        wait_for(lambda: worker_check(house).startswith("silent"))
        assert house.requests_for(alert) == 0

    def is_delivered() -> bool:
        house.supervise()  # a cluster that has met a full disk may have to be started again
        return bool(house.deliveries(alert)["create"]["state"] == "delivered")

    wait_for(is_delivered)
    assert house.requests_for(alert) == 1


def worker_check(house: House) -> str:
    """What the health page says of the worker."""
    return str(requests.get(f"{house.url}/readyz", timeout=30).json()["checks"]["worker"])
