"""The alert ends while its create is being answered: the close waits, and goes out after it."""

import threading

from tests.faults.processes.house import House


def test_the_close_comes_after_the_create(house: House) -> None:
    called = threading.Event()
    seen = len(house.sandbox.journal.entries())
    house.sandbox.faults.add(
        "delay", route="create", times=1, seconds=0.5, callback=lambda *_: called.set()
    )
    alert = house.trigger("short-lived")
    assert called.wait(60)
    house.post(f"/alerts/{alert}/resolve")
    assert house.deliveries(alert)["close"]["state"] == "pending"
    close = house.wait_until_delivered(alert, "close")
    assert close["external_id"] == house.deliveries(alert)["create"]["external_id"]
    routes = [entry.route for entry in house.sandbox.journal.entries()[seen:]]
    assert routes == ["create", "show", "update"]
