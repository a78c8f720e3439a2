import pytest
from django.utils import timezone

from alerts import deliveries
from alerts.deletion import delete
from alerts.lifecycle import end
from alerts.models import Activity, AlertState, Delivery, DeliveryState
from alerts.planning import ENDED_BEFORE
from alerts.resending import CannotSend, send_again
from destinations.messages import Action
from destinations.models import Destination
from sandbox.reference_data import first_status
from sandbox.server import Sandbox
from tests.alerts.factories import (
    CLOSED,
    a_destination,
    a_rule,
    an_alert,
    close_of,
    create_of,
    drain,
)

pytestmark = pytest.mark.django_db


def fail(sandbox: Sandbox, destination: Destination) -> None:
    sandbox.faults.add("status", status=422, times=1)
    drain(destination)


def test_a_failed_create_is_sent_again_with_the_same_key(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    fail(sandbox, destination)
    failed = create_of(alert)
    send_again(failed, "ada")
    drain(destination)
    delivered = create_of(alert)
    assert delivered.state == DeliveryState.DELIVERED
    assert delivered.idempotency_key == failed.idempotency_key
    assert [a.is_manual for a in delivered.attempts.all()] == [False, True]
    activity = alert.activities.get(kind=Activity.Kind.SENT_AGAIN)
    assert (activity.actor, activity.note) == ("ada", "Create to On-call")


def test_a_delivered_create_makes_no_second_incident(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    drain(destination)
    before = create_of(alert)
    send_again(before, "ada")
    drain(destination)
    assert len(sandbox.workspace.incidents()) == 1
    assert create_of(alert).external_id == before.external_id
    assert create_of(alert).attempts.count() == 2


def test_a_waiting_delivery_is_sent_now(sandbox: Sandbox, destination: Destination) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    send_again(create_of(alert), "ada")
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_a_second_click_changes_nothing(destination: Destination) -> None:
    alert = an_alert()
    create = create_of(alert)
    send_again(create, "ada")
    assert not create_of(alert).is_manual
    assert not alert.activities.filter(kind=Activity.Kind.SENT_AGAIN).exists()
    Delivery.objects.update(state=DeliveryState.FAILED, next_attempt_at=None)
    send_again(create, "ada")
    send_again(create, "bob")
    assert alert.activities.filter(kind=Activity.Kind.SENT_AGAIN).count() == 1


def test_one_that_is_on_the_way_is_left_alone(destination: Destination) -> None:
    alert = an_alert()
    deliveries.claim(destination, "token", 1)
    send_again(create_of(alert), "ada")
    assert create_of(alert).lease_token == "token"
    assert create_of(alert).state == DeliveryState.SENDING


def test_the_retries_start_anew(sandbox: Sandbox, destination: Destination) -> None:
    alert = an_alert()
    Delivery.objects.update(state=DeliveryState.FAILED, failure_count=11, next_attempt_at=None)
    send_again(create_of(alert), "ada")
    sandbox.faults.add("status", status=503, times=1)
    drain(destination)
    assert (create_of(alert).state, create_of(alert).failure_count) == (DeliveryState.PENDING, 1)


def test_nothing_is_sent_again_to_a_deleted_destination(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    fail(sandbox, destination)
    delete(destination)
    with pytest.raises(CannotSend, match="was deleted"):
        send_again(create_of(alert), "ada")


def test_a_create_that_was_skipped_because_the_alert_ended_stays_skipped(
    destination: Destination,
) -> None:
    alert = an_alert()
    end(alert, AlertState.RESOLVED)
    with pytest.raises(CannotSend, match="has ended"):
        send_again(create_of(alert), "ada")
    assert create_of(alert).reason == ENDED_BEFORE


def test_a_close_without_an_incident_cannot_be_sent(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    fail(sandbox, destination)
    end(alert, AlertState.RESOLVED)
    with pytest.raises(CannotSend, match="no incident to close"):
        send_again(close_of(alert), "ada")


def test_a_skipped_close_is_sent_once_a_closed_status_is_set(sandbox: Sandbox) -> None:
    destination = a_destination(closed_status_id="")
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    drain(destination)
    destination.config = {"closed_status_id": CLOSED}
    destination.save()
    send_again(close_of(alert), "ada")
    drain(destination)
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert [incident.category for incident in sandbox.workspace.incidents()] == ["closed"]


def test_a_close_to_a_wrong_status_fails_and_is_repaired(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    drain(destination)
    destination.config = {"closed_status_id": first_status("triage")["id"]}
    destination.save()
    end(alert, AlertState.RESOLVED)
    drain(destination)
    assert close_of(alert).state == DeliveryState.FAILED
    assert close_of(alert).reason.startswith("HTTP 422")
    destination.config = {"closed_status_id": CLOSED}
    destination.save()
    send_again(close_of(alert), "ada")
    drain(destination)
    assert close_of(alert).state == DeliveryState.DELIVERED


def test_a_create_that_comes_through_after_the_alert_has_ended_is_closed_again(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    fail(sandbox, destination)
    end(alert, AlertState.RESOLVED)
    assert close_of(alert).state == DeliveryState.SKIPPED
    send_again(create_of(alert), "ada")
    assert close_of(alert).state == DeliveryState.PENDING
    drain(destination)
    assert [incident.category for incident in sandbox.workspace.incidents()] == ["closed"]
    assert close_of(alert).state == DeliveryState.DELIVERED


def test_a_close_that_waits_for_its_create_cannot_overtake_it(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    with pytest.raises(CannotSend):
        send_again(close_of(alert), "ada")
    assert not Delivery.objects.filter(
        action=Action.CLOSE, next_attempt_at__lte=timezone.now()
    ).exists()
