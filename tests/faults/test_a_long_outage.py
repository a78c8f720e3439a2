"""incident.io answers 503 for half an hour: few requests, and all is well by itself afterwards."""

import pytest
import time_machine

from alerts.models import Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import alerts, drain
from tests.faults.clocks import jump

pytestmark = pytest.mark.django_db
REQUESTS_EACH = 12


def live_through(minutes: int, clock: time_machine.Traveller, destination: Destination) -> None:
    """A worker's life, looked at every minute."""
    for _ in range(minutes):
        sweep()
        drain(destination)
        jump(clock, minutes=1)


def test_half_an_hour_of_503_costs_few_requests_and_no_alert(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(3)
    sandbox.faults.add("status", status=503)
    live_through(30, clock, destination)
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {DeliveryState.PENDING}
    assert len(sandbox.journal.entries()) <= REQUESTS_EACH * len(opened)

    sandbox.faults.clear()
    live_through(40, clock, destination)
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {DeliveryState.DELIVERED}
    assert len(sandbox.workspace.incidents()) == len(opened)
