"""What happened: events, and the alerts that they open, refresh and end."""

import uuid

from django.db import models
from django.urls import reverse

from accounts.models import ApiKey
from alerts.vocabulary import EventType, Severity


class AlertState(models.TextChoices):
    TRIGGERED = "triggered", "Triggered"
    ACKNOWLEDGED = "acknowledged", "Acknowledged"
    SNOOZED = "snoozed", "Snoozed"
    RESOLVED = "resolved", "Resolved"
    DISMISSED = "dismissed", "Dismissed"


OPEN_STATES = (AlertState.TRIGGERED, AlertState.ACKNOWLEDGED, AlertState.SNOOZED)


class Verdict(models.TextChoices):
    """What a rule says of an alert; and what all rules together do: the first of these, in this
    order, that one of them says."""

    MATCHED = "matched", "Matched"
    SUPPRESSED = "suppressed", "Suppressed"
    WAITING = "waiting", "Waiting"
    NOT_MATCHED = "not_matched", "Not matched"


# May still be sent, later.
HELD = (Verdict.SUPPRESSED, Verdict.WAITING)


class Alert(models.Model):
    """One problem while it lasts: all events with one fingerprint until it is ended."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    fingerprint = models.CharField(max_length=64)
    # Equal to the fingerprint while the alert is open, NULL after: the unique constraint on it is
    # what lets 50 equal requests at the same time open one alert.
    open_fingerprint = models.CharField(max_length=64, null=True, unique=True)  # noqa: DJ001
    state = models.CharField(
        max_length=12, choices=AlertState.choices, default=AlertState.TRIGGERED
    )
    event_type = models.CharField(max_length=24, choices=EventType.choices)
    severity = models.CharField(max_length=8, choices=Severity.choices)
    title = models.CharField(max_length=500)
    description = models.TextField(blank=True)
    data_source = models.CharField(max_length=500, blank=True)
    schema = models.CharField(max_length=500, blank=True)
    asset = models.CharField(max_length=500, blank=True)
    asset_id = models.CharField(max_length=500, blank=True)
    changes = models.JSONField(default=list)
    tags = models.JSONField(default=list)
    details = models.JSONField(default=dict)
    count = models.PositiveIntegerField(default=1)
    is_matched = models.BooleanField(default=False)
    # Empty in rows from before it was kept: there, `is_matched` says it.
    verdict = models.CharField(
        max_length=11, choices=Verdict.choices, blank=True, default="", db_default=""
    )
    # It opened and ended too often of late, so it is held open until it settles
    # (alerts/flapping.py). Set while its detector says that it is over: when it then ends.
    is_flapping = models.BooleanField(default=False, db_default=False)
    settles_at = models.DateTimeField(null=True)
    # The storm or group whose summary speaks for this alert (alerts/joining.py).
    part_of = models.ForeignKey(
        "alerts.Storm",
        null=True,
        on_delete=models.SET_NULL,
        related_name="members",
        db_index=False,
    )
    occurred_at = models.DateTimeField()
    last_event_at = models.DateTimeField()
    snoozed_until = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="alert_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="alert_state_newest"),
            models.Index(fields=["severity", "-created_at", "-id"], name="alert_severity_newest"),
            models.Index(fields=["event_type", "-created_at", "-id"], name="alert_type_newest"),
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(ended_at=None),
                name="alert_open_newest",
            ),
            models.Index(
                fields=["asset"], condition=models.Q(ended_at=None), name="alert_open_asset"
            ),
            models.Index(
                fields=["snoozed_until"],
                condition=models.Q(state=AlertState.SNOOZED),
                name="alert_snoozed",
            ),
            models.Index(
                fields=["ended_at"],
                condition=models.Q(ended_at__isnull=False),
                name="alert_ended",
            ),
            models.Index(
                fields=["part_of", "ended_at"],
                condition=models.Q(part_of__isnull=False),
                name="alert_part_of",
            ),
            models.Index(
                fields=["part_of", "-created_at", "-id"],
                condition=models.Q(part_of__isnull=False),
                name="alert_part_newest",
            ),
            models.Index(fields=["fingerprint", "-created_at"], name="alert_episodes"),
            models.Index(
                fields=["verdict", "-created_at", "-id"],
                condition=models.Q(verdict__in=[Verdict.SUPPRESSED, Verdict.WAITING]),
                name="alert_held_newest",
            ),
            models.Index(
                fields=["-created_at", "-id"],
                condition=models.Q(is_matched=False),
                name="alert_unmatched_newest",
            ),
            models.Index(
                fields=["settles_at"],
                condition=models.Q(settles_at__isnull=False),
                name="alert_settles",
            ),
        ]

    def __str__(self) -> str:
        return self.title

    def get_absolute_url(self) -> str:
        return reverse("alert", args=[self.pk])

    @property
    def is_open(self) -> bool:
        return self.state in OPEN_STATES

    @property
    def all_in_all(self) -> Verdict:
        """What the rules do with it, also where only `is_matched` says so: code that knows no
        `verdict` may have written it."""
        if self.is_matched:
            return Verdict.MATCHED
        return Verdict(self.verdict or Verdict.NOT_MATCHED)

    @property
    def asset_name(self) -> str:
        """The asset, or its id where it has no name."""
        return self.asset or self.asset_id


class Event(models.Model):
    """What a detector reported, as it was taken in; never changed."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    api_key = models.ForeignKey(ApiKey, null=True, on_delete=models.SET_NULL, related_name="+")
    # The producer's own id; two producers may use the same one.
    event_id = models.CharField(max_length=500, null=True)  # noqa: DJ001
    alert = models.ForeignKey(
        Alert, null=True, on_delete=models.CASCADE, related_name="events", db_index=False
    )
    status = models.CharField(max_length=9)
    fingerprint = models.CharField(max_length=64)
    body = models.JSONField()
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["api_key", "event_id"], name="event_once_per_producer")
        ]
        indexes = [
            models.Index(fields=["alert", "-received_at"], name="event_alert_newest"),
            models.Index(fields=["received_at"], name="event_received"),
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.received_at:%Y-%m-%d %H:%M:%S}"


class Activity(models.Model):
    """One line of an alert's timeline: who did what, and when."""

    class Kind(models.TextChoices):
        DETECTED = "detected", "Detected"
        ESCALATED = "escalated", "Escalated"
        ACKNOWLEDGED = "acknowledged", "Acknowledged"
        SNOOZED = "snoozed", "Snoozed"
        WOKEN = "woken", "Snooze ended"
        FLAPPING = "flapping", "Flapping"
        SETTLING = "settling", "Reported as over"
        RESOLVED = "resolved", "Resolved"
        DISMISSED = "dismissed", "Dismissed"
        COMMENT = "comment", "Comment"
        SENT_AGAIN = "sent_again", "Sent again"

    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, related_name="activities", db_index=False
    )
    kind = models.CharField(max_length=12, choices=Kind.choices)
    # Empty: the system itself, on an event.
    actor = models.CharField(max_length=150, blank=True)
    note = models.TextField(blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        verbose_name_plural = "activities"
        indexes = [models.Index(fields=["alert", "-created_at"], name="activity_alert_newest")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.actor or 'the system'}"
