"""What only a person can repair holds the lane, and goes on when it is repaired."""

import pytest
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import health
from alerts.deliveries import Result
from alerts.models import Delivery, DeliveryState
from armor_incidents.environment import new_encryption_key
from destinations.errors import NeedsAttention, Outcome
from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import (
    a_destination,
    a_rule,
    alerts,
    an_alert,
    create_of,
    drain,
    lane_of,
)

pytestmark = pytest.mark.django_db


def held(key: str) -> Destination:
    destination = a_destination(key=key)
    a_rule(destination)
    return destination


@pytest.mark.parametrize(
    ("key", "sentence"),
    [(keys.REVOKED, "HTTP 401: Unauthorized"), (keys.VIEWER_ONLY, "HTTP 403: Forbidden")],
)
def test_a_refused_key_holds_the_lane_until_it_is_changed(
    sandbox: Sandbox, key: str, sentence: str
) -> None:
    destination = held(key)
    alert = an_alert()
    drain(destination)
    destination.refresh_from_db()
    assert destination.attention.startswith(sentence)
    assert create_of(alert).state == DeliveryState.PENDING
    alerts(3)
    drain(destination)
    assert len(sandbox.journal.entries()) == 1
    destination.set_secret("api_key", keys.FULL)
    destination.save()
    drain(destination)
    assert destination.attention == ""
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}
    assert create_of(alert).failure_count == 0


def test_a_test_that_succeeds_lets_it_go_on(sandbox: Sandbox) -> None:
    destination = held(keys.REVOKED)
    alert = an_alert()
    drain(destination)
    sandbox.keys.add("back", "incident_creator", secret=keys.REVOKED)
    destination.refresh_from_db()
    destination.verified()
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_without_a_key_the_lane_is_held_and_nothing_is_sent(sandbox: Sandbox) -> None:
    destination = held(key="")
    alert = an_alert()
    drain(destination)
    destination.refresh_from_db()
    assert destination.attention == "No API key configured"
    assert create_of(alert).attempts.get().error == "No API key configured"
    assert sandbox.journal.entries() == []


def test_a_key_that_cannot_be_read_holds_the_lane_and_nothing_is_sent(
    sandbox: Sandbox, settings: Settings
) -> None:
    destination = held(keys.FULL)
    old = settings.DATA_ENCRYPTION_KEYS
    settings.DATA_ENCRYPTION_KEYS = [new_encryption_key()]
    alert = an_alert()
    drain(destination)
    destination.refresh_from_db()
    assert "cannot be read" in destination.attention
    assert create_of(alert).attempts.get().outcome == Outcome.SECRET_UNREADABLE
    assert sandbox.journal.entries() == []
    settings.DATA_ENCRYPTION_KEYS = [*settings.DATA_ENCRYPTION_KEYS, *old]
    destination.verified()
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_a_key_that_was_changed_after_the_call_began_is_not_blamed(sandbox: Sandbox) -> None:
    destination = held(keys.REVOKED)
    alert = an_alert()
    late = Result(create_of(alert), timezone.now(), 0, error=NeedsAttention("HTTP 401"))
    destination.set_secret("api_key", keys.FULL)
    destination.save()
    health.note(lane_of(destination), [late])
    destination.refresh_from_db()
    assert destination.attention == ""
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_a_paused_destination_keeps_its_queue(sandbox: Sandbox) -> None:
    destination = held(keys.FULL)
    Destination.objects.update(is_active=False)
    alert = an_alert()
    drain(destination)
    assert create_of(alert).state == DeliveryState.PENDING
    assert sandbox.journal.entries() == []
    Destination.objects.update(is_active=True)
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_the_destination_remembers_how_it_has_been_going(sandbox: Sandbox) -> None:
    destination = held(keys.FULL)
    began = timezone.now()
    sandbox.faults.add("status", status=422, times=1)
    an_alert()
    drain(destination)
    destination.refresh_from_db()
    assert destination.last_error.startswith("HTTP 422")
    assert destination.last_failure_at is not None
    assert destination.last_failure_at >= began
    assert destination.last_success_at is None
    an_alert(asset="another")
    drain(destination)
    destination.refresh_from_db()
    assert destination.last_success_at is not None
    assert destination.last_success_at >= destination.last_failure_at
