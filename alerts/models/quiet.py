"""When nobody is to be told: operating schedules, blackouts, and what was suppressed in them."""

import uuid

from django.db import models
from django.urls import reverse

from alerts.models.alert import Alert


class Suppressor(models.TextChoices):
    """What holds an alert back. The order is that in which they are asked."""

    SNOOZE = "snooze", "Snooze"
    SCHEDULE = "schedule", "Operating schedule"
    BLACKOUT = "blackout", "Blackout"
    COOLDOWN = "cooldown", "Cooldown"
    DAILY_LIMIT = "daily_limit", "Daily limit"


class Schedule(models.Model):
    """The hours in which rules that name it may open incidents (alerts/schedules.py)."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    zone = models.CharField(max_length=64, default="UTC")  # an IANA name
    # [{"days": [1, 2, …], "start": "08:00", "end": "18:00"}]: 1 is Monday; open in any of them.
    windows = models.JSONField(default=list)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("schedule", args=[self.pk])


class Blackout(models.Model):
    """A planned time in which no incident is opened (alerts/blackouts.py).

    Its first occurrence is written as the clocks of its zone show it, so that one which recurs
    keeps its hour when they change. The patterns narrow what it holds back; empty: everything.
    """

    class Recurrence(models.TextChoices):
        ONCE = "once", "Once"
        WEEKLY = "weekly", "Every week"
        YEARLY = "yearly", "Every year"

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100)
    is_active = models.BooleanField(default=True)
    recurrence = models.CharField(max_length=6, choices=Recurrence.choices, default=Recurrence.ONCE)
    zone = models.CharField(max_length=64, default="UTC")  # an IANA name
    start_date = models.DateField()
    start_time = models.TimeField()
    end_date = models.DateField()
    end_time = models.TimeField()
    data_sources = models.JSONField(default=list, blank=True)
    schemas = models.JSONField(default=list, blank=True)
    assets = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("blackout", args=[self.pk])


class QuietWindow(models.Model):
    """One time in which a schedule or a blackout held something back; made by the first alert."""

    kind = models.CharField(max_length=12, choices=Suppressor.choices)
    schedule = models.ForeignKey(Schedule, null=True, on_delete=models.SET_NULL, db_index=False)
    blackout = models.ForeignKey(Blackout, null=True, on_delete=models.SET_NULL, db_index=False)
    name = models.CharField(max_length=100)  # of the schedule or blackout, as it was then
    # What makes it one: kind, whose, and until when.
    key = models.CharField(max_length=100, unique=True)
    began_at = models.DateTimeField()  # when it first held something back
    ends_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["-ends_at"], name="window_latest")]

    def __str__(self) -> str:
        return f"{self.name} until {self.ends_at:%Y-%m-%d %H:%M}"


class Suppression(models.Model):
    """One alert that a rule wanted and something held back; stays when it is sent later."""

    alert = models.ForeignKey(
        Alert, on_delete=models.CASCADE, related_name="suppressions", db_index=False
    )
    rule = models.ForeignKey("alerts.Rule", null=True, on_delete=models.SET_NULL)
    rule_name = models.CharField(max_length=100)
    kind = models.CharField(max_length=12, choices=Suppressor.choices)
    window = models.ForeignKey(
        QuietWindow,
        null=True,
        on_delete=models.SET_NULL,
        related_name="suppressions",
        db_index=False,
    )
    until = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "rule", "kind", "until"], name="suppression_once"
            )
        ]
        indexes = [
            models.Index(
                fields=["window", "-created_at"],
                condition=models.Q(window__isnull=False),
                name="suppression_window",
            )
        ]

    def __str__(self) -> str:
        return f"{self.rule_name}: {self.get_kind_display()}"


class Cooldown(models.Model):
    """When a rule last took an alert of an asset. Only rules with a cooldown have these rows."""

    rule = models.ForeignKey("alerts.Rule", on_delete=models.CASCADE, db_index=False)
    asset = models.CharField(max_length=64)  # a hash: names may be longer than an index takes
    taken_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "asset"], name="cooldown_once")]
        indexes = [models.Index(fields=["taken_at"], name="cooldown_oldest")]

    def __str__(self) -> str:
        return f"cooldown since {self.taken_at:%Y-%m-%d %H:%M}"


class DailyCount(models.Model):
    """How many alerts a rule has taken on a day. Only rules with a limit have these rows."""

    rule = models.ForeignKey("alerts.Rule", on_delete=models.CASCADE, db_index=False)
    day = models.DateField()
    taken = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "day"], name="daily_count_once")]
        indexes = [models.Index(fields=["day"], name="daily_count_oldest")]

    def __str__(self) -> str:
        return f"{self.taken} on {self.day}"
