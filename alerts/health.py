"""What results mean beyond their own delivery: for the lane, and for the destination's health."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone

from alerts import rows
from alerts.fates import Result, wait_after
from alerts.models import Lane
from destinations.errors import Disabled, NeedsAttention, RateLimited, Recorded, Retryable
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


def is_held(lane: Lane) -> bool:
    """Whether the destination is known to be down, by the count of failures and by their time: its
    admins are told, and what waits for it is not given up meanwhile."""
    since = lane.destination.failing_since
    if since is None or lane.failures_in_row < settings.HOLD_FAILURES:
        return False
    return timezone.now() - since >= timedelta(seconds=settings.HOLD_AFTER)


def save(lane: Lane, results: Sequence[Result]) -> None:
    """Stores the lane's state and the destination's health."""
    rows.update(Lane, lane.pk, {name: getattr(lane, name) for name in KEPT_BY_A_DRAIN})
    _note_on_destination(lane.destination, results)


def _note_on_lane(lane: Lane, result: Result) -> None:
    error = result.error
    if isinstance(error, RateLimited):
        lane.tokens, lane.tokens_at = 0.0, timezone.now()
        _pause(lane, wait_after(error, 0), "The provider asks us to wait.")
    elif isinstance(error, Retryable):
        lane.failures_in_row += 1
        if lane.failures_in_row >= settings.BREAKER_FAILURES:
            _pause(lane, *_breaker(lane))
    else:  # it answered, whatever it said
        if lane.failures_in_row >= settings.BREAKER_FAILURES:
            lane.paused_until, lane.pause_reason = None, ""
        lane.failures_in_row = 0


def _breaker(lane: Lane) -> tuple[float, str]:
    failures = f"{lane.failures_in_row} failures in a row"
    if is_held(lane):
        return settings.HOLD_PAUSE, f"{failures}: held, with a try now and then until it works."
    return settings.BREAKER_PAUSE, f"{failures}; one try a minute until it works."


def _pause(lane: Lane, seconds: float, reason: str) -> None:
    until = timezone.now() + timedelta(seconds=seconds)
    if lane.paused_until is None or until > lane.paused_until:
        lane.paused_until, lane.pause_reason = until, reason


def _note_on_destination(destination: Destination, results: Sequence[Result]) -> None:
    """A few columns only: somebody may be editing the row at the same time."""
    failed = [r for r in results if r.error and not isinstance(r.error, Recorded)]
    last_success = next((r for r in reversed(results) if r.receipt), None)
    news: dict[str, Any] = {}
    if last_success:
        news |= {"last_success_at": _ended_at(last_success), "failing_since": None}
    if failed:
        news |= {"last_failure_at": _ended_at(failed[-1]), "last_error": str(failed[-1].error)}
    if failed and not last_success and destination.failing_since is None:
        news["failing_since"] = failed[0].started_at
    rows.update(Destination, destination.pk, news)
    destination.failing_since = news.get("failing_since", destination.failing_since)
    held = next((r for r in failed if isinstance(r.error, NeedsAttention)), None)
    if held:
        _hold(destination, held)


def _hold(destination: Destination, held: Result) -> None:
    # A key that was changed after this try started is not to blame for it.
    row = Destination.objects.filter(pk=destination.pk, secrets_changed_at__lte=held.started_at)
    news: dict[str, Any] = {"attention": str(held.error), "attention_at": timezone.now()}
    if isinstance(held.error, Disabled):
        news["is_active"] = False
    row.update(**news)


def _ended_at(result: Result) -> datetime:
    return result.started_at + timedelta(milliseconds=result.duration_ms)
