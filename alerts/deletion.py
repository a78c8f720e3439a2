"""Deletes a destination: what still waits for it is skipped, and its history stays."""

from django.db import transaction
from django.db.models import QuerySet

from alerts.models import Delivery, DeliveryState
from destinations.messages import Action
from destinations.models import Destination

DELETED = "The destination was deleted."
OPEN_LIMIT = 50


def open_incidents(destination: Destination) -> QuerySet[Delivery]:
    """Creates whose incident is still open as far as we know: their alerts have not ended, or the
    close has not gone through. Of messages, none: they need no ending."""
    if not destination.connector_class.is_lasting:
        return Delivery.objects.none()
    closed = Delivery.objects.filter(
        destination=destination, action=Action.CLOSE, state=DeliveryState.DELIVERED
    )
    return (
        Delivery.objects.filter(destination=destination, action=Action.CREATE)
        .exclude(external_id="")
        .exclude(alert__in=closed.values("alert"))
        .select_related("alert")
        .order_by("-created_at", "-id")
    )


@transaction.atomic
def delete(destination: Destination) -> int:
    """Deletes softly. Returns how many waiting deliveries were skipped."""
    destination.delete_softly()
    return skip_waiting()


def skip_waiting() -> int:
    """Skips all that waits for deleted destinations: also a try that was in flight at the deletion,
    and the close of an alert that ends later. What a digest carries ends with it."""
    return Delivery.objects.filter(
        destination__deleted_at__isnull=False, state=DeliveryState.PENDING, carried_by=None
    ).update(state=DeliveryState.SKIPPED, reason=DELETED, next_attempt_at=None)
