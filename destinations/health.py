"""How a destination is doing, out of what its row has on record."""

from django.db import models

from destinations.models import Destination
from destinations.unknown_kinds import ADVICE, SENTENCE


class Health(models.TextChoices):
    HEALTHY = "healthy", "Healthy"
    FAILING = "failing", "Failing"
    NEEDS_ATTENTION = "needs_attention", "Needs attention"
    PAUSED = "paused", "Paused"
    UNREADABLE = "unreadable", "Secret unreadable"
    UNTESTED = "untested", "Never tested"
    UNUSED = "unused", "No deliveries yet"


def health(destination: Destination) -> Health:
    """The state that a person should know of first."""
    if not destination.is_readable():
        return Health.UNREADABLE
    if not destination.is_active:
        return Health.PAUSED
    if destination.attention or not destination.is_known:
        return Health.NEEDS_ATTENTION
    return _by_deliveries(destination)


def _by_deliveries(destination: Destination) -> Health:
    success, failure = destination.last_success_at, destination.last_failure_at
    if failure and (success is None or failure > success):
        return Health.FAILING
    if success:
        return Health.HEALTHY
    return Health.UNUSED if destination.verified_at else Health.UNTESTED


def problem(destination: Destination) -> str:
    """What is wrong, in a sentence; empty if nothing is."""
    if not destination.is_known:
        return f"{SENTENCE.format(destination.kind)} {ADVICE}"
    if destination.attention:
        return destination.attention
    return destination.last_error if _by_deliveries(destination) == Health.FAILING else ""
