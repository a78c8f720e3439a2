"""Digests of record-only destinations: rendered and kept, and not sent."""

import pytest
import time_machine

from alerts.fates import RECORDED_ONLY
from alerts.lifecycle import end
from alerts.models import AlertState, Attempt, DeliveryState
from alerts.resending import send_again
from destinations.errors import Outcome, Recorded
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import alerts, an_alert, close_of, create_of
from tests.alerts.noticeboard import Board, a_reader, at, states, work

pytestmark = pytest.mark.django_db
RECORDED = Recorded("Record only: this is what would have been sent.")


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_record_only_digests_are_in_the_history_and_their_ends_as_well(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    Destination.objects.update(is_record_only=True)
    board.next = [RECORDED, RECORDED]
    opened = alerts(3)
    at(clock, "9:00")
    assert states(*opened) == {DeliveryState.SKIPPED}
    assert {create_of(alert).reason for alert in opened} == {RECORDED_ONLY}
    end(opened[0], AlertState.RESOLVED)
    at(clock, "10:00")
    assert close_of(opened[0]).reason == RECORDED_ONLY
    outcomes = list(Attempt.objects.values_list("outcome", flat=True))
    assert outcomes == [Outcome.RECORDED] * 2
    assert (board.digests[1].ended, board.digests[1].still_open) == (1, 2)


def test_what_was_only_recorded_is_not_told_as_ended_once_it_works_for_real(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    Destination.objects.update(is_record_only=True)
    board.next = [RECORDED]
    old = an_alert()
    at(clock, "9:00")
    Destination.objects.update(is_record_only=False)
    end(old, AlertState.RESOLVED)
    an_alert(asset="new")
    at(clock, "10:00")
    assert close_of(old).state == DeliveryState.SKIPPED
    assert [(digest.opened, digest.ended) for digest in board.digests[1:]] == [(1, 0)]


def test_a_recorded_digest_can_be_sent_for_real(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    Destination.objects.update(is_record_only=True)
    board.next = [RECORDED]
    opened = alerts(2)
    at(clock, "9:00")
    Destination.objects.update(is_record_only=False)
    send_again(noticeboard.leader(), "ada")
    work()
    assert states(*opened) == {DeliveryState.DELIVERED}
