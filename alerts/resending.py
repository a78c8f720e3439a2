"""Sending again, by hand: the same idempotency key, so no second incident comes of it.

What a digest has carried is sent again with the whole digest. A create that still waits for one is
sent by itself, and is in no digest then.
"""

from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from alerts import carrying, planning
from alerts.deliveries import NO_INCIDENT, UNKNOWN_INCIDENT
from alerts.models import Activity, Alert, Delivery, DeliveryState, Lane
from destinations.messages import Action

BY_A_DIGEST = "It is told by a digest, and not by itself."


class CannotSend(Exception):
    """Why this delivery cannot be sent, in a sentence."""


@transaction.atomic
def send_again(delivery: Delivery, actor: str) -> Delivery:
    """Makes the delivery due now. One that is being sent, or due already, stays as it is.

    Raises CannotSend. Two people who click at the same time cause one try.
    """
    alert = delivery.alert
    delivery = _locked(delivery.carried_by_id or delivery.pk)
    if delivery.carried_by_id:  # a digest has just taken it up
        delivery = _locked(delivery.carried_by_id)
    if delivery.state == DeliveryState.SENDING:
        return delivery
    if obstacle := why_not(delivery):
        raise CannotSend(obstacle)
    is_due = delivery.next_attempt_at is not None and delivery.next_attempt_at <= timezone.now()
    if not (delivery.state == DeliveryState.PENDING and is_due):
        _make_due(delivery)
        _note(alert, delivery, actor)
    _try_now_in_spite_of_the_breaker(delivery)
    planning.ring([delivery.destination_id])
    return delivery


def _locked(pk: UUID) -> Delivery:
    rows = Delivery.objects.select_for_update(of=("self",))
    return rows.select_related("alert", "destination").get(pk=pk)


def _try_now_in_spite_of_the_breaker(delivery: Delivery) -> None:
    """A person knows something that the breaker does not. A provider's own wait still holds."""
    Lane.objects.filter(
        destination=delivery.destination_id, failures_in_row__gte=settings.BREAKER_FAILURES
    ).update(paused_until=None, pause_reason="")


def _make_due(delivery: Delivery) -> None:
    delivery.state = DeliveryState.PENDING
    delivery.next_attempt_at = timezone.now()
    delivery.failure_count, delivery.interruptions = 0, 0
    delivery.is_manual, delivery.reason = True, ""
    if not delivery.digest:
        delivery.digest_at = None
    delivery.save()
    if delivery.digest:
        carrying.take_up(delivery)
    elif delivery.action == Action.CREATE:
        _let_close_wait(delivery)
        _leave_no_close_to_a_digest(delivery)


def _note(alert: Alert, delivery: Delivery, actor: str) -> None:
    what = "Digest" if delivery.digest else delivery.get_action_display()
    note = f"{what} to {delivery.destination.name}"
    kind = Activity.Kind.SENT_AGAIN
    Activity.objects.create(alert=alert, kind=kind, actor=actor, note=note)


def _let_close_wait(create: Delivery) -> None:
    """A close that was skipped for want of an incident is needed after all, if one comes now."""
    Delivery.objects.filter(
        alert=create.alert_id,
        destination=create.destination_id,
        action=Action.CLOSE,
        state=DeliveryState.SKIPPED,
        reason__in=[NO_INCIDENT, UNKNOWN_INCIDENT],
    ).update(state=DeliveryState.PENDING, reason="")


def _leave_no_close_to_a_digest(create: Delivery) -> None:
    """The end of what is sent alone goes alone, after it."""
    Delivery.objects.filter(
        alert=create.alert_id,
        destination=create.destination_id,
        action=Action.CLOSE,
        state=DeliveryState.PENDING,
        digest_at__isnull=False,
        digest__isnull=True,
        carried_by=None,
    ).update(digest_at=None, next_attempt_at=None)


def why_not(delivery: Delivery) -> str:
    """Why the delivery cannot be sent again; empty if it can."""
    if delivery.destination.deleted_at:
        return "The destination was deleted. Its history stays, but nothing can be sent to it."
    if delivery.digest or delivery.carried_by_id:
        return ""
    if delivery.action == Action.CLOSE and delivery.digest_at:
        return BY_A_DIGEST
    if delivery.action == Action.CLOSE and not _has_incident(delivery):
        return "There is no incident to close yet: send its create first."
    never_sent = delivery.state == DeliveryState.SKIPPED and delivery.action == Action.CREATE
    if never_sent and not delivery.alert.is_open:
        return "The alert has ended, so no incident is opened for it any more."
    return ""


def _has_incident(close: Delivery) -> bool:
    if close.external_id:
        return True
    create = Delivery.objects.filter(
        alert=close.alert_id, destination=close.destination_id, action=Action.CREATE
    ).first()
    if create is None or not create.external_id:
        return False
    close.due_with(create)
    return True
