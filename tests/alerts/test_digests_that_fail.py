"""A digest is tried again, given up and sent again as one; what it carries ends with it."""

import pytest
import time_machine
from django.utils import timezone

from alerts import carrying, ingest
from alerts.digests import UNTOLD
from alerts.models import Attempt, Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.errors import NeedsAttention, Outcome, RateLimited
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import (
    alerts,
    an_alert,
    an_event,
    close_of,
    create_of,
    drain,
    lane_of,
    resolve,
)
from tests.alerts.noticeboard import DOWN, NO, Board, a_reader, at, members, states, unfinished

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_it_is_tried_again_and_says_the_same_with_the_same_key(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [DOWN, DOWN]
    opened = alerts(3)
    at(clock, "9:00")
    assert states(*opened) == {DeliveryState.PENDING}
    resolve(opened[0])
    alerts(5)
    at(clock, "9:05")
    at(clock, "9:10")
    assert len(board.digests) == 3
    assert len(set(board.digests)) == 1
    assert states(*opened[1:]) == {DeliveryState.DELIVERED}
    assert [attempt.number for attempt in Attempt.objects.all()] == [1, 2, 3]


def test_what_comes_meanwhile_waits_for_a_slot_after_it(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [DOWN, RateLimited("Slow down", outcome=Outcome.NON_2XX, retry_after=600)]
    first = an_alert()
    at(clock, "9:00")
    resolve(first)
    alerts(2)
    at(clock, "10:00")
    assert len(set(board.digests)) == 1
    assert not Delivery.objects.filter(digest=None, next_attempt_at__lte=timezone.now()).exists()
    at(clock, "10:20")
    assert create_of(first).state == DeliveryState.DELIVERED
    at(clock, "11:00")
    assert len(set(board.digests)) == 2
    assert (board.digests[-1].opened, board.digests[-1].ended) == (2, 1)
    assert unfinished() == 0


def test_refused_it_fails_with_all_that_it_carries(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [NO]
    opened = alerts(3)
    at(clock, "9:00")
    assert states(*opened) == {DeliveryState.FAILED}
    assert {member.reason for member in members()} == {
        "The digest that tells it has failed: HTTP 400: Bad Request"
    }
    at(clock, "10:00")
    assert len(board.digests) == 1


def test_the_end_of_what_was_never_told_is_skipped(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    early, late, unharmed = alerts(3)
    board.next = [DOWN, NO]
    at(clock, "9:00")
    resolve(early)  # while the digest is on its way
    at(clock, "9:10")
    resolve(late)  # after it has failed
    assert (close_of(late).state, close_of(late).reason) == (DeliveryState.SKIPPED, UNTOLD)
    at(clock, "10:00")
    assert (close_of(early).state, close_of(early).reason) == (DeliveryState.SKIPPED, UNTOLD)
    assert len(set(board.digests)) == 1
    assert unharmed.is_open


def test_a_held_destination_gets_its_digest_when_it_is_set_right(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [NeedsAttention("HTTP 401: Unauthorized", advice="Enter another key.")]
    alerts(3)
    at(clock, "9:00")
    assert unfinished() == 3
    alerts(5)
    at(clock, "10:00")
    assert len(board.digests) == 1
    reader.refresh_from_db()
    reader.set_right()
    reader.save()
    at(clock, "10:10")
    assert board.digests[0] == board.digests[1]
    at(clock, "11:00")
    assert [digest.opened for digest in board.digests] == [3, 3, 2]
    assert unfinished() == 0


def test_what_it_carries_ends_in_batches_and_the_sweeper_ends_the_rest(
    board: Board,
    reader: Destination,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying, "BATCH", 4)
    ingest.record_all([an_event(asset=f"t{number}") for number in range(11)])
    clock.move_to(noticeboard.START.replace(hour=9, minute=0))
    drain(reader)
    assert unfinished() == 6
    sweep()
    assert unfinished() == 0
    assert {member.reason for member in members()} == {
        "Told in the digest of 2026-11-24 09:00 UTC."
    }


def test_the_sweeper_does_not_take_what_is_carried_for_a_waiting_close(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    told = alerts(2)
    at(clock, "9:00")
    for alert in told:
        resolve(alert)
    board.next = [DOWN]
    at(clock, "10:00")
    sweep()
    carried = Delivery.objects.filter(action="close", carried_by__isnull=False)
    assert [(close.state, close.next_attempt_at) for close in carried] == [
        (DeliveryState.PENDING, None)
    ]
    at(clock, "10:10")
    assert unfinished() == 0
    assert board.digests[-1].ended == 2


def test_an_alert_that_came_and_went_stays_whole_in_a_digest_that_is_tried_again(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [DOWN]
    alert = an_alert()
    resolve(alert)
    at(clock, "9:00")
    sweep()
    assert {create_of(alert).digest_at, close_of(alert).digest_at} == {create_of(alert).digest_at}
    assert unfinished() == 2
    at(clock, "9:10")
    assert unfinished() == 0
    assert [(digest.opened, digest.ended) for digest in board.digests] == [(1, 1)] * 2


def test_a_failing_digest_pauses_the_lane_as_any_delivery_does(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [RateLimited("Slow down", outcome=Outcome.NON_2XX, retry_after=60)]
    an_alert()
    at(clock, "9:00")
    assert lane_of(reader).pause_reason == "The provider asks us to wait."
