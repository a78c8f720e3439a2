"""Workers, producers and people at the same moment: still one digest, and nothing between two."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from alerts import carrying, deliveries
from alerts.fates import Result
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Delivery, DeliveryState
from alerts.resending import send_again
from alerts.sweep import sweep
from destinations.errors import Outcome, Rejected
from destinations.messages import Digest
from destinations.models import Destination
from tests.alerts.factories import alerts, an_alert
from tests.alerts.noticeboard import Board, a_reader, leader, unfinished, work

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def reader(board: Board) -> Destination:
    return a_reader()


def let_the_slot_come() -> None:
    Delivery.objects.filter(next_attempt_at__isnull=False).update(
        next_attempt_at=timezone.now() - timedelta(seconds=1)
    )


def at_once(*acts: Callable[[], object]) -> None:
    """Each in a thread of its own, with a connection of its own; all of them start together."""
    ready = threading.Barrier(len(acts))
    errors: list[Exception] = []

    def run(act: Callable[[], object]) -> None:
        try:
            ready.wait(5)
            act()
        except Exception as error:
            errors.append(error)
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not errors


def test_two_workers_make_one_digest(board: Board, reader: Destination) -> None:
    """One of them has lost the lane and does not know it yet."""
    alerts(30)
    let_the_slot_come()
    claimed: list[Delivery] = []
    at_once(*[lambda: claimed.extend(deliveries.claim(reader, "token", 20))] * 4)
    assert [delivery.pk for delivery in claimed] == [leader().pk]
    assert Delivery.objects.filter(carried_by=leader()).count() == 29


def test_what_the_digest_counts_is_what_it_carries_whatever_ends_meanwhile(
    board: Board, reader: Destination
) -> None:
    opened = alerts(20)
    let_the_slot_come()
    at_once(
        lambda: deliveries.claim(reader, "token", 20),
        lambda: [end(alert, AlertState.RESOLVED) for alert in opened[:10]],
        lambda: [an_alert(asset=f"new {number}") for number in range(10)],
    )
    sent = leader()
    assert sent.digest
    digest = Digest.from_json(sent.digest)
    carried = Delivery.objects.filter(carried_by=sent).count()
    assert digest.opened + digest.ended == carried + 1
    assert digest.opened == 20
    assert Alert.objects.count() == 30
    others = Delivery.objects.filter(carried_by=None).exclude(pk=sent.pk)
    assert not others.filter(next_attempt_at=None).exists()


def test_people_who_send_it_again_while_it_ends_leave_nothing_between(
    board: Board, reader: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "BATCH", 3)
    alerts(20)
    let_the_slot_come()
    [claimed] = deliveries.claim(reader, "token", 20)
    no = Rejected("HTTP 400: Bad Request", outcome=Outcome.NON_2XX)
    deliveries.record([Result(claimed, timezone.now(), 5, error=no)])
    members = list(Delivery.objects.filter(carried_by=claimed))
    at_once(
        carrying.finish,
        carrying.finish,
        lambda: send_again(members[0], "ada"),
        lambda: send_again(members[-1], "bob"),
        lambda: send_again(claimed, "eve"),
    )
    carrying.finish()
    states = set(Delivery.objects.values_list("state", flat=True))
    assert states == {DeliveryState.PENDING}
    work()
    sweep()
    assert unfinished() == 0
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert len(board.digests) == 1
