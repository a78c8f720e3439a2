"""A destination that wants digests gets one message per slot instead of one per alert."""

from datetime import datetime

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from alerts import deliveries, ingest
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Attempt, Delivery, DeliveryState, Lane
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import (
    alerts,
    an_alert,
    an_event,
    close_of,
    create_of,
    resolved,
)
from tests.alerts.noticeboard import (
    DAILY,
    HOURLY,
    START,
    Board,
    a_reader,
    at,
    set_timing,
    states,
    work,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def resolve(alert: Alert) -> None:
    end(alert, AlertState.RESOLVED, "ada")


def hour(number: int) -> datetime:
    return START.replace(hour=number, minute=0)


def test_nothing_is_sent_before_the_slot(board: Board, reader: Destination) -> None:
    opened = alerts(3)
    resolve(opened[0])
    work()
    assert (board.created, board.closed, board.digests) == ([], [], [])
    assert states(*opened) == {DeliveryState.PENDING}
    due = set(Delivery.objects.values_list("next_attempt_at", "digest_at"))
    assert due == {(hour(9), hour(9))}


def test_at_the_slot_one_message_tells_it_all(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(3)
    resolve(opened[0])
    at(clock, "9:00")
    [digest] = board.digests
    assert digest.headline == "[AnomalyArmor] Digest: 3 opened, 1 ended, 2 still open"
    assert (board.created, board.closed) == ([], [])
    assert states(*opened) == {DeliveryState.DELIVERED}
    assert Attempt.objects.count() == 1
    assert digest.link.endswith("/alerts/")


def test_each_delivery_says_in_which_digest_it_was_told(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alerts(3)
    at(clock, "9:00")
    leader = noticeboard.leader()
    carried = Delivery.objects.exclude(pk=leader.pk)
    assert {member.carried_by_id for member in carried} == {leader.pk}
    reasons = set(carried.values_list("reason", "delivered_at"))
    assert reasons == {("Told in the digest of 2026-11-24 09:00 UTC.", leader.delivered_at)}
    assert leader.carried_by is None
    assert board.digests[0].idempotency_key == f"{leader.idempotency_key}-digest"


def test_an_alert_that_came_and_went_is_told_as_both(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    ingest.record(an_event())
    ingest.record(resolved())
    at(clock, "9:00")
    [digest] = board.digests
    assert (digest.opened, digest.ended, digest.still_open) == (1, 1, 0)


def test_no_digest_when_there_is_nothing_to_tell(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    at(clock, "9:00")
    an_alert()
    for slot in ("10:00", "11:00", "12:00"):
        at(clock, slot)
    assert len(board.digests) == 1


def test_the_next_digest_goes_on_where_the_last_one_ended(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    first, second = alerts(2)
    at(clock, "9:00")
    resolve(first)
    alerts(4)
    at(clock, "11:00")
    before, after = board.digests
    assert (after.opened, after.ended, after.still_open) == (3, 1, 4)
    assert after.since == before.until
    assert before.since == create_of(first).created_at
    assert hour(11) < after.until < hour(11).replace(minute=1)
    assert close_of(first).state == DeliveryState.DELIVERED
    assert second.is_open


def test_a_slot_has_one_digest_also_for_what_comes_a_moment_late(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    an_alert()
    at(clock, "9:00")
    late = an_alert(asset="late")
    Delivery.objects.filter(alert=late).update(next_attempt_at=hour(9), digest_at=hour(9))
    work()
    assert len(board.digests) == 1
    assert create_of(late).next_attempt_at == hour(10)
    at(clock, "10:00")
    assert len(board.digests) == 2
    assert create_of(late).state == DeliveryState.DELIVERED


def test_a_daily_one_comes_at_its_time_in_its_zone(
    board: Board, clock: time_machine.Traveller
) -> None:
    a_reader(**DAILY)
    an_alert()
    at(clock, "23:59")
    at(clock, "+1 7:59")
    assert board.digests == []
    at(clock, "+1 8:00")
    assert len(board.digests) == 1


def test_others_get_each_alert_at_once(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    a_reader("At once", timing="")
    alerts(2)
    work()
    assert (len(board.created), len(board.digests)) == (2, 0)
    at(clock, "9:00")
    assert (len(board.created), len(board.digests)) == (2, 1)


def test_two_destinations_have_digests_of_their_own(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    a_reader("Others")
    alerts(2)
    at(clock, "9:00")
    assert [digest.opened for digest in board.digests] == [2, 2]
    assert len({digest.idempotency_key for digest in board.digests}) == 2


def test_planning_wakes_nobody_before_the_slot(board: Board, reader: Destination) -> None:
    an_alert()
    assert Lane.objects.get().rung_at is None


def test_neither_does_an_end_before_the_slot(board: Board, reader: Destination) -> None:
    resolve(an_alert())
    assert Lane.objects.get().rung_at is None


def test_an_event_costs_no_statement_for_digests(
    board: Board, clock: time_machine.Traveller
) -> None:
    reader = a_reader(timing="")
    alerts(2)
    work()
    with CaptureQueriesContext(connection) as at_once:
        an_alert(asset="a")
    set_timing(reader, **HOURLY)
    with CaptureQueriesContext(connection) as collected:
        an_alert(asset="b")
    assert len(collected) <= len(at_once)


def test_an_ordinary_claim_takes_two_statements(
    board: Board, clock: time_machine.Traveller
) -> None:
    reader = a_reader(timing="")
    alerts(2)
    with CaptureQueriesContext(connection) as claim:
        assert len(deliveries.claim(reader, "token", 20)) == 2
    assert len(claim) == 2


def test_an_ordinary_end_asks_nothing_of_the_destination(
    board: Board, clock: time_machine.Traveller
) -> None:
    a_reader(timing="")
    alert = an_alert()
    work()
    with CaptureQueriesContext(connection) as ending:
        resolve(alert)
    assert "destinations_destination" not in str([query["sql"] for query in ending])
