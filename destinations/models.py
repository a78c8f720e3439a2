"""Destinations: a kind, plain config, sealed secrets, and how it has been going."""

import uuid
from collections.abc import Mapping

from django.contrib.auth.models import AbstractBaseUser
from django.db import models
from django.utils import timezone

from destinations import connectors, outbound, unknown_kinds
from destinations.connectors import Connector
from destinations.crypto import SecretUnreadable, key_ring
from destinations.errors import NeedsAttention, Outcome
from destinations.http import Door

# Needed to change destinations and rules; reading them needs a login only.
ALERT_CONFIGURATION = "destinations.alert_configuration"
HINT_LENGTH = 4
# A hint is only given where it tells an attacker next to nothing.
HINT_MIN_SECRET = 20


class DestinationQuerySet(models.QuerySet["Destination"]):
    def alive(self) -> "DestinationQuerySet":
        """Those that were not deleted."""
        return self.filter(deleted_at=None)


class Destination(models.Model):
    """Where we can speak to. Deleted ones stay as rows, so that history keeps their names."""

    # Made before the first save: the secrets are sealed for this id.
    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    kind = models.CharField(max_length=40, choices=connectors.choices)
    name = models.CharField(max_length=100)
    config = models.JSONField(default=dict, blank=True)
    # {"api_key": {"sealed": "v1:…", "hint": "x4f2", "set_at": "…", "set_by": "ada"}}
    secrets = models.JSONField(default=dict, blank=True, editable=False)
    is_active = models.BooleanField(default=True, help_text="Paused destinations keep their queue.")
    is_record_only = models.BooleanField(
        "record only", default=False, db_default=False, help_text="Rendered and kept, never sent."
    )
    secrets_changed_at = models.DateTimeField(default=timezone.now, editable=False)
    # Why nothing is sent until a person has acted; empty if all is well.
    attention = models.TextField(blank=True, editable=False)
    attention_at = models.DateTimeField(null=True, editable=False)
    verified_at = models.DateTimeField(null=True, editable=False)
    last_success_at = models.DateTimeField(null=True, editable=False)
    last_failure_at = models.DateTimeField(null=True, editable=False)
    last_error = models.TextField(blank=True, editable=False)
    # The first of the failures since the last success; and when the admins were told of it, or may
    # be told (alerts/notices.py).
    failing_since = models.DateTimeField(null=True, editable=False)
    told_at = models.DateTimeField(null=True, editable=False)
    tell_after = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects = DestinationQuerySet.as_manager()

    class Meta:
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(
                fields=["name"],
                condition=models.Q(deleted_at=None),
                name="destination_name_unique",
                violation_error_message="There is already a destination with this name.",
            )
        ]
        permissions = [("alert_configuration", "Alert configuration")]

    def __str__(self) -> str:
        return self.name

    @property
    def connector_class(self) -> type[Connector]:
        return connectors.registry.get(self.kind) or unknown_kinds.stand_in(self.kind)

    @property
    def is_known(self) -> bool:
        """Whether this version has its kind. A newer one may have made it, before a downgrade."""
        return self.kind in connectors.registry

    def set_secret(self, field: str, plaintext: str, by: AbstractBaseUser | None = None) -> None:
        """Seals `plaintext` into the row (not saved), and takes away the need for attention."""
        self.secrets[field] = {
            "sealed": key_ring().seal(plaintext, self._context(field)),
            "hint": _hint(plaintext),
            "set_at": timezone.now().isoformat(),
            "set_by": by.get_username() if by else "",
        }
        self.set_right()

    def set_right(self) -> None:
        """Somebody has changed what may have been wrong (not saved): it is tried again."""
        self.attention, self.attention_at = "", None
        self.secrets_changed_at = timezone.now()

    def unseal(self, field: str) -> str:
        """The secret in clear; empty if none is set. Raises SecretUnreadable."""
        stored = self.secrets.get(field)
        return key_ring().unseal(stored["sealed"], self._context(field)) if stored else ""

    def reseal(self, field: str) -> bool:
        """Seals a secret anew with the first key (not saved). False if it already is."""
        if key_ring().is_current(self.secrets[field]["sealed"]):
            return False
        plaintext = self.unseal(field)
        self.secrets[field]["sealed"] = key_ring().seal(plaintext, self._context(field))
        return True

    def open_secrets(self) -> dict[str, str]:
        """All secrets in clear. Raises NeedsAttention with the outcome `secret_unreadable`."""
        try:
            return {field: self.unseal(field) for field in self.secrets}
        except SecretUnreadable as error:
            raise NeedsAttention(
                f"The stored key cannot be read: {error}.",
                outcome=Outcome.SECRET_UNREADABLE,
                advice="Enter the key again, or bring back the encryption key that sealed it.",
            ) from None

    def is_readable(self) -> bool:
        """Whether every secret opens with the keys of today."""
        try:
            self.open_secrets()
        except NeedsAttention:
            return False
        return True

    def connector(self, secrets: Mapping[str, str] | None = None) -> Connector:
        """The connector, ready to speak, with the secrets that somebody has opened already or else
        opens them. Raises NeedsAttention if a secret cannot be read."""
        opened = self.open_secrets() if secrets is None else secrets
        door = Door(opened.values(), is_recording=self.is_record_only)
        return self.connector_class(self.config, opened, door)

    def verified(self) -> None:
        """A test succeeded: whatever held the destination is over."""
        self.attention, self.attention_at, self.verified_at = "", None, timezone.now()
        self.save(update_fields=["attention", "attention_at", "verified_at"])

    def delete_softly(self) -> None:
        """Forgets the secrets, and keeps the row for the history."""
        self.secrets, self.is_active, self.deleted_at = {}, False, timezone.now()
        self.save(update_fields=["secrets", "is_active", "deleted_at"])

    def _context(self, field: str) -> str:
        return f"armor_incidents:destination:{self.pk}:{field}:v1"


def _hint(secret: str) -> str:
    """By what people tell one secret from another: its end, or the origin of an address."""
    if secret.startswith(("https://", "http://")):
        return outbound.origin(secret)
    return secret[-HINT_LENGTH:] if len(secret) >= HINT_MIN_SECRET else ""
