"""The wall clock jumps by a day: no storm, no standstill, and no second incident."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from alerts import deliveries
from alerts.models import Delivery, DeliveryState, Heartbeat, Lane
from alerts.sweep import sweep
from alerts.tasks import HEARTBEAT, ask_for_beat
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import alerts, an_alert, create_of, drain, lane_of
from tests.faults.clocks import jump

pytestmark = pytest.mark.django_db
LEASED = timedelta(seconds=60)


def the_worker_has_just_died(destination: Destination) -> None:
    """It held the lane and the delivery."""
    deliveries.claim(destination, "dead", 1)
    Lane.objects.update(lease_token="dead", lease_until=timezone.now() + LEASED, rung_at=None)


def its_next_try_is_in_five_seconds(destination: Destination) -> None:
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(seconds=5))


def the_lane_waits_for_the_provider(destination: Destination) -> None:
    Lane.objects.update(paused_until=timezone.now() + timedelta(seconds=120))


def the_doorbell_has_just_been_lost(destination: Destination) -> None:
    Lane.objects.update(rung_at=timezone.now())


def nothing_else_is_wrong(destination: Destination) -> None:
    pass


MOMENTS = [
    the_worker_has_just_died,
    its_next_try_is_in_five_seconds,
    the_lane_waits_for_the_provider,
    the_doorbell_has_just_been_lost,
    nothing_else_is_wrong,
]


@pytest.mark.parametrize("days", [1, -1], ids=["forwards", "back"])
@pytest.mark.parametrize("moment", MOMENTS)
def test_what_was_due_is_sent_soon_and_once(
    sandbox: Sandbox,
    destination: Destination,
    clock: time_machine.Traveller,
    moment: Callable[[Destination], None],
    days: int,
) -> None:
    alert = an_alert()
    moment(destination)
    jump(clock, days=days)
    for _ in range(20):  # 20 minutes of a worker's life
        sweep()
        answer_the_doorbell(destination)
        jump(clock, minutes=1)
    assert create_of(alert).state == DeliveryState.DELIVERED
    assert len(sandbox.journal.entries()) == len(sandbox.workspace.incidents()) == 1


def answer_the_doorbell(destination: Destination) -> None:
    """As a worker does: only if it was rung."""
    lane = lane_of(destination)
    if lane.rung_at is not None and lane.rung_at <= timezone.now():
        drain(destination)


def test_a_day_that_passes_at_once_makes_no_storm(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("status", status=503, times=4)
    alerts(20)
    drain(destination)
    jump(clock, days=1)
    sweep()
    drain(destination)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert len(sandbox.workspace.incidents()) == 20
    assert len(sandbox.journal.entries()) == 20 + 4


@pytest.mark.parametrize("days", [1, -1], ids=["forwards", "back"])
def test_a_jump_during_the_call_makes_no_second_incident(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller, days: int
) -> None:
    def jump_now(*_: Any) -> None:
        jump(clock, days=days)

    sandbox.faults.add("callback", times=1, at="processed", callback=jump_now)
    alert = an_alert()
    drain(destination)
    sweep()
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED
    assert len(sandbox.workspace.incidents()) == 1


def test_the_heart_is_still_listened_to_after_a_jump_back(
    destination: Destination, clock: time_machine.Traveller
) -> None:
    now = timezone.now()
    Heartbeat.objects.create(name=HEARTBEAT, asked_at=now, beaten_at=now + timedelta(seconds=1))
    jump(clock, days=-1)
    sweep()
    ask_for_beat(timezone.now())
    asked_at = Heartbeat.objects.get().asked_at
    assert asked_at is not None
    assert asked_at < now
