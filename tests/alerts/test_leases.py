"""One worker at a time has a lane, and only the holder of a delivery's lease may record it."""

import itertools
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import deliveries, lanes
from alerts.deliveries import Result
from alerts.models import Delivery, DeliveryState, Lane
from destinations.errors import Outcome, Retryable
from destinations.messages import Receipt
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    alerts,
    an_alert,
    create_of,
    drain,
    lane_of,
)

pytestmark = pytest.mark.django_db


def expire(delivery: Delivery) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(lease_until=timezone.now())


def succeeded(delivery: Delivery) -> Result:
    return Result(delivery, timezone.now(), 5, receipt=Receipt("01X", "INC-1"))


def test_a_second_worker_leaves_at_once(sandbox: Sandbox, destination: Destination) -> None:
    an_alert()
    until = timezone.now() + timedelta(seconds=60)
    Lane.objects.update(lease_token="another", lease_until=until)
    drain(destination)
    lane = lane_of(destination)
    assert sandbox.journal.entries() == []
    assert (lane.lease_token, lane.lease_until) == ("another", until)


def test_a_dead_workers_lane_is_taken_over(sandbox: Sandbox, destination: Destination) -> None:
    alert = an_alert()
    Lane.objects.update(lease_token="dead", lease_until=timezone.now())
    drain(destination)
    lane = lane_of(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED
    assert (lane.lease_token, lane.lease_until, lane.rung_at) == ("", None, None)


def test_a_worker_that_lost_its_lane_claims_nothing_more(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts(3)

    def lose_lane(*args: object, **options: object) -> list[Delivery]:
        Lane.objects.update(lease_token="another", lease_until=timezone.now())
        return []

    monkeypatch.setattr(deliveries, "claim", lose_lane)
    monkeypatch.setattr(lanes._Drain, "_renew_lease", _renew_at_once(lanes._Drain._renew_lease))
    drain(destination)
    assert lane_of(destination).lease_token == "another"


def _renew_at_once(renew: Callable[[lanes._Drain], None]) -> Callable[[lanes._Drain], None]:
    def renew_now(self: lanes._Drain) -> None:
        self._renewed -= 10**6
        renew(self)

    return renew_now


def test_a_claim_counts_the_attempt_before_the_call(destination: Destination) -> None:
    alert = an_alert()
    (claimed,) = deliveries.claim(destination, "token", 5)
    stored = create_of(alert)
    assert (stored.state, stored.attempt_count) == (DeliveryState.SENDING, 1)
    assert (claimed.lease_token, stored.lease_token) == ("token", "token")
    assert deliveries.claim(destination, "other", 5) == []


def test_an_expired_lease_is_an_interrupted_attempt_and_is_sent_again(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    (claimed,) = deliveries.claim(destination, "dead", 1)
    assert deliveries.free_expired() == 0
    expire(claimed)
    assert deliveries.free_expired() == 1
    freed = create_of(alert)
    assert (freed.state, freed.lease_token, freed.lease_until) == (DeliveryState.PENDING, "", None)
    drain(destination)
    outcomes = [attempt.outcome for attempt in create_of(alert).attempts.all()]
    assert outcomes == [Outcome.INTERRUPTED, Outcome.SUCCESS]


def test_a_stale_holders_success_is_dropped(destination: Destination) -> None:
    alert = an_alert()
    (stale,) = deliveries.claim(destination, "stale", 1)
    expire(stale)
    deliveries.free_expired()
    assert deliveries.record([succeeded(stale)]) == []
    (fresh,) = deliveries.claim(destination, "fresh", 1)
    assert deliveries.record([succeeded(stale)]) == []
    assert create_of(alert).state == DeliveryState.SENDING
    assert len(deliveries.record([succeeded(fresh)])) == 1
    assert [a.number for a in create_of(alert).attempts.all()] == [1, 2]


def test_a_result_of_an_earlier_claim_is_dropped_though_the_token_is_the_same(
    destination: Destination,
) -> None:
    """A worker that stood still may claim anew what was taken from it."""
    alert = an_alert()
    (first,) = deliveries.claim(destination, "stay", 1)
    expire(first)
    assert deliveries.free_expired() == 1
    (second,) = deliveries.claim(destination, "stay", 1)
    assert deliveries.record([succeeded(first)]) == []
    assert len(deliveries.record([succeeded(second)])) == 1
    assert [a.number for a in create_of(alert).attempts.all()] == [1, 2]


def test_a_worker_whose_own_lease_ran_out_has_lost_its_lane(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts(3)
    renew = _renew_at_once(lanes._Drain._renew_lease)

    def oversleep(self: lanes._Drain) -> None:
        Lane.objects.update(lease_until=timezone.now())
        renew(self)

    monkeypatch.setattr(lanes._Drain, "_renew_lease", oversleep)
    drain(destination)
    assert sandbox.journal.entries() == []


def test_a_result_is_recorded_once(destination: Destination) -> None:
    alert = an_alert()
    (claimed,) = deliveries.claim(destination, "token", 1)
    assert len(deliveries.record([succeeded(claimed)])) == 1
    assert deliveries.record([succeeded(claimed)]) == []
    assert create_of(alert).attempts.count() == 1


def test_a_failure_does_not_undo_a_delivery(destination: Destination) -> None:
    alert = an_alert()
    (claimed,) = deliveries.claim(destination, "token", 1)
    deliveries.record([succeeded(claimed)])
    late = Result(claimed, timezone.now(), 5, error=Retryable("too late"))
    assert deliveries.record([late]) == []
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_a_delivery_that_kills_its_worker_every_time_is_given_up(
    destination: Destination,
) -> None:
    alert = an_alert()
    waits = []
    for _ in range(8):
        for claimed in deliveries.claim(destination, "doomed", 1):
            expire(claimed)
            deliveries.free_expired()
            waits.append(_wait_of(create_of(alert)))
        Delivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=timezone.now())
    failed = create_of(alert)
    assert failed.state == DeliveryState.FAILED
    assert failed.reason == (
        "The worker stopped before the answer was saved."
        " Given up after 5 workers stopped while sending it."
    )
    assert failed.attempt_count == failed.attempts.count() == 5
    expected = [0, 5, 30, 120, 0]  # seconds, give or take the jitter
    assert waits == [pytest.approx(wait, rel=0.25, abs=0.5) for wait in expected]


def _wait_of(delivery: Delivery) -> float:
    if delivery.next_attempt_at is None:
        return 0.0
    return (delivery.next_attempt_at - timezone.now()).total_seconds()


def test_one_whose_worker_has_died_goes_alone(destination: Destination) -> None:
    first, *others = alerts(4)
    (doomed,) = deliveries.claim(destination, "doomed", 1)
    assert doomed.alert_id == first.pk
    expire(doomed)
    deliveries.free_expired()
    assert deliveries.claim(destination, "token", 9, is_idle=False) == []
    (alone,) = deliveries.claim(destination, "token", 9)
    assert alone.pk == doomed.pk
    rest = deliveries.claim(destination, "token", 9, is_idle=False)
    assert {delivery.alert_id for delivery in rest} == {alert.pk for alert in others}


def test_one_that_goes_alone_keeps_the_lane_to_itself(
    sandbox: Sandbox, destination: Destination
) -> None:
    alerts(4)
    Delivery.objects.update(interruptions=1)
    sandbox.faults.add("delay", seconds=0.05)
    drain(destination)
    times = [entry.monotonic_time for entry in sandbox.journal.entries()]
    gaps = [later - earlier for earlier, later in itertools.pairwise(times)]
    assert len(gaps) == 3
    assert min(gaps) > 0.05
    assert set(Delivery.objects.values_list("state", "interruptions")) == {("delivered", 0)}


def test_a_worker_that_is_told_to_stop_finishes_what_it_has_and_frees_the_lane(
    sandbox: Sandbox, destination: Destination
) -> None:
    alerts(12)
    sandbox.faults.add("delay", seconds=0.5)
    lanes.drain(lane_of(destination).pk, lambda: bool(sandbox.journal.entries()))
    states = list(Delivery.objects.values_list("state", flat=True))
    assert DeliveryState.SENDING not in states
    assert states.count(DeliveryState.DELIVERED) == len(sandbox.workspace.incidents()) == 8
    put_back = Delivery.objects.filter(state=DeliveryState.PENDING)
    assert set(put_back.values_list("attempt_count", "lease_token")) == {(0, "")}
    assert lane_of(destination).lease_token == ""


def test_a_drain_ends_with_its_budget_and_rings_for_the_rest(
    sandbox: Sandbox, destination: Destination, settings: Settings
) -> None:
    settings.DRAIN_BUDGET = -1.0
    an_alert()
    drain(destination)
    lane = lane_of(destination)
    assert sandbox.journal.entries() == []
    assert lane.rung_at is not None


def test_what_was_sent_is_recorded_though_the_database_fails_the_next_claim(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    alert = an_alert()
    claim = deliveries.claim
    claims: list[bool] = []

    def fail_second(*args: Any, **options: Any) -> list[Delivery]:
        claims.append(True)
        if len(claims) > 1:
            raise OperationalError
        return claim(*args, **options)

    monkeypatch.setattr(deliveries, "claim", fail_second)
    sandbox.faults.add("delay", seconds=0.2)
    with pytest.raises(OperationalError):
        drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED
    assert lane_of(destination).lease_token == ""


def test_the_claim_takes_no_more_than_it_is_asked_for(destination: Destination) -> None:
    alerts(5)
    assert len(deliveries.claim(destination, "token", 2)) == 2
    assert Delivery.objects.filter(state=DeliveryState.SENDING).count() == 2
