"""The worker dies when the outcome is saved and its task is not finished: nothing is sent again."""

from tests.faults.processes.house import House
from tests.pipeline.system import wait_for


def test_the_task_is_run_again_and_sends_nothing(house: House) -> None:
    wait_for(lambda: house.count("django_q_ormq") == 0)
    done = house.count("alerts_delivery WHERE state = 'delivered'")
    alert = house.trigger("saved")
    wait_for(lambda: house.count("alerts_delivery WHERE state = 'delivered'") > done)
    house.kill_worker()
    assert house.count("django_q_ormq") >= 1  # the lane lingers, so its doorbell is still there
    house.start_worker()
    wait_for(lambda: house.count("django_q_ormq") == 0)
    assert house.requests_for(alert) == 1
    assert len(house.deliveries(alert)["create"]["attempts"]) == 1
