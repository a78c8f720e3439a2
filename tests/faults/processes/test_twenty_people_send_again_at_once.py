"""A failed delivery is sent again by twenty clicks at the same moment: one try comes of it."""

from concurrent.futures import ThreadPoolExecutor

from tests.faults.processes.house import House
from tests.pipeline.system import wait_for


def test_twenty_requests_cause_one_try(house: House) -> None:
    house.sandbox.faults.add("status", status=422, route="create", times=1)
    alert = house.trigger("popular")
    wait_for(lambda: house.deliveries(alert)["create"]["state"] == "failed")
    path = f"/deliveries/{house.deliveries(alert)['create']['id']}/retries"
    asked = house.count("alerts_activity WHERE kind = 'sent_again'")
    house.kill_worker()  # so that the first click is not answered before the last one comes
    with ThreadPoolExecutor(20) as threads:
        answers = list(threads.map(lambda _: house.post(path).status_code, range(20)))
    assert set(answers) == {202}
    house.start_worker()
    create = house.wait_until_delivered(alert, "create")
    assert [attempt["outcome"] for attempt in create["attempts"]] == ["non_2xx", "success"]
    assert house.requests_for(alert) == 2
    assert house.count("alerts_activity WHERE kind = 'sent_again'") == asked + 1
