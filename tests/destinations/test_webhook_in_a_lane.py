"""Webhook, from an alert to a receiver: opened once, ended once, and paused for good by 410."""

from collections.abc import Iterator

import pytest
from django.utils import timezone

from alerts import lifecycle
from alerts.models import AlertState, Delivery, DeliveryState
from destinations.connectors.webhook import Webhook
from destinations.models import Destination
from sandbox.receiver import Receiver
from tests.alerts.factories import a_rule, an_alert, close_of, create_of, drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(Webhook.EXAMPLE["signing_secret"]) as running:
        yield running


@pytest.fixture
def hook(receiver: Receiver) -> Destination:
    destination = Destination(kind="webhook", name="Hook")
    destination.set_secret("url", receiver.url)
    destination.set_secret("signing_secret", receiver.secret)
    destination.save()
    a_rule(destination)
    return destination


def test_an_alert_is_told_of_when_it_opens_and_when_it_ends(
    receiver: Receiver, hook: Destination
) -> None:
    alert = an_alert()
    drain(hook)
    lifecycle.end(alert, AlertState.DISMISSED, "ada", "it was planned")
    drain(hook)
    opened, ended = receiver.deliveries
    assert [opened.is_authentic, ended.is_authentic] == [True, True]
    assert opened.payload["event_type"] == "alert.triggered"
    assert ended.payload["event_type"] == "alert.dismissed"
    assert opened.payload["alert"]["id"] == ended.payload["alert"]["id"] == str(alert.pk)
    assert ended.payload["alert"]["reason"] == "it was planned"
    assert (opened.id, ended.id) == (create_of(alert).external_id, close_of(alert).external_id)


def test_another_try_has_the_same_id(receiver: Receiver, hook: Destination) -> None:
    receiver.answer(503, times=1)
    alert = an_alert()
    drain(hook)
    assert create_of(alert).state == DeliveryState.PENDING
    Delivery.objects.update(next_attempt_at=timezone.now())
    drain(hook)
    assert create_of(alert).state == DeliveryState.DELIVERED
    first, second = receiver.deliveries
    assert (first.status, second.status) == (503, 204)
    assert first.id == second.id


def test_410_pauses_the_destination(receiver: Receiver, hook: Destination) -> None:
    receiver.answer(410)
    alert = an_alert()
    drain(hook)
    hook.refresh_from_db()
    assert (hook.is_active, hook.attention) == (False, "HTTP 410: Gone")
    an_alert(asset="shop.public.other")
    drain(hook)
    assert len(receiver.deliveries) == 1
    assert create_of(alert).state == DeliveryState.PENDING
