"""The incident is made each time, and no answer ever arrives: nobody claims to know the outcome."""

import pytest
import time_machine

from alerts.lifecycle import end
from alerts.models import AlertState, DeliveryState
from alerts.resending import send_again
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import an_alert, close_of, create_of, drain
from tests.faults.clocks import jump

pytestmark = pytest.mark.django_db


def test_it_fails_in_sight_and_heals_when_it_is_sent_again(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("reset_after", route="create")
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    for _ in range(12):
        sweep()
        drain(destination)
        jump(clock, hours=10)
    (incident,) = sandbox.workspace.incidents()
    create = create_of(alert)
    assert create.state == DeliveryState.FAILED
    assert create.reason.endswith("Given up after 11 failed tries.")
    assert create.attempts.count() == sandbox.journal.requests_with_key(create.idempotency_key)

    sandbox.faults.clear()
    send_again(create, "ada")
    drain(destination)
    assert create_of(alert).external_id == incident.id
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert incident.category == "closed"


def test_nobody_says_that_there_is_no_incident_when_nobody_knows(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("reset_after", route="create")
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    for _ in range(12):
        drain(destination)
        jump(clock, hours=10)
    assert len(sandbox.workspace.incidents()) == 1
    assert "no incident was created" not in close_of(alert).reason
