"""Workers that die, and gatherings that break off: no digest is lost, and none is made twice."""

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import deliveries, digest_contents, digests
from alerts.lifecycle import end
from alerts.models import AlertState, Attempt, Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.errors import Outcome
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import alerts, an_alert
from tests.alerts.noticeboard import Board, a_reader, at, states, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_a_worker_that_dies_after_the_claim_costs_an_attempt_and_nothing_else(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(3)
    clock.move_to(noticeboard.START.replace(hour=9, minute=0, second=1))
    [claimed] = deliveries.claim(reader, "dead", 20)
    assert claimed.digest
    Delivery.objects.filter(pk=claimed.pk).update(lease_until=timezone.now())
    at(clock, "9:02")
    assert states(*opened) == {DeliveryState.DELIVERED}
    outcomes = list(Attempt.objects.values_list("outcome", flat=True))
    assert outcomes == [Outcome.INTERRUPTED, Outcome.SUCCESS]
    assert len(board.digests) == 1


def test_a_worker_that_dies_before_it_claims_what_it_gathered_loses_nothing(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    opened = alerts(3)
    clock.move_to(noticeboard.START.replace(hour=9, minute=0, second=1))
    digests.gather(reader.pk)
    end(opened[0], AlertState.RESOLVED)
    at(clock, "9:01")
    assert states(*opened[1:]) == {DeliveryState.DELIVERED}
    [digest] = board.digests
    assert (digest.opened, digest.ended) == (3, 0)


def test_a_gathering_that_breaks_off_leaves_all_as_it_was(
    board: Board,
    reader: Destination,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    alerts(3)
    clock.move_to(noticeboard.START.replace(hour=9, minute=0, second=1))
    with monkeypatch.context() as broken:
        broken.setattr(digest_contents, "_still_open", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            deliveries.claim(reader, "token", 20)
    assert not Delivery.objects.filter(carried_by__isnull=False).exists()
    work()
    assert board.digests[0].opened == 3


def test_the_poison_that_kills_every_worker_is_given_up_with_all_it_carries(
    board: Board, reader: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.INTERRUPTIONS_LIMIT = 2
    opened = alerts(3)
    clock.move_to(noticeboard.START.replace(hour=9, minute=0, second=1))
    for _ in range(2):
        [claimed] = deliveries.claim(reader, "dead", 20)
        Delivery.objects.filter(pk=claimed.pk).update(lease_until=timezone.now())
        sweep()
    assert states(*opened) == {DeliveryState.FAILED}


def test_what_comes_between_the_gathering_and_the_claim_is_not_sent_by_itself(
    board: Board,
    reader: Destination,
    clock: time_machine.Traveller,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    an_alert()
    clock.move_to(noticeboard.START.replace(hour=9, minute=0, second=1))
    monkeypatch.setattr(digests, "gather", lambda *_: None)  # it came after it
    assert deliveries.claim(reader, "token", 20) == []
