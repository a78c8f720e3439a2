"""SIGTERM while a create is on its way: it is finished, saved, and never sent again."""

import os
import signal
import threading
from typing import Any

from tests.faults.processes.house import House


def test_the_call_in_hand_is_finished_and_the_next_worker_goes_on(house: House) -> None:
    told = threading.Event()
    leaving = house.worker
    assert leaving is not None

    def tell(*_: Any) -> None:
        os.kill(leaving.pid, signal.SIGTERM)
        told.set()

    house.sandbox.faults.add("delay", route="create", times=1, seconds=0.5, callback=tell)
    alert = house.trigger("deploy")
    assert told.wait(60)
    assert leaving.wait(60) == 0
    create = house.deliveries(alert)["create"]
    assert create["state"] == "delivered"
    assert [attempt["outcome"] for attempt in create["attempts"]] == ["success"]
    waiting = house.trigger("between two workers")
    house.start_worker()
    house.wait_until_delivered(waiting, "create")
    assert house.requests_for(alert) == house.requests_for(waiting) == 1
