"""SECRET_KEY is changed while work waits. django-q2 throws away every task that the old key has
signed, but its tasks are only doorbells: the sweeper rings again."""

from armor_incidents.environment import new_secret_key
from tests.faults.processes.house import House, on_sqlite


@on_sqlite
def test_everything_that_waits_is_sent_once(house: House) -> None:
    house.kill_worker()
    alerts = house.trigger_many(*(f"waiting-{number}" for number in range(5)))
    assert house.count("django_q_ormq") >= 1
    house.start_worker_with(SECRET_KEY=new_secret_key())
    for alert in alerts:
        house.wait_until_delivered(alert, "create")
    assert {house.requests_for(alert) for alert in alerts} == {1}
