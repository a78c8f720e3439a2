"""Plans deliveries, inside the transaction of the event or the click that calls for them."""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from alerts import digests, rows, tasks
from alerts.deliveries import skip, without_incident
from alerts.fates import was_recorded
from alerts.messages import close_message, create_message
from alerts.models import Alert, Delivery, DeliveryState, Installation, Lane
from alerts.vocabulary import BREAKING
from destinations.messages import Action

ENDED_BEFORE = "The alert ended before it was sent."


def new_create(
    alert: Alert,
    destination_id: UUID,
    rule_names: Sequence[str],
    *,
    passed_by: UUID | None = None,
    due_at: datetime | None = None,
    digest_at: datetime | None = None,
    installation: UUID | None = None,
    breaking: Collection[str] = BREAKING,
) -> Delivery:
    """A create, not saved yet. It is due at once, unless `due_at` says when, or `digest_at` leaves
    it to a digest; who plans many looks up the `installation`, and what is `breaking`, once."""
    key = f"anomalyarmor-{installation or installation_id()}-{alert.pk}-{destination_id}"
    message, blanked = create_message(alert, ", ".join(rule_names), key, breaking)
    return Delivery(
        alert_id=alert.pk,
        destination_id=destination_id,
        action=Action.CREATE,
        event_type=alert.event_type,
        idempotency_key=key,
        message=message.to_json(),
        blanked=blanked,
        passed_by=passed_by,
        digest_at=digest_at,
        next_attempt_at=digest_at or due_at or timezone.now(),
    )


def plan_closes(alert: Alert, ended_by: str = "", note: str = "") -> None:
    """A close for every create; a create that was never tried is not sent any more, unless a digest
    tells of both. It says who ended the alert (empty: the detector) and why."""
    creates = list(Delivery.objects.select_for_update().filter(alert=alert, action=Action.CREATE))
    closes = [_new_close(create, alert, ended_by, note) for create in creates]
    rows.insert(closes)
    now = timezone.now()
    ring(
        close.destination_id
        for close in closes
        if close.next_attempt_at and close.next_attempt_at <= now
    )


def _new_close(create: Delivery, alert: Alert, ended_by: str, note: str) -> Delivery:
    message = close_message(create.message, alert, ended_by, note)
    close = Delivery(
        alert=alert,
        destination_id=create.destination_id,
        action=Action.CLOSE,
        event_type=alert.event_type,
        idempotency_key=message.idempotency_key,
        message=message.to_json(),
        blanked=create.blanked,
    )
    if create.digest_at:
        digests.leave_close(close, create)
    elif create.state == DeliveryState.PENDING and not create.attempt_count:
        skip([create], ENDED_BEFORE)
        close.state, close.reason = DeliveryState.SKIPPED, ENDED_BEFORE
    elif create.external_id or was_recorded(create):
        close.due_with(create)
    elif create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED):
        close.state, close.reason = DeliveryState.SKIPPED, without_incident(create)
    return close


def installation_id() -> uuid.UUID:
    """Names this installation; made by the first migration."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT id FROM alerts_installation")
        pk: UUID = Installation._meta.pk.to_python(cursor.fetchone()[0])
        return pk


def ring(destination_ids: Iterable[UUID]) -> None:
    """Wakes a worker for the lanes of these destinations, unless one is awake already.

    Rung inside the caller's transaction: the doorbell is there exactly if the delivery is.
    """
    now = timezone.now()
    for lane in lanes_of(destination_ids):
        # Looking first spares the lane's row a lock with every event.
        if lane.hears_bell(now):
            tasks.ring(lane, now)


def lanes_of(destination_ids: Iterable[UUID]) -> list[Lane]:
    """Their lanes. One that is missing is made, so that the sweeper can ring for it."""
    ids = set(destination_ids)
    lanes = rows.find(Lane, "destination", ids)
    for missing in ids - {lane.destination_id for lane in lanes}:
        lanes.append(Lane.objects.get_or_create(destination_id=missing)[0])
    return lanes
