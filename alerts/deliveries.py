"""The state machine of a delivery: planned → claimed → recorded.

    PENDING ──claim──▶ SENDING ──record──▶ DELIVERED
       ▲                  │  ├───────────▶ FAILED     for good, with a reason
       │                  │  └───────────▶ PENDING    with the time of the next try
       └──lease expired───┘
    PENDING ──────────────────────────────▶ SKIPPED   there is nothing to send, with a reason

A close waits (PENDING, not due) until its create has left an incident, or has failed for good.
What a digest carries waits likewise, and ends as the digest does (alerts/carrying.py).
Whoever holds the lease token of a row in SENDING may record it; nobody else.
"""

import itertools
import uuid
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from alerts import carrying, digests, rows, statements
from alerts.fates import Result, fate_of, was_recorded
from alerts.models import Attempt, Delivery, DeliveryState
from destinations.errors import Outcome, Retryable
from destinations.messages import Action
from destinations.models import Destination

NO_INCIDENT = "There is nothing to close: no incident was created."
UNKNOWN_INCIDENT = (
    "Nobody knows whether there is an incident to close: no answer to its create has arrived."
    " Send the create again; then it is closed."
)
INTERRUPTED = Retryable(
    "The worker stopped before the answer was saved.",
    outcome=Outcome.INTERRUPTED,
    advice="It is sent again with the same idempotency key, so no second one is made.",
)
FREE_BATCH = 200


def due(destination: Destination, now: datetime) -> QuerySet[Delivery]:
    """What may be sent now to a destination that nothing holds."""
    return Delivery.objects.filter(
        destination=destination,
        destination__is_active=True,
        destination__attention="",
        state=DeliveryState.PENDING,
        action__in=Action.values,  # the index delivery_next needs it
        next_attempt_at__lte=now,
    )


def claim(
    destination: Destination, token: str, limit: int, *, is_idle: bool = True
) -> list[Delivery]:
    """Takes at most `limit` due deliveries for the holder of `token`, and counts the attempt.

    The count is stored before the call, so a delivery that kills its worker is counted as well.
    Closes come first, and among equals the one that has waited longest. One whose worker has died
    goes alone: only when its lane `is_idle`, and nothing with it. Where digests are due, they are
    made first, and one delivery stands for all that its digest tells.
    """
    now = timezone.now()
    # Reading first: a lane that finds nothing takes no write lock from anybody.
    waiting = statements.due(destination, now, limit)
    if any(is_collected for *_, is_collected in waiting):
        digests.gather(destination.pk)
        now = timezone.now()  # it may have taken seconds, and the lease begins after it
        again = statements.due(destination, now, limit)
        waiting = [row for row in again if not row[2]]
    ids = [row[0] for row in itertools.takewhile(lambda row: not row[1], waiting)]
    if not ids and waiting and is_idle:
        ids = [waiting[0][0]]
    until = now + timedelta(seconds=settings.LEASE)
    return statements.take(destination, ids, token, now, until) if ids else []


def release(deliveries: Iterable[Delivery]) -> None:
    """Claimed deliveries of which nothing was sent go back, as if they had never been taken."""
    for delivery in deliveries:
        _held(delivery).update(
            state=DeliveryState.PENDING,
            lease_token="",
            lease_until=None,
            attempt_count=F("attempt_count") - 1,
        )


def give_back(delivery: Delivery, reason: str) -> None:
    """A claimed delivery turned out to be pointless: skipped, and not counted as an attempt."""
    _held(delivery).update(
        state=DeliveryState.SKIPPED,
        reason=reason,
        next_attempt_at=None,
        attempt_count=F("attempt_count") - 1,
    )


@transaction.atomic
def record(results: Sequence[Result], *, is_held: bool = False) -> list[Result]:
    """Stores what came of claimed deliveries, an attempt row for each. `is_held`: as in fates.

    Returns those that were still ours: a result whose lease has run out in the meantime is
    dropped, because its delivery is somebody else's by now.
    """
    if not results:
        return []
    held = statements.held([result.delivery for result in results])
    ours = [r for r in results if _claim_of(r.delivery) in held]
    statements.settle((result.delivery, fate_of(result, is_held=is_held)) for result in ours)
    rows.insert([_attempt(result) for result in ours])
    for result in ours:
        if result.delivery.digest:
            carrying.end_some(result.delivery.pk)
    settle_closes(
        result.delivery.alert_id for result in ours if result.delivery.action == Action.CREATE
    )
    return ours


def _claim_of(delivery: Delivery) -> tuple[uuid.UUID, str, int]:
    return delivery.pk, delivery.lease_token, delivery.attempt_count


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    pk, token, count = _claim_of(delivery)
    return Delivery.objects.filter(
        pk=pk, state=DeliveryState.SENDING, lease_token=token, attempt_count=count
    )


def _attempt(result: Result) -> Attempt:
    error = result.error
    seen = next((e.status_code for e in reversed(result.exchanges) if e.status_code), None)
    return Attempt(
        delivery_id=result.delivery.pk,
        number=result.delivery.attempt_count,
        is_manual=result.delivery.is_manual,
        started_at=result.started_at,
        duration_ms=result.duration_ms,
        outcome=error.outcome if error else Outcome.SUCCESS,
        status_code=(error.status_code if error else None) or seen,
        error=str(error) if error else "",
        advice=error.advice if error else "",
        request_id=error.request_id if error else "",
        exchanges=[exchange.to_json() for exchange in result.exchanges],
    )


def settle_closes(alert_ids: Iterable[uuid.UUID]) -> int:
    """Lets the waiting closes of these alerts go, or skips them, if their creates have ended."""
    wanted = ("id", "action", "state", "next_attempt_at", "carried_by")
    waiting = [
        delivery.pk
        for delivery in rows.find(Delivery, "alert", alert_ids, only=wanted)
        if delivery.action == Action.CLOSE
        and delivery.state == DeliveryState.PENDING
        and delivery.next_attempt_at is None
        and delivery.carried_by_id is None
    ]
    settled = 0
    for close in Delivery.objects.filter(pk__in=waiting):
        create = Delivery.objects.get(
            alert=close.alert_id, destination=close.destination_id, action=Action.CREATE
        )
        if create.digest_at:
            digests.leave_close(close, create)
        elif create.external_id or was_recorded(create):
            close.due_with(create)
        elif create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED):
            close.state, close.reason = DeliveryState.SKIPPED, without_incident(create)
        else:
            continue
        close.save()
        settled += 1
    return settled


def without_incident(create: Delivery) -> str:
    """Why a create that has ended, with no incident on record, leaves nothing to close."""
    # A refusal is an answer. Tries that were given up may have been carried out, unanswered.
    is_given_up = create.failure_count > len(settings.RETRY_SCHEDULE) or create.interruptions
    is_unknown = create.state == DeliveryState.FAILED and is_given_up
    return UNKNOWN_INCIDENT if is_unknown else NO_INCIDENT


def skip(deliveries: Iterable[Delivery], reason: str) -> int:
    """There is nothing to send. Only what is still pending is skipped."""
    return Delivery.objects.filter(
        pk__in=[delivery.pk for delivery in deliveries], state=DeliveryState.PENDING
    ).update(state=DeliveryState.SKIPPED, reason=reason, next_attempt_at=None)


def free_expired() -> int:
    """Gives back what dead workers held: counted as an interrupted attempt. Returns how many."""
    expired = Delivery.objects.filter(
        state=DeliveryState.SENDING, lease_until__lte=timezone.now()
    ).select_related("alert")[:FREE_BATCH]
    results = [
        Result(delivery, delivery.claimed_at or timezone.now(), 0, error=INTERRUPTED)
        for delivery in expired
    ]
    return len(record(results)) if results else 0
