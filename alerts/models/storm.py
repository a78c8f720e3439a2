"""Storms: too many alerts of one rule in a minute, told as one summary alert."""

from django.db import models

from alerts.models.alert import Alert
from alerts.models.rule import Rule


class Storm(models.Model):
    """The summary of a storm is an alert like any other: this row makes it one.

    Its members are alerts, too (`Alert.part_of`): visible, and handled one by one if need be.
    """

    alert = models.OneToOneField(
        Alert, on_delete=models.CASCADE, primary_key=True, related_name="storm"
    )
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="storms")
    # What makes alerts one burst (alerts/groups.py); empty: the storm brake opened it.
    burst = models.CharField(max_length=64, blank=True, default="", db_default="")
    # When the last member came; after some quiet the next one opens a new storm.
    joined_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["burst", "-joined_at"], condition=~models.Q(burst=""), name="storm_burst"
            )
        ]

    def __str__(self) -> str:
        return self.alert.title
