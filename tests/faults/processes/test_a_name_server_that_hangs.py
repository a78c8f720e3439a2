"""The name of incident.io's server is looked up and no answer comes: no deadline of ours can end
that call, so the task's limit ends the process, and the delivery is sent when names are back."""

from pathlib import Path

from tests.faults.processes.house import House, on_sqlite
from tests.faults.processes.saboteur.apps import HANGING_HOST, HANGS_WHILE
from tests.pipeline.system import wait_for


@on_sqlite
def test_the_delivery_is_sent_when_names_are_back(house: House, tmp_path: Path) -> None:
    hangs = tmp_path / "hangs"
    hangs.touch()
    house.kill_worker()
    house.start_worker_with(
        DJANGO_SETTINGS_MODULE="tests.faults.processes.saboteur.settings",
        INCIDENT_IO_API_URL=f"http://{HANGING_HOST}:{house.sandbox.port}",
        **{HANGS_WHILE: str(hangs)},
    )
    alert = house.trigger("nameless")
    wait_for(lambda: house.deliveries(alert)["create"]["attempts"])
    assert house.requests_for(alert) == 0
    hangs.unlink()
    house.wait_until_delivered(alert, "create")
    # The call that hung may go through as well, with the same key.
    assert 1 <= house.requests_for(alert) <= 2
    assert house.incidents_for(alert) == 1
