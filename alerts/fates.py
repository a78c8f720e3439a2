"""What becomes of a delivery after a try: delivered, tried again later, or failed for good."""

import random
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from alerts.models import Delivery, DeliveryState
from destinations.errors import (
    DestinationError,
    NeedsAttention,
    Outcome,
    RateLimited,
    Recorded,
    Retryable,
)
from destinations.http import Exchange
from destinations.messages import Receipt
from destinations.scrubbing import storable

RECORDED_ONLY = "Record only: it was rendered, and not sent."


@dataclass(frozen=True, slots=True)
class Result:
    """What one try of a claimed delivery came to: a receipt, or an error."""

    delivery: Delivery
    started_at: datetime
    duration_ms: int
    receipt: Receipt | None = None
    error: DestinationError | None = None
    exchanges: list[Exchange] = field(default_factory=list)


def fate_of(result: Result, *, is_held: bool = False) -> dict[str, Any]:
    """The new values of the delivery's row. `is_held`: the destination is known to be down, so
    this try was a probe, and is not counted against the delivery."""
    if isinstance(result.error, Recorded):
        return _fate_of_recorded()
    if result.error:
        return _fate_after_error(result.delivery, result.error, is_held)
    return _fate_after_success(result.receipt or Receipt())


def _fate_after_success(receipt: Receipt) -> dict[str, Any]:
    names = ("external_id", "reference", "link")
    told = {name: _fitting(getattr(receipt, name), name) for name in names}
    return {
        "state": DeliveryState.DELIVERED,
        "reason": storable(receipt.note),
        "delivered_at": timezone.now(),
        "next_attempt_at": None,
        "interruptions": 0,
    } | {name: value for name, value in told.items() if value}


def _fate_of_recorded() -> dict[str, Any]:
    return {
        "state": DeliveryState.SKIPPED,
        "reason": RECORDED_ONLY,
        "next_attempt_at": None,
        "interruptions": 0,
    }


def was_recorded(delivery: Delivery) -> bool:
    """Whether it ended in the history of a record-only destination."""
    return delivery.state == DeliveryState.SKIPPED and delivery.reason == RECORDED_ONLY


def _fitting(text: str, column: str) -> str:
    """A stranger's text, as the column can hold it."""
    limit: int = getattr(Delivery._meta.get_field(column), "max_length", 0)
    return storable(text)[:limit]


def _fate_after_error(delivery: Delivery, error: DestinationError, is_held: bool) -> dict[str, Any]:
    if error.outcome == Outcome.INTERRUPTED:
        return _fate_after_interruption(delivery, error)
    failures = delivery.failure_count + 1
    again = _again(error, wait_after(error, failures))
    if isinstance(error, NeedsAttention | RateLimited):
        return again
    if isinstance(error, Retryable) and is_held:
        # Whoever has failed often would come hours after the destination is back.
        return _again(error, min(wait_after(error, failures), settings.HOLD_PAUSE))
    if isinstance(error, Retryable) and failures <= len(settings.RETRY_SCHEDULE):
        return again | {"failure_count": failures}
    tries = f" Given up after {failures} failed tries." if isinstance(error, Retryable) else ""
    return {
        "state": DeliveryState.FAILED,
        "reason": f"{error}{tries}",
        "next_attempt_at": None,
        "failure_count": failures,
        "interruptions": 0,
    }


def _fate_after_interruption(delivery: Delivery, error: DestinationError) -> dict[str, Any]:
    """At once at first, for most workers die of something else; then by the schedule."""
    count = delivery.interruptions + 1
    if count >= settings.INTERRUPTIONS_LIMIT:
        reason = f"{error} Given up after {count} workers stopped while sending it."
        fate: dict[str, Any] = {
            "state": DeliveryState.FAILED,
            "reason": reason,
            "next_attempt_at": None,
        }
    else:
        fate = _again(error, 0.0 if count == 1 else wait_after(error, count - 1))
    if count == 1 and delivery.next_attempt_at:
        fate["next_attempt_at"] = delivery.next_attempt_at  # it keeps its place
    return fate | {"interruptions": count}


def _again(error: DestinationError, seconds: float) -> dict[str, Any]:
    return {
        "state": DeliveryState.PENDING,
        "reason": str(error),
        "next_attempt_at": timezone.now() + timedelta(seconds=seconds),
        "interruptions": 0,
    }


def wait_after(error: DestinationError, failures: int) -> float:
    """Seconds to the next try: what the provider asks for, or the schedule, with jitter."""
    if isinstance(error, RateLimited):
        asked = settings.RATE_LIMIT_PAUSE if error.retry_after is None else error.retry_after
        return min(max(asked, 1.0), settings.RETRY_AFTER_LIMIT)
    if isinstance(error, NeedsAttention):
        return 0.0
    schedule = settings.RETRY_SCHEDULE
    jitter = random.uniform(1 - settings.RETRY_JITTER, 1 + settings.RETRY_JITTER)  # noqa: S311
    return float(schedule[min(failures, len(schedule)) - 1]) * jitter
