"""After ten failures in a row a lane pauses, and then probes with one delivery."""

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts.models import Delivery, DeliveryState, Lane
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, drain, lane_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination(sandbox: Sandbox, settings: Settings) -> Destination:
    settings.RETRY_SCHEDULE = (3600,) * 10
    settings.LANE_THREADS = 1
    destination = a_destination()
    a_rule(destination)
    return destination


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


def open_breaker(sandbox: Sandbox, destination: Destination) -> Lane:
    sandbox.faults.add("status", status=503, times=10)
    alerts(12)
    drain(destination)
    return lane_of(destination)


def test_ten_failures_in_a_row_pause_the_lane(sandbox: Sandbox, destination: Destination) -> None:
    lane = open_breaker(sandbox, destination)
    assert len(sandbox.journal.entries()) == lane.failures_in_row == 10
    assert lane.paused_until is not None
    assert 55 < (lane.paused_until - timezone.now()).total_seconds() <= 60
    assert lane.pause_reason.startswith("10 failures in a row")
    drain(destination)
    assert len(sandbox.journal.entries()) == 10


def test_nine_failures_do_not(sandbox: Sandbox, destination: Destination) -> None:
    sandbox.faults.add("status", status=503, times=9)
    alerts(12)
    drain(destination)
    assert lane_of(destination).paused_until is None
    assert len(sandbox.workspace.incidents()) == 3


def test_after_the_pause_one_probe_goes_out(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    open_breaker(sandbox, destination)
    settings.LANE_THREADS = 8
    sandbox.faults.add("status", status=503)
    clock.move_to(timezone.now() + timedelta(seconds=61))
    drain(destination)
    assert len(sandbox.journal.entries()) == 11
    lane = lane_of(destination)
    assert lane.failures_in_row == 11
    assert lane.paused_until is not None
    assert lane.paused_until > timezone.now()


def test_a_probe_that_succeeds_opens_the_lane(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    open_breaker(sandbox, destination)
    clock.move_to(timezone.now() + timedelta(seconds=61))
    drain(destination)
    lane = lane_of(destination)
    assert (lane.failures_in_row, lane.paused_until, lane.pause_reason) == (0, None, "")
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 2


def test_a_refusal_is_an_answer_and_counts_as_none(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=9)
    sandbox.faults.add("status", status=422, times=1)
    sandbox.faults.add("status", status=503, times=9)
    alerts(20)
    drain(destination)
    assert lane_of(destination).paused_until is None


def test_a_failing_lane_does_not_hold_up_another(
    sandbox: Sandbox, destination: Destination
) -> None:
    open_breaker(sandbox, destination)
    other = a_destination("Other")
    a_rule(other, name="Other")
    alert = an_alert(asset="elsewhere")
    drain(other)
    assert alert.deliveries.get(destination=other).state == DeliveryState.DELIVERED
