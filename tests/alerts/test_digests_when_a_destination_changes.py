"""A destination is paused, deleted, or set to another timing, while things wait for its digest."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from alerts import deliveries
from alerts.deletion import DELETED, delete
from alerts.fates import Result
from alerts.models import Delivery, DeliveryState
from destinations.messages import Receipt
from destinations.models import Destination
from tests.alerts.factories import alerts, an_alert, close_of, create_of, drain, resolve
from tests.alerts.noticeboard import (
    DAILY,
    DOWN,
    HOURLY,
    START,
    Board,
    a_reader,
    at,
    set_timing,
    states,
    unfinished,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_a_pause_over_the_slot_keeps_all_and_tells_it_on_resuming(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alerts(2)
    Destination.objects.update(is_active=False)
    at(clock, "9:00")
    alerts(3)
    at(clock, "10:00")
    assert board.digests == []
    Destination.objects.update(is_active=True)
    at(clock, "10:20")
    assert [digest.opened for digest in board.digests] == [3]
    assert unfinished() == 0


def test_switched_off_what_waits_is_told_at_once_in_a_last_digest(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(3)
    resolve(opened[0])
    set_timing(reader, timing="")
    work()
    [digest] = board.digests
    assert (digest.opened, digest.ended) == (3, 1)
    assert unfinished() == 0


def test_switched_off_new_alerts_come_at_once_and_old_ones_end_in_a_digest(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    old = alerts(2)
    at(clock, "9:00")
    set_timing(reader, timing="")
    new = an_alert(asset="new")
    resolve(old[0])
    work()
    assert [message.alert_id for message in board.created] == [str(new.pk)]
    assert (board.digests[-1].ended, board.digests[-1].still_open) == (1, 1)
    assert board.closed == []
    resolve(new)
    work()
    assert len(board.closed) == 1
    assert unfinished() == 0


def test_switched_off_while_a_digest_fails_nothing_overtakes_it(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [DOWN]
    alert = an_alert()
    at(clock, "9:00")
    set_timing(reader, timing="")
    resolve(alert)
    drain(reader)
    put_off = close_of(alert).next_attempt_at
    assert put_off
    assert put_off > timezone.now() + timedelta(minutes=4)
    work()
    assert close_of(alert).next_attempt_at == put_off
    at(clock, "9:04")
    at(clock, "9:10")
    assert [(digest.opened, digest.ended) for digest in board.digests] == [(1, 0), (1, 0), (0, 1)]
    assert unfinished() == 0


def test_switched_on_what_waits_by_itself_goes_by_itself(
    board: Board, clock: time_machine.Traveller
) -> None:
    reader = a_reader(timing="")
    board.next = [DOWN]
    old = an_alert()
    drain(reader)
    waiting = an_alert(asset="waiting")
    set_timing(reader, **HOURLY)
    new = an_alert(asset="new")
    at(clock, "8:40")
    assert states(old, waiting) == {DeliveryState.DELIVERED}
    resolve(old)
    work()
    assert close_of(old).external_id
    assert close_of(old).state == DeliveryState.DELIVERED
    assert board.digests == []
    at(clock, "9:00")
    assert board.digests[0].opened == 1
    assert create_of(new).state == DeliveryState.DELIVERED


def test_switched_from_daily_to_hourly_the_next_hour_tells_it(
    board: Board, clock: time_machine.Traveller
) -> None:
    reader = a_reader(**DAILY)
    alert = an_alert()
    set_timing(reader, **HOURLY)
    at(clock, "8:40")
    assert create_of(alert).digest_at == START.replace(hour=9, minute=0)
    at(clock, "9:00")
    assert len(board.digests) == 1


def test_switched_from_hourly_to_daily_nothing_is_lost(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    an_alert()
    set_timing(reader, **DAILY)
    an_alert(asset="later")
    at(clock, "9:00")
    at(clock, "+1 8:00")
    assert [digest.opened for digest in board.digests] == [1, 1]


def test_a_deletion_skips_what_waits(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(2)
    assert delete(reader) == 2
    at(clock, "9:00")
    assert board.digests == []
    assert {create_of(alert).reason for alert in opened} == {DELETED}


def test_a_deletion_while_a_digest_fails_skips_all_that_it_carries(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [DOWN]
    opened = alerts(3)
    at(clock, "9:00")
    delete(reader)
    at(clock, "9:10")
    assert len(board.digests) == 1
    assert states(*opened) == {DeliveryState.SKIPPED}
    assert {create_of(alert).reason for alert in opened} == {DELETED}


def test_a_deletion_during_the_call_leaves_what_was_told_told(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(3)
    clock.move_to(START.replace(hour=9, minute=0, second=1))
    [claimed] = deliveries.claim(reader, "token", 20)
    delete(reader)
    deliveries.record([Result(claimed, timezone.now(), 5, receipt=Receipt("1"))])
    work()
    assert states(*opened) == {DeliveryState.DELIVERED}


def test_a_clock_that_is_set_back_delays_nothing_beyond_the_next_slot(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    clock.move_to(START + timedelta(days=400))
    old = an_alert()
    clock.move_to(START + timedelta(days=400, hours=1))
    work()
    waiting = an_alert(asset="waiting")
    clock.move_to(START)
    work()
    assert create_of(old).state == DeliveryState.DELIVERED
    assert create_of(waiting).next_attempt_at == START.replace(hour=9, minute=0)
    at(clock, "9:00")
    assert create_of(waiting).state == DeliveryState.DELIVERED
    assert board.digests[1].since <= board.digests[1].until


def test_a_day_is_not_taken_for_a_clock_that_ran_ahead(
    board: Board, clock: time_machine.Traveller
) -> None:
    a_reader(timing="daily", digest_at="08:00", digest_zone="")
    alert = an_alert()
    work()
    assert create_of(alert).next_attempt_at == START.replace(day=25, hour=8, minute=0)
    assert board.digests == []


def test_none_is_left_pending_without_a_time_or_a_carrier(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [DOWN]
    opened = alerts(2)
    at(clock, "9:00")
    resolve(opened[0])
    idle = Delivery.objects.filter(state=DeliveryState.PENDING, next_attempt_at=None)
    assert not idle.filter(carried_by=None).exists()
