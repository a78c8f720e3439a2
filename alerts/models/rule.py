"""Who must be told: rules, and their verdicts on alerts."""

import json
import uuid
import zlib
from datetime import datetime

from django.db import models
from django.urls import reverse
from django.utils import timezone

from alerts.models.alert import Alert, Verdict
from alerts.models.quiet import Schedule, Suppressor
from alerts.vocabulary import Severity
from destinations.models import Destination

NO_LINES = models.Value([], models.JSONField())


class TagMode(models.TextChoices):
    ANY = "any", "One of them is enough"
    ALL = "all", "Every one of them"


class ChangeScope(models.TextChoices):
    """Which schema changes a rule is about."""

    ANY = "any", "Any change"
    BREAKING = "breaking", "Breaking changes only"
    NON_BREAKING = "non_breaking", "Non-breaking changes only"
    CHOSEN = "chosen", "Chosen change types"


class Rule(models.Model):
    """Which alerts go to which destinations. An empty condition lets everything through.

    New columns have a default in the database, for code that does not know them yet.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    description = models.CharField(max_length=500, blank=True, default="", db_default="")
    is_active = models.BooleanField(default=True)
    event_types = models.JSONField(default=list, blank=True)
    severities = models.JSONField(default=list, blank=True)
    min_severity = models.CharField(
        max_length=8, choices=Severity.choices, blank=True, default="", db_default=""
    )
    # Patterns. An alert must fit one of each list, and none of those that exclude.
    data_sources = models.JSONField(default=list, blank=True)
    schemas = models.JSONField(default=list, blank=True)
    assets = models.JSONField(default=list, blank=True)
    exclude_data_sources = models.JSONField(default=list, blank=True, db_default=NO_LINES)
    exclude_schemas = models.JSONField(default=list, blank=True, db_default=NO_LINES)
    exclude_assets = models.JSONField(default=list, blank=True, db_default=NO_LINES)
    asset_ids = models.JSONField(default=list, blank=True, db_default=NO_LINES)
    tags = models.JSONField(default=list, blank=True)
    tag_mode = models.CharField(
        max_length=3, choices=TagMode.choices, default=TagMode.ANY, db_default=TagMode.ANY
    )
    # `change_types` narrows ANY as well: rows from before there was a scope say it so.
    change_scope = models.CharField(
        max_length=12,
        choices=ChangeScope.choices,
        default=ChangeScope.ANY,
        db_default=ChangeScope.ANY,
    )
    change_types = models.JSONField(default=list, blank=True)
    columns = models.JSONField(default=list, blank=True, db_default=NO_LINES)
    # Freshness: how late, beyond the threshold; in minutes, and in percent of the threshold.
    late_minutes = models.PositiveIntegerField(null=True, blank=True)
    over_percent = models.PositiveIntegerField(null=True, blank=True)
    # Told only after so many events, or after so many minutes: either is enough.
    min_events = models.PositiveIntegerField(null=True, blank=True)
    min_minutes = models.PositiveIntegerField(null=True, blank=True)
    schedule = models.ForeignKey(
        Schedule, null=True, blank=True, on_delete=models.PROTECT, related_name="rules"
    )
    cooldown_minutes = models.PositiveIntegerField(null=True, blank=True)
    daily_limit = models.PositiveIntegerField(null=True, blank=True)
    # Whether alerts of one burst share an incident (alerts/groups.py).
    is_grouped = models.BooleanField(default=False, db_default=False)
    destinations = models.ManyToManyField(Destination, related_name="rules")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("rule", args=[self.pk])


class BreakingFlag(models.Model):
    """An admin's own answer to whether a change type is breaking (alerts/vocabulary.py)."""

    change_type = models.CharField(max_length=40, primary_key=True)
    is_breaking = models.BooleanField()
    updated_at = models.DateTimeField(auto_now=True)

    def __str__(self) -> str:
        return f"{self.change_type}: {'breaking' if self.is_breaking else 'not breaking'}"


class Matches(models.QuerySet["Match"]):
    def look_again(self) -> int:
        """Has the sweeper judge these in its next round, where something was suppressed or waited
        for: whatever held it has been changed. Returns how many."""
        return self.filter(look_again_at__isnull=False).update(look_again_at=timezone.now())


class Match(models.Model):
    """A rule's verdict on an alert, with the reason as it was then.

    Rules that did not match are kept in the alert's Explanation: a row for each would be most of
    the database.
    """

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="matches")
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="matches")
    rule_name = models.CharField(max_length=100)
    verdict = models.CharField(max_length=11, choices=Verdict.choices)
    reason = models.TextField()
    # What suppresses it; and until when that or a wait lasts, if that is known.
    suppressor = models.CharField(
        max_length=12, choices=Suppressor.choices, blank=True, default="", db_default=""
    )
    until = models.DateTimeField(null=True)
    # When the sweeper asks the rule again; NULL when there is nothing more to ask.
    look_again_at = models.DateTimeField(null=True)
    evaluated_at = models.DateTimeField()

    objects = Matches.as_manager()

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            models.UniqueConstraint(fields=["alert", "rule"], name="match_once_per_rule")
        ]
        indexes = [
            models.Index(
                fields=["look_again_at"],
                condition=models.Q(look_again_at__isnull=False),
                name="match_look_again",
            ),
            models.Index(fields=["rule", "verdict", "evaluated_at"], name="match_rule_newest"),
        ]

    def __str__(self) -> str:
        return f"{self.rule_name}: {self.get_verdict_display()}"


class Explanation(models.Model):
    """Why the rules that did not match an alert did not, packed: there may be hundreds."""

    alert = models.OneToOneField(
        Alert, on_delete=models.CASCADE, primary_key=True, related_name="explanation"
    )
    packed = models.BinaryField()
    evaluated_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"explanation of {self.alert_id}"

    @classmethod
    def of(
        cls, alert: Alert, passed_over: list[tuple[str, str, str]], at: datetime
    ) -> "Explanation":
        """Not saved yet. `passed_over`: the id, the name and the reason of each rule."""
        packed = zlib.compress(json.dumps(passed_over).encode(), 1) if passed_over else b""
        return cls(alert_id=alert.pk, packed=packed, evaluated_at=at)

    @property
    def passed_over(self) -> list[tuple[str, str, str]]:
        unpacked = json.loads(zlib.decompress(self.packed)) if self.packed else []
        return [(pk, name, why) for pk, name, why in unpacked]
