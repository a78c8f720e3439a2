from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from alerts import lanes
from alerts.buckets import Bucket
from alerts.models import Delivery, DeliveryState, Lane
from destinations.connectors.incident_io import IncidentIo
from destinations.errors import Outcome
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    a_destination,
    a_rule,
    alerts,
    an_alert,
    create_of,
    drain,
    lane_of,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


def later(clock: time_machine.Traveller, seconds: float) -> None:
    clock.move_to(timezone.now() + timedelta(seconds=seconds))


def pause_of(lane: Lane) -> float:
    assert lane.paused_until is not None
    return (lane.paused_until - timezone.now()).total_seconds()


@pytest.mark.parametrize(
    ("form", "seconds", "shortest", "longest"),
    [
        ("seconds", 40, 38, 40),
        ("rfc1123", 40, 37, 40),
        ("rfc3339", 40, 37, 40),
        ("body_only", 40, 37, 40),
        ("none", 40, 118, 120),
        ("garbage", 40, 118, 120),
        ("seconds", 10**6, 898, 900),
        ("rfc1123", 10**6, 898, 900),
        ("rfc1123", -3600, 0, 1),
        ("seconds", 0, 0, 1),
    ],
)
def test_a_429_pauses_the_lane_for_as_long_as_it_asks(
    sandbox: Sandbox,
    destination: Destination,
    form: str,
    seconds: float,
    shortest: float,
    longest: float,
) -> None:
    sandbox.faults.add("rate_limited", retry_after=form, seconds=seconds, times=1)
    alert = an_alert()
    planned = create_of(alert)
    with time_machine.travel(timezone.now(), tick=True):
        drain(destination)
        lane = lane_of(destination)
        # With a wait of a second at most, the drain may already have sent it again.
        if create_of(alert).state == DeliveryState.PENDING:
            assert shortest - 1 <= pause_of(lane) <= longest
            assert lane.pause_reason == "The provider asks us to wait."
    delivery = create_of(alert)
    assert delivery.failure_count == 0
    assert delivery.idempotency_key == planned.idempotency_key
    assert delivery.attempts.first().status_code == 429  # type: ignore[union-attr]


def test_nothing_of_the_lane_is_sent_while_it_waits(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("rate_limited", seconds=60, times=1)
    an_alert()
    drain(destination)
    alerts(3)
    drain(destination)
    later(clock, 50)
    drain(destination)
    assert len(sandbox.journal.entries()) == 1
    later(clock, 11)
    drain(destination)
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert len(sandbox.workspace.incidents()) == 4


def test_other_lanes_go_on(sandbox: Sandbox, destination: Destination) -> None:
    other = a_destination("Other", key=sandbox.keys.add("other", "incident_creator"))
    a_rule(other, name="Other")
    sandbox.faults.add("rate_limited", key="full", seconds=60)
    alert = an_alert()
    drain(destination)
    drain(other)
    states = {d.destination_id: d.state for d in alert.deliveries.all()}
    assert states == {
        destination.pk: DeliveryState.PENDING,
        other.pk: DeliveryState.DELIVERED,
    }


def test_rate_limits_never_use_up_the_retries(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("rate_limited", seconds=60, times=15)
    alert = an_alert()
    for _ in range(16):
        drain(destination)
        later(clock, 61)
    delivery = create_of(alert)
    assert (delivery.state, delivery.attempt_count) == (DeliveryState.DELIVERED, 16)
    outcomes = list(delivery.attempts.values_list("outcome", flat=True))
    assert outcomes == [Outcome.NON_2XX] * 15 + [Outcome.SUCCESS]


def test_a_429_empties_the_bucket(sandbox: Sandbox, destination: Destination) -> None:
    sandbox.faults.add("rate_limited", seconds=60, times=1)
    an_alert()
    drain(destination)
    assert lane_of(destination).tokens == 0


def test_the_bucket_lets_a_burst_through_and_then_its_rate(
    destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IncidentIo, "BURST", 5.0)
    monkeypatch.setattr(IncidentIo, "RATE_PER_SECOND", 2.0)
    an_alert()
    with time_machine.travel(timezone.now(), tick=False) as frozen:
        bucket = Bucket(lane_of(destination))
        assert bucket.available() == 5
        bucket.take(6)
        assert bucket.available() <= 0
        frozen.shift(2)
        assert bucket.available() == 3
        frozen.shift(-3600)
        assert bucket.available() == 3
        frozen.shift(7200)
        assert bucket.available() == 5


def test_the_bucket_outlives_a_drain(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(IncidentIo, "BURST", 3.0)
    monkeypatch.setattr(IncidentIo, "RATE_PER_SECOND", 0.0)
    alerts(5)
    drain(destination)
    drain(destination)
    assert len(sandbox.workspace.incidents()) == 3


def test_a_close_costs_two_calls() -> None:
    assert [IncidentIo.cost(action) for action in ("create", "close")] == [1, 2]  # type: ignore[arg-type]


def test_a_waiting_lane_does_not_keep_the_others_from_lingering(
    sandbox: Sandbox, destination: Destination
) -> None:
    an_alert()
    other = a_destination("Other")
    lane = Lane.objects.create(
        destination=other,
        rung_at=timezone.now(),
        paused_until=timezone.now() + timedelta(minutes=1),
    )
    drained = lanes._Drain(lane_of(destination), "token", None, lambda: False)  # type: ignore[arg-type]
    drained._yield_checked -= lanes.YIELD_CHECK
    assert not drained._others_wait(drained._quiet_since + lanes.YIELD_CHECK)
    Lane.objects.filter(pk=lane.pk).update(paused_until=None)
    drained._yield_checked -= 2 * lanes.YIELD_CHECK
    assert drained._others_wait(drained._quiet_since + lanes.YIELD_CHECK)
    Lane.objects.filter(pk=lane.pk).update(rung_at=timezone.now() - timedelta(minutes=1))
    drained._yield_checked -= 2 * lanes.YIELD_CHECK
    assert not drained._others_wait(drained._quiet_since + lanes.YIELD_CHECK)
