"""Who must be told: rules, and their verdicts on alerts."""

import uuid

from django.db import models
from django.urls import reverse

from alerts.models.alert import Alert
from destinations.models import Destination


class Rule(models.Model):
    """Which alerts go to which destinations. An empty condition lets everything through."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=100, unique=True)
    is_active = models.BooleanField(default=True)
    event_types = models.JSONField(default=list, blank=True)
    severities = models.JSONField(default=list, blank=True)
    change_types = models.JSONField(default=list, blank=True)
    data_sources = models.JSONField(default=list, blank=True)
    schemas = models.JSONField(default=list, blank=True)
    assets = models.JSONField(default=list, blank=True)
    tags = models.JSONField(default=list, blank=True)
    destinations = models.ManyToManyField(Destination, related_name="rules")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name

    def get_absolute_url(self) -> str:
        return reverse("rule", args=[self.pk])


class Verdict(models.TextChoices):
    MATCHED = "matched", "Matched"
    NOT_MATCHED = "not_matched", "Not matched"
    SUPPRESSED = "suppressed", "Suppressed"


class Match(models.Model):
    """A rule's verdict on an alert, with the reason as it was then."""

    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="matches")
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="matches")
    rule_name = models.CharField(max_length=100)
    verdict = models.CharField(max_length=11, choices=Verdict.choices)
    reason = models.TextField()
    evaluated_at = models.DateTimeField()

    class Meta:
        verbose_name_plural = "matches"
        constraints = [
            models.UniqueConstraint(fields=["alert", "rule"], name="match_once_per_rule")
        ]

    def __str__(self) -> str:
        return f"{self.rule_name}: {self.get_verdict_display()}"
