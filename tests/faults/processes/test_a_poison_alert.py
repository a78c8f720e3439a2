"""An alert whose message kills whoever builds it: it is given up, and the others go out."""

from typing import Any

import pytest
from django.conf import settings

from tests.faults.processes.house import House, on_sqlite
from tests.faults.processes.saboteur.apps import POISON
from tests.pipeline.system import wait_for

# Each death costs a lease, so a short one. The order is that of production.
SABOTAGE = {
    "DJANGO_SETTINGS_MODULE": "tests.faults.processes.saboteur.settings",
    "DELIVERY_CALL_DEADLINE": "0.4",
    "DELIVERY_DRAIN_BUDGET": "0.5",
    "DELIVERY_TASK_TIMEOUT": "2",
    "DELIVERY_LEASE": "2.2",
    "DELIVERY_QUEUE_RETRY": "3",
    "DELIVERY_STALL_TIMEOUT": "20",
}


@pytest.fixture
def poisoned(house: House) -> tuple[str, list[str]]:
    """A poison alert, and five others that wait beside it in its lane."""
    house.kill_worker()
    poison = house.trigger("poison", title=f"{POISON} in the well")
    others = house.trigger_many(*(f"neighbour-{number}" for number in range(5)))
    house.start_worker_with(**SABOTAGE)
    return poison, others


@on_sqlite
def test_it_ends_failed_and_the_others_are_delivered(
    house: House, poisoned: tuple[str, list[str]]
) -> None:
    poison, others = poisoned

    def ended(alert: str) -> Any:
        create = house.deliveries(alert)["create"]
        return create if create["state"] in ("failed", "delivered") else None

    for alert in others:
        assert wait_for(lambda alert=alert: ended(alert))["state"] == "delivered"
    create = wait_for(lambda: ended(poison))
    assert create["state"] == "failed"
    assert create["reason"].startswith("The worker stopped before the answer was saved.")
    outcomes = [attempt["outcome"] for attempt in create["attempts"]]
    assert outcomes == ["interrupted"] * settings.INTERRUPTIONS_LIMIT
    assert house.requests_for(poison) == 0
