"""One destination answers nothing at all: the other one does not notice."""

import pytest

from sandbox import keys
from tests.faults.processes.house import House
from tests.pipeline.system import wait_for

SECOND = """
from alerts.models import Rule
from destinations.models import Destination
destination, is_new = Destination.objects.get_or_create(kind="incident_io", name="Slow one")
destination.set_secret("api_key", "{key}")
destination.save()
rule, _ = Rule.objects.get_or_create(name="Freshness", event_types=["freshness_violation"])
rule.destinations.set([destination])
"""


@pytest.fixture
def slow_destination(house: House) -> None:
    """A second destination, which gets what is stale."""
    house.manage("shell", "-v0", "-c", SECOND.format(key=keys.NO_OPT_OUT))


@pytest.mark.usefixtures("slow_destination")
def test_the_other_goes_on(house: House) -> None:
    house.sandbox.faults.add("hang_before", key="no_opt_out")
    stale = [house.trigger(f"stale-{n}", event_type="freshness_violation") for n in range(3)]
    journal = house.sandbox.journal
    wait_for(lambda: [e for e in journal.entries() if e.key_name == "no_opt_out"])
    changed = house.trigger_many(*(f"changed-{number}" for number in range(5)))
    for alert in changed:
        assert len(house.wait_until_delivered(alert, "create")["attempts"]) == 1
    assert {house.deliveries(a)["create"]["state"] for a in stale} <= {"pending", "sending"}
    house.sandbox.faults.clear()
    for alert in stale:
        house.wait_until_delivered(alert, "create")
