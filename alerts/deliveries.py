"""The state machine of a delivery: planned → claimed → recorded.

    PENDING ──claim──▶ SENDING ──record──▶ DELIVERED
       ▲                  │  ├───────────▶ FAILED     for good, with a reason
       │                  │  └───────────▶ PENDING    with the time of the next try
       └──lease expired───┘
    PENDING ──────────────────────────────▶ SKIPPED   there is nothing to send, with a reason

A close waits (PENDING, not due) until its create has left an incident, or has failed for good.
Whoever holds the lease token of a row in SENDING may record it; nobody else.
"""

import random
import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone

from alerts import statements
from alerts.models import Delivery, DeliveryState
from destinations.errors import (
    DestinationError,
    NeedsAttention,
    Outcome,
    RateLimited,
    Retryable,
)
from destinations.http import Exchange
from destinations.messages import Action, Receipt
from destinations.models import Destination
from destinations.scrubbing import storable

NO_INCIDENT = "There is nothing to close: no incident was created."
INTERRUPTED = Retryable(
    "The worker stopped before the answer was saved.",
    outcome=Outcome.INTERRUPTED,
    advice="It is sent again with the same idempotency key, so no second one is made.",
)
FREE_BATCH = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What one try of a claimed delivery came to: a receipt, or an error."""

    delivery: Delivery
    started_at: datetime
    duration_ms: int
    receipt: Receipt | None = None
    error: DestinationError | None = None
    exchanges: list[Exchange] = field(default_factory=list)


def due(destination: Destination, now: datetime) -> QuerySet[Delivery]:
    """What may be sent now to a destination that nothing holds."""
    return Delivery.objects.filter(
        destination=destination,
        destination__is_active=True,
        destination__attention="",
        state=DeliveryState.PENDING,
        next_attempt_at__lte=now,
    )


def claim(destination: Destination, token: str, limit: int) -> list[Delivery]:
    """Takes at most `limit` due deliveries for the holder of `token`, and counts the attempt.

    The count is stored before the call, so a delivery that kills its worker is counted as well.
    Closes come first, and among equals the one that has waited longest.
    """
    now = timezone.now()
    # Reading first: a lane that finds nothing takes no write lock from anybody.
    ids = statements.due_ids(destination, now, limit)
    if not ids:
        return []
    until = now + timedelta(seconds=settings.LEASE)
    return statements.take(destination, ids, token, now, until)


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
def record(results: Sequence[Result]) -> list[Result]:
    """Stores what came of claimed deliveries, an attempt row for each.

    Returns those that were still ours: a result whose lease has run out in the meantime is
    dropped, because its delivery is somebody else's by now.
    """
    held = statements.held([result.delivery for result in results])
    ours = [r for r in results if (r.delivery.pk, r.delivery.lease_token) in held]
    statements.settle((result.delivery, _fate(result)) for result in ours)
    statements.note([_attempt(result) for result in ours])
    settle_closes(
        result.delivery.alert_id for result in ours if result.delivery.action == Action.CREATE
    )
    return ours


def _held(delivery: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(
        pk=delivery.pk, state=DeliveryState.SENDING, lease_token=delivery.lease_token
    )


def _fate(result: Result) -> dict[str, Any]:
    """The row's new values."""
    if result.error:
        return _fate_after_error(result.delivery, result.error)
    return _fate_after_success(result.receipt or Receipt())


def _fate_after_success(receipt: Receipt) -> dict[str, Any]:
    names = ("external_id", "reference", "link")
    told = {name: _fitting(getattr(receipt, name), name) for name in names}
    return {
        "state": DeliveryState.DELIVERED,
        "reason": storable(receipt.note),
        "delivered_at": timezone.now(),
        "next_attempt_at": None,
    } | {name: value for name, value in told.items() if value}


def _fitting(text: str, column: str) -> str:
    """A stranger's text, as the column can hold it."""
    limit: int = getattr(Delivery._meta.get_field(column), "max_length", 0)
    return storable(text)[:limit]


def _fate_after_error(delivery: Delivery, error: DestinationError) -> dict[str, Any]:
    failures = delivery.failure_count + 1
    wait = timedelta(seconds=wait_after(error, failures))
    again = {
        "state": DeliveryState.PENDING,
        "reason": str(error),
        "next_attempt_at": timezone.now() + wait,
    }
    if isinstance(error, NeedsAttention | RateLimited):
        return again
    if isinstance(error, Retryable) and failures <= len(settings.RETRY_SCHEDULE):
        return again | {"failure_count": failures}
    tries = f" Given up after {failures} failed tries." if isinstance(error, Retryable) else ""
    return {
        "state": DeliveryState.FAILED,
        "reason": f"{error}{tries}",
        "next_attempt_at": None,
        "failure_count": failures,
    }


def wait_after(error: DestinationError, failures: int) -> float:
    """Seconds to the next try: what the provider asks for, or the schedule, with jitter."""
    if isinstance(error, RateLimited):
        asked = settings.RATE_LIMIT_PAUSE if error.retry_after is None else error.retry_after
        return min(max(asked, 1.0), settings.RETRY_AFTER_LIMIT)
    if isinstance(error, NeedsAttention) or error.outcome == Outcome.INTERRUPTED:
        return 0.0
    schedule = settings.RETRY_SCHEDULE
    jitter = random.uniform(1 - settings.RETRY_JITTER, 1 + settings.RETRY_JITTER)  # noqa: S311
    return float(schedule[min(failures, len(schedule)) - 1]) * jitter


def _attempt(result: Result) -> dict[str, Any]:
    """The attempt's row."""
    error = result.error
    seen = next((e.status_code for e in reversed(result.exchanges) if e.status_code), None)
    return {
        "delivery": result.delivery.pk,
        "number": result.delivery.attempt_count,
        "is_manual": result.delivery.is_manual,
        "started_at": result.started_at,
        "duration_ms": result.duration_ms,
        "outcome": error.outcome if error else Outcome.SUCCESS,
        "status_code": (error.status_code if error else None) or seen,
        "error": str(error) if error else "",
        "advice": error.advice if error else "",
        "request_id": error.request_id if error else "",
        "exchanges": [exchange.to_json() for exchange in result.exchanges],
    }


def settle_closes(alert_ids: Iterable[uuid.UUID]) -> int:
    """Lets the waiting closes of these alerts go, or skips them, if their creates have ended."""
    waiting = Delivery.objects.filter(
        alert__in=list(alert_ids),
        action=Action.CLOSE,
        state=DeliveryState.PENDING,
        next_attempt_at=None,
    )
    settled = 0
    for close in waiting:
        create = Delivery.objects.get(
            alert=close.alert_id, destination=close.destination_id, action=Action.CREATE
        )
        if create.external_id:
            close.due_with(create)
        elif create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED):
            close.state, close.reason = DeliveryState.SKIPPED, NO_INCIDENT
        else:
            continue
        close.save()
        settled += 1
    return settled


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
