"""Workers that die between two steps of a delivery, and what comes of their last words."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from django.conf import settings
from django.utils import timezone

from alerts import deliveries
from alerts.deliveries import Result
from alerts.models import Attempt, Delivery, DeliveryState, Lane
from alerts.sending import send
from destinations.errors import NeedsAttention
from destinations.messages import Action
from destinations.models import Destination
from tests.machine.world import World

CLAIMED, SENT, SAVED = "claimed", "sent", "saved"
POINTS = (CLAIMED, SENT, SAVED)


class Spoken(Protocol):
    """A destination whose lane a worker takes."""

    pk: uuid.UUID

    def row(self) -> Destination: ...


@dataclass(frozen=True)
class LastWords:
    """What a worker had heard, and never got to record."""

    results: list[Result]


def die(world: World, channel: Spoken, point: str, hand: int) -> LastWords | None:
    """A worker takes the lane and up to `hand` deliveries, gets to `point`, and is gone."""
    token = uuid.uuid4().hex
    if not take_lane(channel, token):
        return None
    claimed = deliveries.claim(channel.row(), token, hand)
    if not claimed or point == CLAIMED:
        return None
    world.a_worker_is_dying = True
    results = list(_send(channel.row(), claimed))
    if point == SENT:
        return LastWords(results)
    deliveries.record(results)
    return None


def _send(destination: Destination, claimed: list[Delivery]) -> Iterator[Result]:
    """As a lane does it. What cannot be sent just stays in the dead worker's hand."""
    try:
        secrets = destination.open_secrets()
    except NeedsAttention:
        return
    for delivery in claimed:
        connector = destination.connector(secrets)
        if not connector.obstacle(Action(delivery.action)):
            yield send(delivery, connector)


def take_lane(channel: Spoken, token: str) -> bool:
    now = timezone.now()
    lane = Lane.objects.filter(destination=channel.pk).first()
    if lane is None or any(
        until and until > now for until in (lane.lease_until, lane.paused_until)
    ):
        return False
    lane.lease_token, lane.lease_until = token, now + timedelta(seconds=settings.LEASE)
    lane.save()
    return True


def speak_late(words: LastWords) -> None:
    """I9: what is recorded under a lease that is over changes nothing at all."""
    stale = [result for result in words.results if not _is_held(result.delivery)]
    ids = [result.delivery.pk for result in stale]
    before = _stored(ids)
    assert deliveries.record(stale) == []
    assert _stored(ids) == before, "a stale holder of a lease has written"


def speak(words: LastWords) -> None:
    """It was only slow: what is still its own is recorded after all."""
    deliveries.record([result for result in words.results if _is_held(result.delivery)])


def _is_held(delivery: Delivery) -> bool:
    return Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.SENDING, lease_token=delivery.lease_token
    ).exists()


def _stored(ids: list[uuid.UUID]) -> list[dict[str, Any]]:
    rows = [Delivery.objects.filter(pk__in=ids), Attempt.objects.filter(delivery__in=ids)]
    # Closes may be touched through their create.
    alerts = rows[0].values("alert")
    siblings = Delivery.objects.filter(alert__in=alerts)
    return [row for query in (*rows, siblings) for row in query.order_by("pk").values()]
