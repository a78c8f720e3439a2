"""Within an alert and destination: the create, then the close, and never a close alone."""

import threading

import pytest
from django.db import connection

from alerts import deliveries, lanes
from alerts.deliveries import NO_INCIDENT
from alerts.lifecycle import end
from alerts.models import AlertState, Delivery, DeliveryState, Lane
from alerts.planning import ENDED_BEFORE
from alerts.sweep import sweep
from destinations.messages import Action
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    a_destination,
    a_rule,
    alerts,
    an_alert,
    close_of,
    create_of,
    drain,
    lane_of,
    resolve,
)

pytestmark = pytest.mark.django_db


def test_the_create_is_sent_before_the_close(sandbox: Sandbox, destination: Destination) -> None:
    alert = an_alert()
    drain(destination)
    resolve(alert)
    drain(destination)
    assert [entry.route for entry in sandbox.journal.entries()] == ["create", "show", "update"]


def test_a_close_waits_for_a_create_that_has_failed_once(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    resolve(alert)
    drain(destination)
    close = close_of(alert)
    assert (close.state, close.next_attempt_at) == (DeliveryState.PENDING, None)
    assert [entry.route for entry in sandbox.journal.entries()] == ["create"]


def test_a_waiting_close_goes_out_in_the_same_drain_as_its_create(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    resolve(alert)
    Delivery.objects.filter(action=Action.CREATE).update(next_attempt_at=alert.created_at)
    drain(destination)
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert [incident.category for incident in sandbox.workspace.incidents()] == ["closed"]


def test_neither_is_sent_when_the_alert_ends_before_the_create_was_tried(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    resolve(alert)
    drain(destination)
    for delivery in (create_of(alert), close_of(alert)):
        assert (delivery.state, delivery.reason) == (DeliveryState.SKIPPED, ENDED_BEFORE)
        assert delivery.next_attempt_at is None
    assert sandbox.journal.entries() == []


def test_a_close_is_skipped_when_its_create_has_failed_for_good(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=422, times=1)
    alert = an_alert()
    drain(destination)
    resolve(alert)
    close = close_of(alert)
    assert create_of(alert).state == DeliveryState.FAILED
    assert (close.state, close.reason) == (DeliveryState.SKIPPED, NO_INCIDENT)


def test_a_waiting_close_is_skipped_when_its_create_fails_for_good(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    resolve(alert)
    sandbox.faults.add("status", status=422)
    Delivery.objects.filter(action=Action.CREATE).update(next_attempt_at=alert.created_at)
    drain(destination)
    close = close_of(alert)
    assert (close.state, close.reason) == (DeliveryState.SKIPPED, NO_INCIDENT)


def test_without_a_closed_status_the_close_is_skipped_and_says_so(sandbox: Sandbox) -> None:
    destination = a_destination(closed_status_id="")
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    resolve(alert)
    drain(destination)
    close = close_of(alert)
    assert close.state == DeliveryState.SKIPPED
    assert "closed status" in close.reason
    assert close.attempt_count == 0
    assert [entry.route for entry in sandbox.journal.entries()] == ["create"]


def test_an_alert_that_ends_while_its_create_is_on_the_way_is_closed_after_it(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    lane = lane_of(destination)
    (create,) = deliveries.claim(destination, "token", 1)
    resolve(alert)
    assert close_of(alert).next_attempt_at is None
    Delivery.objects.filter(pk=create.pk).update(state=DeliveryState.PENDING, lease_token="")
    lanes.drain(lane.pk, lambda: False)
    assert close_of(alert).state == DeliveryState.DELIVERED


def test_closes_are_taken_before_creates(destination: Destination) -> None:
    old = alerts(2)
    drain(destination)
    new = alerts(4)[2:]
    for alert in old:
        resolve(alert)
    taken = deliveries.claim(destination, "token", 2)
    assert {delivery.action for delivery in taken} == {Action.CLOSE}
    rest = deliveries.claim(destination, "token", 9)
    assert {delivery.alert_id for delivery in rest} == {alert.pk for alert in new}


def test_ending_an_alert_twice_plans_one_close(destination: Destination) -> None:
    alert = an_alert()
    drain(destination)
    resolve(alert)
    end(alert, AlertState.DISMISSED)
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED
    assert Delivery.objects.filter(action=Action.CLOSE).count() == 1


def test_the_sweeper_settles_a_close_that_a_crash_has_left_waiting(
    destination: Destination,
) -> None:
    alert = an_alert()
    drain(destination)
    resolve(alert)
    Delivery.objects.filter(action=Action.CLOSE).update(next_attempt_at=None, external_id="")
    sweep()
    close = close_of(alert)
    assert close.external_id == create_of(alert).external_id
    assert close.next_attempt_at is not None


@pytest.mark.django_db(transaction=True)
def test_a_resolve_during_the_call_is_followed_by_the_close(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    called = threading.Event()
    fault = sandbox.faults.add(
        "delay", route="create", seconds=10, callback=lambda moment, entry: called.set()
    )
    worker = threading.Thread(target=_drain_in_thread, args=(lane_of(destination).pk,))
    worker.start()
    assert called.wait(5)
    resolve(alert)
    fault.released.set()
    worker.join(10)
    assert not worker.is_alive()
    assert [entry.route for entry in sandbox.journal.entries()] == ["create", "show", "update"]
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert Lane.objects.get().lease_token == ""


def _drain_in_thread(lane_id: int) -> None:
    try:
        lanes.drain(lane_id, lambda: False)
    finally:
        connection.close()
