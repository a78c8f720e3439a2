"""The database of yesterday is put back: what was sent since is sent again with the same keys, and
incident.io knows it."""

from tests.faults.processes import databases
from tests.faults.processes.house import House


def test_what_was_sent_since_is_sent_again_and_makes_no_second_incident(house: House) -> None:
    old = house.trigger("before the backup")
    house.wait_until_delivered(old, "create")
    house.kill_worker()
    waiting = house.trigger_many("backed-up-1", "backed-up-2", "backed-up-3")
    house.stop()
    with databases.snapshot(house.database_url) as yesterday:
        house.start_web()
        house.start_worker()
        for alert in waiting:
            house.wait_until_delivered(alert, "create")
        house.post(f"/alerts/{waiting[0]}/resolve")
        house.wait_until_delivered(waiting[0], "close")
        house.stop()
        databases.restore(house.database_url, yesterday)
    house.start_web()
    house.start_worker()
    for alert in (old, *waiting):
        house.wait_until_delivered(alert, "create")
    assert [house.requests_for(alert) for alert in (old, *waiting)] == [1, 2, 2, 2]
    assert house.incidents_for(old, *waiting) == 4
    # Its end is not in the backup either: it is reported again, and finds the incident closed.
    house.post(f"/alerts/{waiting[0]}/resolve")
    house.wait_until_delivered(waiting[0], "close")
