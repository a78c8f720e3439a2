"""What became of it: deliveries, and every attempt at them."""

import uuid

from django.db import models
from django.urls import reverse
from django.utils import timezone

from alerts.models.alert import Alert
from alerts.vocabulary import EventType
from destinations.errors import Outcome
from destinations.messages import Action
from destinations.models import Destination


class DeliveryState(models.TextChoices):
    PENDING = "pending", "Pending"
    SENDING = "sending", "Sending"
    DELIVERED = "delivered", "Delivered"
    FAILED = "failed", "Failed"
    SKIPPED = "skipped", "Skipped"


class Delivery(models.Model):
    """One thing to ask of one destination for one alert. The row is there before any call."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    alert = models.ForeignKey(Alert, on_delete=models.PROTECT, related_name="deliveries")
    destination = models.ForeignKey(
        Destination, on_delete=models.PROTECT, related_name="deliveries", db_index=False
    )
    action = models.CharField(max_length=6, choices=Action.choices)
    state = models.CharField(
        max_length=9, choices=DeliveryState.choices, default=DeliveryState.PENDING
    )
    # Why it was skipped, failed, or waits.
    reason = models.TextField(blank=True)
    # Copied from the alert, so that the history filters on it by an index.
    event_type = models.CharField(max_length=24, choices=EventType.choices)
    idempotency_key = models.CharField(max_length=200, unique=True)
    # The message as it was first planned (destinations/messages.py): every try says the same.
    message = models.JSONField()
    blanked = models.PositiveIntegerField(default=0)
    # Claims, counted before the call; of these, failures are what the retry schedule counts.
    attempt_count = models.PositiveIntegerField(default=0)
    failure_count = models.PositiveIntegerField(default=0)
    # Tries in a row whose worker died: from the first on it is sent alone, lest it takes others
    # with it.
    interruptions = models.PositiveSmallIntegerField(default=0, db_default=0)
    # NULL: not due until something else happens (a close waits for its create).
    next_attempt_at = models.DateTimeField(null=True)
    is_manual = models.BooleanField(default=False)
    # Told by a digest (alerts/digests.py): when that is due, or was made. NULL: by itself.
    digest_at = models.DateTimeField(null=True, editable=False)
    # The digest (destinations/messages.py), of the delivery that is sent for all it tells; and that
    # delivery, of all others.
    digest = models.JSONField(null=True, editable=False)
    carried_by = models.ForeignKey(
        "self",
        null=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="carried",
        db_index=False,
    )
    # The rule that let a create through: what its storm brake counts (alerts/storms.py).
    passed_by = models.UUIDField(null=True, editable=False)
    lease_token = models.CharField(max_length=32, blank=True)
    lease_until = models.DateTimeField(null=True)
    claimed_at = models.DateTimeField(null=True)
    external_id = models.CharField(max_length=200, blank=True)
    reference = models.CharField(max_length=200, blank=True)
    link = models.URLField(max_length=500, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "deliveries"
        constraints = [
            models.UniqueConstraint(
                fields=["alert", "destination", "action"], name="delivery_once_per_action"
            )
        ]
        indexes = [
            models.Index(fields=["-created_at", "-id"], name="delivery_newest"),
            models.Index(fields=["destination", "-created_at", "-id"], name="delivery_dest_newest"),
            models.Index(fields=["state", "-created_at", "-id"], name="delivery_state_newest"),
            models.Index(fields=["action", "-created_at", "-id"], name="delivery_action_newest"),
            models.Index(fields=["event_type", "-created_at", "-id"], name="delivery_type_newest"),
            models.Index(
                fields=["destination", "action", "next_attempt_at"],
                condition=models.Q(state=DeliveryState.PENDING),
                name="delivery_next",
            ),
            models.Index(
                fields=["passed_by", "destination", "created_at"],
                condition=models.Q(passed_by__isnull=False),
                name="delivery_passed",
            ),
            models.Index(
                fields=["lease_until"],
                condition=models.Q(state=DeliveryState.SENDING),
                name="delivery_leased",
            ),
            models.Index(
                fields=["destination", "digest_at"],
                condition=models.Q(digest__isnull=False),
                name="delivery_digests",
            ),
            models.Index(
                fields=["carried_by"],
                condition=models.Q(carried_by__isnull=False),
                name="delivery_carried",
            ),
            models.Index(
                fields=["state", "carried_by"],
                condition=models.Q(carried_by__isnull=False),
                name="delivery_unfinished",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.action} {self.reference or self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("delivery", args=[self.pk])

    def due_with(self, create: "Delivery") -> None:
        """This close is due (not saved), for what `create` has left at the destination."""
        self.external_id, self.reference, self.link = (
            create.external_id,
            create.reference,
            create.link,
        )
        self.next_attempt_at = timezone.now()


class Attempt(models.Model):
    """One try of a delivery; never changed."""

    delivery = models.ForeignKey(
        Delivery, on_delete=models.CASCADE, related_name="attempts", db_index=False
    )
    number = models.PositiveIntegerField()
    is_manual = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    duration_ms = models.PositiveIntegerField(default=0)
    outcome = models.CharField(max_length=20, choices=Outcome.choices)
    status_code = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True)
    advice = models.TextField(blank=True)
    request_id = models.CharField(max_length=100, blank=True)
    # Redacted, without headers: [{"method", "url", "body", "status_code", "answer", "duration_ms"}]
    exchanges = models.JSONField(default=list)

    class Meta:
        ordering = ["number"]
        constraints = [
            models.UniqueConstraint(fields=["delivery", "number"], name="attempt_number_once")
        ]

    def __str__(self) -> str:
        return f"Attempt {self.number}: {self.get_outcome_display()}"
