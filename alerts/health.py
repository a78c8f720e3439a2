"""What results mean beyond their own delivery: for the lane, and for the destination's health."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.utils import timezone

from alerts import rows
from alerts.fates import Result, wait_after
from alerts.models import Lane
from destinations.errors import NeedsAttention, RateLimited, Retryable
from destinations.models import Destination

KEPT_BY_A_DRAIN = ("paused_until", "pause_reason", "failures_in_row", "tokens", "tokens_at")


def note(lane: Lane, results: Sequence[Result]) -> None:
    """Pauses, holds or frees the lane, and keeps the health that the destination's page shows."""
    judge(lane, results)
    save(lane, results)


def judge(lane: Lane, results: Sequence[Result]) -> None:
    """What the results mean for the lane; nothing is saved."""
    for result in results:
        _note_on_lane(lane, result)


def save(lane: Lane, results: Sequence[Result]) -> None:
    """Stores the lane's state and the destination's health."""
    rows.update(Lane, lane.pk, {name: getattr(lane, name) for name in KEPT_BY_A_DRAIN})
    _note_on_destination(lane.destination_id, results)


def _note_on_lane(lane: Lane, result: Result) -> None:
    error = result.error
    if isinstance(error, RateLimited):
        lane.tokens, lane.tokens_at = 0.0, timezone.now()
        _pause(lane, wait_after(error, 0), "The provider asks us to wait.")
    elif isinstance(error, Retryable):
        lane.failures_in_row += 1
        if lane.failures_in_row >= settings.BREAKER_FAILURES:
            reason = f"{lane.failures_in_row} failures in a row; one try a minute until it works."
            _pause(lane, settings.BREAKER_PAUSE, reason)
    else:  # it answered, whatever it said
        if lane.failures_in_row >= settings.BREAKER_FAILURES:
            lane.paused_until, lane.pause_reason = None, ""
        lane.failures_in_row = 0


def _pause(lane: Lane, seconds: float, reason: str) -> None:
    until = timezone.now() + timedelta(seconds=seconds)
    if lane.paused_until is None or until > lane.paused_until:
        lane.paused_until, lane.pause_reason = until, reason


def _note_on_destination(destination_id: UUID, results: Sequence[Result]) -> None:
    """A few columns only: somebody may be editing the row at the same time."""
    last_failure = next((r for r in reversed(results) if r.error), None)
    last_success = next((r for r in reversed(results) if r.receipt), None)
    news: dict[str, Any] = {}
    if last_success:
        news["last_success_at"] = _ended_at(last_success)
    if last_failure:
        news |= {
            "last_failure_at": _ended_at(last_failure),
            "last_error": str(last_failure.error),
        }
    rows.update(Destination, destination_id, news)
    held = next((r for r in results if isinstance(r.error, NeedsAttention)), None)
    if held:
        # A key that was changed after this try started is not to blame for it.
        row = Destination.objects.filter(pk=destination_id)
        row.filter(secrets_changed_at__lte=held.started_at).update(
            attention=str(held.error), attention_at=timezone.now()
        )


def _ended_at(result: Result) -> datetime:
    return result.started_at + timedelta(milliseconds=result.duration_ms)
