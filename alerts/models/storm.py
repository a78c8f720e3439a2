"""Storms and groups: many alerts that are told as one, by a summary alert."""

from django.db import models

from alerts.models.alert import Alert
from alerts.models.rule import Rule


class Storm(models.Model):
    """The summary of a storm or a group is an alert like any other: this row makes it one.

    Its members are alerts, too (`Alert.part_of`): visible, and handled one by one if need be.
    """

    alert = models.OneToOneField(
        Alert, on_delete=models.CASCADE, primary_key=True, related_name="storm"
    )
    # The one whose brake opened the storm; a group is of all rules.
    rule = models.ForeignKey(Rule, null=True, on_delete=models.SET_NULL, related_name="storms")
    # What makes alerts one burst (alerts/groups.py); empty: the storm brake opened it.
    burst = models.CharField(max_length=64, blank=True, default="", db_default="")
    # Of a storm: when the last member came; after some quiet the next one opens a new storm. Of a
    # group: when it opened.
    joined_at = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(
                fields=["burst", "-joined_at"], condition=~models.Q(burst=""), name="storm_burst"
            )
        ]

    def __str__(self) -> str:
        return self.alert.title

    @property
    def kind(self) -> str:
        """What people call it."""
        return "group" if self.burst else "storm"

    @property
    def open_count(self) -> int:
        """Members that have not ended."""
        return self.members.filter(ended_at=None).count()

    @property
    def ended_count(self) -> int:
        return self.members.filter(ended_at__isnull=False).count()


class Look(models.Model):
    """That the sweeper has to look at a storm or group, once this is due (alerts/looks.py)."""

    # No foreign key: nobody waits for the row of a storm, and what is gone needs no look.
    storm_id = models.UUIDField()
    due_at = models.DateTimeField(db_index=True)

    def __str__(self) -> str:
        return f"{self.storm_id} at {self.due_at:%Y-%m-%d %H:%M:%S}"
