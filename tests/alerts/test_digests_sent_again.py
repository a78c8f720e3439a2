"""Sent again by hand, a digest goes as a whole; what has not been told yet may go alone."""

import pytest
import time_machine

from alerts.digests import UNTOLD
from alerts.models import Activity, Attempt, DeliveryState
from alerts.resending import CannotSend, send_again
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import (
    alerts,
    an_alert,
    close_of,
    create_of,
    resolve,
)
from tests.alerts.noticeboard import NO, Board, a_reader, at, members, states, unfinished, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_sent_again_from_any_of_its_deliveries_it_goes_as_a_whole(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [NO]
    opened = alerts(3)
    at(clock, "9:00")
    resolve(opened[0])
    member = members()[0]
    assert send_again(member, "ada") == noticeboard.leader()
    assert states(*opened[1:]) == {DeliveryState.PENDING}
    work()
    assert states(*opened[1:]) == {DeliveryState.DELIVERED}
    assert len(set(board.digests)) == 1
    assert Attempt.objects.last().is_manual  # type: ignore[union-attr]
    note = Activity.objects.get(kind=Activity.Kind.SENT_AGAIN)
    assert (note.alert, note.note) == (member.alert, "Digest to Readers")


def test_an_end_that_was_skipped_is_told_once_its_beginning_is(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    board.next = [NO]
    opened = alerts(2)
    at(clock, "9:00")
    for alert in opened:
        resolve(alert)
    assert {close_of(alert).reason for alert in opened} == {UNTOLD}
    send_again(noticeboard.leader(), "ada")
    work()
    at(clock, "9:10")
    at(clock, "10:00")
    assert [(digest.opened, digest.ended) for digest in board.digests[1:]] == [(2, 0), (0, 2)]
    assert unfinished() == 0


def test_a_delivered_digest_that_is_sent_again_leaves_what_it_told_as_it_is(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alerts(3)
    at(clock, "9:00")
    board.next = [NO]
    send_again(members()[0], "ada")
    work()
    assert noticeboard.leader().state == DeliveryState.FAILED
    assert {member.state for member in members()} == {DeliveryState.DELIVERED}


def test_a_close_in_a_digest_is_not_sent_by_itself(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alert = an_alert()
    at(clock, "9:00")
    resolve(alert)
    with pytest.raises(CannotSend, match="by a digest"):
        send_again(close_of(alert), "ada")


def test_a_create_that_waits_can_be_sent_alone_and_is_closed_alone(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alone, other = alerts(2)
    send_again(create_of(alone), "ada")
    work()
    assert [message.alert_id for message in board.created] == [str(alone.pk)]
    resolve(alone)
    work()
    assert [message.external_id for message in board.closed] == ["note-1"]
    at(clock, "9:00")
    [digest] = board.digests
    assert (digest.opened, digest.ended, digest.still_open) == (1, 0, 1)
    assert create_of(other).state == DeliveryState.DELIVERED
