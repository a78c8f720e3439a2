"""Two whole workers on one database: each delivery is sent by one of them, once."""

from tests.faults.processes.house import House


def test_twenty_deliveries_are_sent_once_each(house: House) -> None:
    usual = house.worker
    house.start_worker()
    alerts = house.trigger_many(*(f"shared-{number}" for number in range(20)))
    for alert in alerts:
        house.wait_until_delivered(alert, "create")
    assert {house.requests_for(alert) for alert in alerts} == {1}
    house.kill_worker()
    house.worker = usual
