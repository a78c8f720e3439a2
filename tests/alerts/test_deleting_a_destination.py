import pytest

from alerts import deliveries
from alerts.deletion import DELETED, delete, open_incidents
from alerts.deliveries import Result
from alerts.lifecycle import end
from alerts.models import AlertState, Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.errors import Retryable
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, close_of, drain

pytestmark = pytest.mark.django_db


def test_what_waits_is_skipped_and_the_history_stays(
    sandbox: Sandbox, destination: Destination
) -> None:
    delivered = an_alert()
    drain(destination)
    alerts(3)
    assert delete(destination) == 3
    drain(destination)
    assert len(sandbox.journal.entries()) == 1
    skipped = Delivery.objects.exclude(alert=delivered)
    assert set(skipped.values_list("state", "reason")) == {(DeliveryState.SKIPPED, DELETED)}
    kept = Delivery.objects.get(alert=delivered)
    assert (kept.state, kept.destination.name) == (DeliveryState.DELIVERED, "On-call")


def test_the_secret_is_gone_and_the_name_is_free(destination: Destination) -> None:
    delete(destination)
    destination.refresh_from_db()
    assert (destination.secrets, destination.is_active) == ({}, False)
    a_destination(name=destination.name)


def test_rules_no_longer_send_there(destination: Destination) -> None:
    delete(destination)
    alert = an_alert()
    assert not alert.deliveries.exists()


def test_other_destinations_are_left_alone(destination: Destination) -> None:
    other = a_destination("Other")
    a_rule(other, name="Other")
    an_alert()
    delete(destination)
    assert Delivery.objects.get(destination=other).state == DeliveryState.PENDING


def test_a_try_that_was_on_the_way_does_not_wait_for_ever(destination: Destination) -> None:
    an_alert()
    (claimed,) = deliveries.claim(destination, "token", 1)
    delete(destination)
    deliveries.record([Result(claimed, claimed.created_at, 1, error=Retryable("HTTP 503"))])
    sweep()
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.reason) == (DeliveryState.SKIPPED, DELETED)


def test_the_close_of_an_alert_that_ends_later_does_not_wait_for_ever(
    destination: Destination,
) -> None:
    alert = an_alert()
    drain(destination)
    delete(destination)
    end(alert, AlertState.RESOLVED)
    sweep()
    assert (close_of(alert).state, close_of(alert).reason) == (DeliveryState.SKIPPED, DELETED)


def test_incidents_that_stay_open_are_listed(sandbox: Sandbox, destination: Destination) -> None:
    first, second, third = alerts(3)
    drain(destination)
    end(first, AlertState.RESOLVED)
    drain(destination)
    end(second, AlertState.RESOLVED)
    listed = {create.alert_id for create in open_incidents(destination)}
    assert listed == {second.pk, third.pk}
