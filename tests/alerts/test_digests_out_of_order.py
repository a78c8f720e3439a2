"""What a hand on an older digest, or another timing, must not bring out of order."""

import pytest
import time_machine
from django.utils import timezone

from alerts import carrying, deliveries
from alerts.fates import Result
from alerts.models import Delivery, DeliveryState
from alerts.resending import send_again
from destinations.messages import Receipt
from destinations.models import Destination
from tests.alerts.factories import alerts, an_alert, close_of, create_of, drain, resolve
from tests.alerts.noticeboard import (
    DAILY,
    DOWN,
    NO,
    START,
    Board,
    a_reader,
    at,
    leader,
    set_timing,
    states,
    unfinished,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_an_older_digest_that_is_sent_again_is_not_overtaken_by_the_end_of_what_it_tells(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [NO]
    old = an_alert()
    at(clock, "9:00")
    an_alert(asset="of the next digest")
    at(clock, "10:00")
    board.next = [DOWN] * 2
    clock.move_to(START.replace(hour=10, minute=59, second=30))
    send_again(create_of(old), "ada")
    work()
    resolve(old)
    at(clock, "11:00")
    assert [digest.ended for digest in board.digests] == [0] * len(board.digests)
    at(clock, "11:30")
    at(clock, "12:00")
    assert (board.digests[-1].opened, board.digests[-1].ended) == (0, 1)
    assert unfinished() == 0


def test_a_create_that_is_sent_alone_takes_the_end_that_waits_with_it(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alert = an_alert()
    resolve(alert)
    board.next = [DOWN] * 2
    clock.move_to(START.replace(minute=59, second=30))
    send_again(create_of(alert), "ada")
    work()
    at(clock, "9:00")
    assert (board.digests, board.closed) == ([], [])
    at(clock, "9:30")
    assert len(board.closed) == 1
    assert close_of(alert).state == DeliveryState.DELIVERED


def test_an_end_that_is_due_before_its_beginning_waits_in_no_digest_of_its_own(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    set_timing(reader, **DAILY)
    alert = an_alert()
    set_timing(reader, timing="")
    resolve(alert)  # before any sweep has seen the new timing
    drain(reader)
    assert [(digest.opened, digest.ended) for digest in board.digests] == [(1, 1)]
    work()
    assert len(board.digests) == 1
    assert unfinished() == 0


def test_what_was_told_ends_though_its_digest_failed_when_it_was_sent_again(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    told, other = alerts(2)
    at(clock, "9:00")
    board.next = [NO]
    send_again(create_of(told), "ada")
    work()
    assert create_of(told).state == DeliveryState.FAILED
    resolve(told)
    an_alert(asset="new")
    at(clock, "10:00")
    assert close_of(told).state == DeliveryState.DELIVERED
    assert (board.digests[-1].ended, board.digests[-1].still_open) == (1, 2)
    assert other.is_open


def test_what_was_told_is_still_open_though_its_digest_failed_when_it_was_sent_again(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alerts(2)
    at(clock, "9:00")
    board.next = [NO]
    send_again(leader(), "ada")
    an_alert(asset="new")
    work()
    at(clock, "10:00")
    assert board.digests[-1].still_open == 3


def test_what_a_told_digest_has_not_ended_yet_ends_before_it_is_sent_again(
    board: Board,
    reader: Destination,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying, "BATCH", 1)
    opened = alerts(4)
    clock.move_to(START.replace(hour=9, minute=0, second=1))
    [claimed] = deliveries.claim(reader, "token", 20)
    deliveries.record([Result(claimed, timezone.now(), 5, receipt=Receipt("1"))])
    board.next = [NO]
    send_again(claimed, "ada")
    work()
    assert leader().state == DeliveryState.FAILED
    members = Delivery.objects.filter(carried_by=claimed)
    assert {member.state for member in members} == {DeliveryState.DELIVERED}
    assert DeliveryState.PENDING not in states(*opened)
