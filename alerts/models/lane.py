"""The state of the machinery: one lane a destination, the worker's heartbeat, the installation."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import models

from destinations.models import Destination


class Lane(models.Model):
    """All due deliveries of one destination, drained by one worker at a time.

    Its id is the integer that a doorbell carries. Times are the database server's clients' clocks;
    the lease outlasts any sane difference between them.
    """

    destination = models.OneToOneField(Destination, on_delete=models.PROTECT, related_name="lane")
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    rung_at = models.DateTimeField(null=True)
    # Nothing is sent before this time: a 429's wait, or the breaker.
    paused_until = models.DateTimeField(null=True)
    pause_reason = models.TextField(blank=True)
    failures_in_row = models.PositiveIntegerField(default=0)
    # The token bucket: what was left at tokens_at.
    tokens = models.FloatField(null=True)
    tokens_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"lane of {self.destination}"

    def hears_bell(self, now: datetime) -> bool:
        """Whether a doorbell has to be rung: nobody is here, and nobody has been rung for."""
        unanswered = now - timedelta(seconds=settings.DOORBELL_TIMEOUT)
        is_taken = self.lease_until is not None and self.lease_until > now
        return not is_taken and (self.rung_at is None or self.rung_at <= unanswered)


class Heartbeat(models.Model):
    """When a worker last proved, by running a task, that tasks are run."""

    name = models.CharField(max_length=20, primary_key=True)
    asked_at = models.DateTimeField(null=True)
    beaten_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.name} {self.beaten_at}"


class Installation(models.Model):
    """One row that names this installation in idempotency keys, so that two never share one."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)

    def __str__(self) -> str:
        return str(self.pk)
