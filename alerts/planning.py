"""Plans deliveries, inside the transaction of the event or the click that calls for them."""

import uuid
from collections.abc import Iterable, Sequence

from django.utils import timezone

from alerts import tasks
from alerts.deliveries import NO_INCIDENT, skip
from alerts.messages import close_message, create_message
from alerts.models import Alert, Delivery, DeliveryState, Installation, Lane, Rule
from destinations.messages import Action
from destinations.models import Destination

ENDED_BEFORE = "The alert ended before it was sent."


def plan_creates(alert: Alert, rules: Sequence[Rule]) -> None:
    """One create for each destination that the rules name, if it has none yet."""
    named: dict[Destination, list[str]] = {}
    for rule in rules:
        for destination in rule.destinations.all():
            named.setdefault(destination, []).append(rule.name)
    existing = set(
        Delivery.objects.filter(alert=alert, action=Action.CREATE).values_list(
            "destination_id", flat=True
        )
        if named
        else []
    )
    fresh = {d: names for d, names in named.items() if d.pk not in existing}
    if fresh:
        Delivery.objects.bulk_create(
            _new_create(alert, destination, names) for destination, names in fresh.items()
        )
        ring(fresh)


def plan_closes(alert: Alert) -> None:
    """A close for every create; a create that was never tried is not sent any more."""
    creates = list(Delivery.objects.select_for_update().filter(alert=alert, action=Action.CREATE))
    closes = [_new_close(create, alert) for create in creates]
    if closes:
        Delivery.objects.bulk_create(closes)
        ring(close.destination for close in closes if close.next_attempt_at)


def _new_create(alert: Alert, destination: Destination, rule_names: list[str]) -> Delivery:
    message, blanked = create_message(alert, ", ".join(rule_names), _key(alert, destination))
    return Delivery(
        alert=alert,
        destination=destination,
        action=Action.CREATE,
        event_type=alert.event_type,
        idempotency_key=message.idempotency_key,
        message=message.to_json(),
        blanked=blanked,
        next_attempt_at=timezone.now(),
    )


def _new_close(create: Delivery, alert: Alert) -> Delivery:
    message = close_message(create.message, alert)
    close = Delivery(
        alert=alert,
        destination=create.destination,
        action=Action.CLOSE,
        event_type=alert.event_type,
        idempotency_key=message.idempotency_key,
        message=message.to_json(),
        blanked=create.blanked,
    )
    if create.state == DeliveryState.PENDING and not create.attempt_count:
        skip([create], ENDED_BEFORE)
        close.state, close.reason = DeliveryState.SKIPPED, ENDED_BEFORE
    elif create.external_id:
        close.due_with(create)
    elif create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED):
        close.state, close.reason = DeliveryState.SKIPPED, NO_INCIDENT
    return close


def _key(alert: Alert, destination: Destination) -> str:
    return f"anomalyarmor-{installation_id()}-{alert.pk}-{destination.pk}"


def installation_id() -> uuid.UUID:
    """Names this installation; made by the first migration."""
    return Installation.objects.values_list("pk", flat=True)[0]


def ring(destinations: Iterable[Destination]) -> None:
    """Wakes a worker for the lanes of these destinations, unless one is awake already.

    Rung inside the caller's transaction: the doorbell is there exactly if the delivery is.
    """
    now = timezone.now()
    for destination in destinations:
        lane, _ = Lane.objects.get_or_create(destination=destination)
        tasks.ring(lane, now)
