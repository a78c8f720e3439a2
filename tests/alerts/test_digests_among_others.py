"""Digests beside storms, pruning, and the timeline."""

from datetime import timedelta
from uuid import UUID

import pytest
import time_machine
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import carrying, ingest, timeline
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Delivery, DeliveryState, Storm
from alerts.pruning import prune
from destinations.models import Destination
from tests.alerts import noticeboard
from tests.alerts.factories import alerts, an_alert, an_event, create_of
from tests.alerts.noticeboard import Board, a_reader, at, unfinished, work

pytestmark = pytest.mark.django_db


@pytest.fixture
def reader(board: Board, clock: time_machine.Traveller) -> Destination:
    return a_reader()


def test_the_storm_brake_leaves_digests_alone(
    board: Board, reader: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.STORM_LIMIT = 3
    ingest.record_all([an_event(asset=f"t{number}") for number in range(10)])
    assert not Storm.objects.exists()
    assert not Delivery.objects.exclude(passed_by=None).exists()
    at(clock, "9:00")
    assert board.digests[0].opened == 10


def test_a_storm_elsewhere_is_told_alert_by_alert_in_the_digest(
    board: Board, reader: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.STORM_LIMIT = 3
    hasty = a_reader("Hasty", timing="")
    ingest.record_all([an_event(asset=f"t{number}") for number in range(10)])
    at(clock, "8:40")
    assert len(board.created) == 4  # three, and the summary
    end(Storm.objects.get().alert, AlertState.RESOLVED)
    work()
    at(clock, "9:00")
    [digest] = board.digests
    assert (digest.opened, digest.ended, digest.still_open) == (10, 7, 3)
    assert Delivery.objects.filter(destination=hasty, digest_at__isnull=False).count() == 0
    assert unfinished() == 0


def test_a_carrier_is_pruned_before_those_whose_alerts_go_on(
    board: Board, reader: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.RETENTION_DAYS = 90
    old, fresh = alerts(2)
    at(clock, "9:00")
    leader = noticeboard.leader()
    other = fresh if leader.alert_id == old.pk else old
    end(leader.alert, AlertState.RESOLVED)
    at(clock, "10:00")
    Alert.objects.filter(pk=leader.alert_id).update(ended_at=timezone.now() - timedelta(days=91))
    assert prune(timezone.now()).is_complete
    connection.check_constraints()
    assert list(Alert.objects.all()) == [other]
    told = create_of(other)
    assert (told.state, told.carried_by) == (DeliveryState.DELIVERED, None)
    assert told.reason == "Told in the digest of 2026-11-24 09:00 UTC."


def test_a_carrier_stays_while_what_it_carries_has_not_ended(
    board: Board, reader: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.RETENTION_DAYS = 90
    alerts(2)
    at(clock, "9:00")
    leader = noticeboard.leader()
    end(leader.alert, AlertState.RESOLVED)
    at(clock, "10:00")
    Delivery.objects.filter(carried_by=leader).update(state=DeliveryState.PENDING)
    Alert.objects.filter(pk=leader.alert_id).update(ended_at=timezone.now() - timedelta(days=91))
    prune(timezone.now())
    assert Delivery.objects.filter(pk=leader.pk).exists()
    work()
    prune(timezone.now())
    assert not Delivery.objects.filter(pk=leader.pk).exists()


def test_the_timeline_of_the_carriers_alert_tells_of_a_digest(
    board: Board, reader: Destination, clock: time_machine.Traveller
) -> None:
    alert = an_alert()
    at(clock, "9:00")
    sentences = [entry.sentence for entry in timeline.timeline_of(alert)]
    assert "Digest to Readers, attempt 1: delivered" in sentences


def test_looking_for_unfinished_digests_walks_an_index() -> None:
    plan = carrying.next_unfinished(UUID(int=0))[:1].explain()
    if connection.vendor == "sqlite":  # PostgreSQL plans by sizes, and there is nothing here
        assert "INDEX delivery_unfinished (state=? AND carried_by_id>?)" in plan
        assert "TEMP B-TREE" not in plan
