"""A digest carries so many at most; the next ones tell the rest, minutes later."""

import pytest
import time_machine

from alerts import carrying, digests
from alerts.lifecycle import end
from alerts.models import AlertState
from destinations.models import Destination
from tests.alerts.factories import alerts, drain
from tests.alerts.noticeboard import DOWN, NO, START, Board, a_reader, at, unfinished

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(
    board: Board, clock: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> Destination:
    monkeypatch.setattr(digests, "MEMBERS_LIMIT", 4)
    return a_reader()


def test_the_rest_does_not_wait_for_the_next_slot(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alerts(10)
    for moment in ("9:00", "9:06", "9:12"):
        at(clock, moment)
    assert [digest.opened for digest in board.digests] == [4, 4, 2]
    assert [digest.still_open for digest in board.digests] == [4, 8, 10]
    assert unfinished() == 0


def test_no_end_is_in_an_earlier_one_than_its_beginning(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    for alert in alerts(6):
        end(alert, AlertState.RESOLVED)
    for moment in ("9:00", "9:06", "9:12"):
        at(clock, moment)
    counts = [(digest.opened, digest.ended) for digest in board.digests]
    assert counts == [(4, 0), (2, 2), (0, 4)]
    assert unfinished() == 0


def test_while_a_full_one_fails_the_rest_waits_for_it_and_not_for_the_slot(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alerts(6)
    board.next = [DOWN]
    at(clock, "9:00")
    at(clock, "9:04")
    assert len(set(board.digests)) == 1
    at(clock, "9:10")
    assert [digest.opened for digest in board.digests] == [4, 4, 2]


def test_the_end_of_what_has_failed_is_not_told_before_the_sweeper_has_seen_it(
    board: Board,
    reader: Destination,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(carrying, "BATCH", 1)
    for alert in alerts(4):
        end(alert, AlertState.RESOLVED)
    board.next = [NO]
    clock.move_to(START.replace(hour=9, minute=0, second=1))
    drain(reader)
    drain(reader)
    assert len(board.digests) == 1
    at(clock, "9:06")
    assert len(board.digests) == 1
    assert unfinished() == 0
