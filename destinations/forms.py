"""One form for every kind of destination: its name, and the fields of its connector."""

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone

from destinations import drafts
from destinations.connectors import Connector
from destinations.connectors.base import ConnectorForm, SecretField
from destinations.crypto import SecretUnreadable
from destinations.http import Door
from destinations.models import Destination

NAME_TAKEN = "There is already a destination with this name."
TESTED = "tested"
OPTIONAL = " (optional)"  # ends the label of a field, and is left out where nothing is asked


class DestinationForm(ConnectorForm):
    """What all kinds share. A secret is what was typed, else a draft of it, else the stored one."""

    field_order = ["name"]

    name = forms.CharField(max_length=100, help_text="How rules and the history call it.")

    def __init__(
        self, destination: Destination, user: AbstractBaseUser, data: QueryDict | None = None
    ) -> None:
        self.destination, self.user = destination, user
        self.is_new = destination._state.adding
        # Secrets that came with this request, typed or drafted: these are not stored yet.
        self.entered: dict[str, str] = {}
        values = {**destination.config, "name": destination.name}
        super().__init__(data, initial=values, label_suffix="")
        for name, field in self.fields.items():
            if isinstance(field, SecretField):
                # After a test htmx renews the fields; what was typed here must outlive that.
                field.widget.attrs["hx-preserve"] = "true"
                field.help_text = f"{field.help_text} {self._what_is_stored(name)}".strip()
            elif isinstance(field.widget, forms.TextInput) and name != "name":
                field.widget.attrs["list"] = f"{name}-choices"

    def _what_is_stored(self, name: str) -> str:
        when = _set_when(self.destination, name)
        readable = self.destination.is_readable()
        what_now = "Leave it empty to keep it." if readable else "It must be entered again."
        return f"{when} {what_now}" if when else ""

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Destination.objects.alive().exclude(pk=self.destination.pk)
        if others.filter(name=name).exists():
            raise ValidationError(NAME_TAKEN)
        return name

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.secret_names():
            if name not in self.errors:
                cleaned[name] = self._entered(name) or self._stored(name)
        return cleaned

    def _entered(self, name: str) -> str:
        typed = str(self.cleaned_data.get(name) or "")
        secret = typed or self._unseal(name)
        if secret:
            self.entered[name] = secret
        return secret

    def _stored(self, name: str) -> str:
        try:
            stored = self.destination.unseal(name)
        except SecretUnreadable as error:
            self.add_error(name, f"The stored secret cannot be read: {error}. Enter it again.")
            return ""
        missing = cast(SecretField, self.fields[name]).missing
        if missing and not stored:
            self.add_error(name, f"{missing}. {self._how_to_mend()}")
        return stored

    def _how_to_mend(self) -> str:
        if any(self.data.get(f"{name}_draft") for name in self.secret_names()):
            return "What you entered was kept for half an hour, which is over: enter it again."
        return "Enter it here."

    @property
    def secrets(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name, "") for name in self.secret_names()}

    @property
    def config(self) -> dict[str, Any]:
        secret = {"name", *self.secret_names()}
        return {name: value for name, value in self.cleaned_data.items() if name not in secret}

    def facts(self) -> list[tuple[str, str]]:
        """The stored values by label, for those who may only read. Of a secret: since when."""
        stored = {**self.destination.config, "name": self.destination.name}
        return [
            (
                str(field.label or name.capitalize()).removesuffix(OPTIONAL),
                _set_when(self.destination, name)
                if isinstance(field, SecretField)
                else str(stored.get(name) or ""),
            )
            for name, field in self.fields.items()
        ]

    def connector(self, seconds: float | None = None) -> Connector:
        """The connector for what stands in the form (which is valid), with a deadline in all."""
        door = Door(self.secrets.values(), seconds)
        return self.destination.connector_class(self.config, self.secrets, door)

    def drafts(self) -> dict[str, str]:
        """Hidden fields, name and content, by which this form's secrets reach the next request."""
        return {f"{name}_draft": self._seal(name, text) for name, text in self.entered.items()}

    def proof_of_test(self) -> str:
        """Hidden content that says: what stands in this form (which is valid) was tested well."""
        return self._seal(TESTED, self._essence({**self.config, **self.secrets}))

    def is_as_stored(self) -> bool:
        """Whether a test of this form (which is valid) is a test of the stored destination."""
        if self.is_new or not self.destination.is_readable():
            return False
        stored = {**self.destination.config, **self.destination.open_secrets()}
        return self._essence(stored) == self._essence({**self.config, **self.secrets})

    def save(self) -> bool:
        """Stores the form (which is valid). False, with an error, if the name was just taken."""
        changed = not self.is_as_stored()
        if self._unseal(TESTED) == self._essence({**self.config, **self.secrets}):
            self.destination.verified_at = timezone.now()
        elif changed:
            self.destination.verified_at = None
        self.destination.name, self.destination.config = self.cleaned_data["name"], self.config
        for name, secret in self.entered.items():
            self.destination.set_secret(name, secret, by=self.user)
        try:
            with transaction.atomic():
                self._hold()
                self.destination.save(update_fields=self._columns())
        except IntegrityError:
            self.add_error("name", NAME_TAKEN)
            return False
        return True

    def _hold(self) -> None:
        """Somebody may have deleted it meanwhile: its secrets must not come back to life."""
        if not self.is_new:
            alive = Destination.objects.alive().select_for_update()
            get_object_or_404(alive, pk=self.destination.pk)

    def _columns(self) -> list[str] | None:
        """Only what this form changes: a worker may be writing to the same row."""
        if self.is_new:
            return None
        secret = ["secrets", "secrets_changed_at", "attention", "attention_at"]
        return ["name", "config", "verified_at", "updated_at", *(secret if self.entered else [])]

    def _essence(self, values: Mapping[str, Any]) -> str:
        """A digest of what a test vouches for: the secrets, and all that must be filled in."""
        names = sorted(
            name
            for name, field in self.fields.items()
            if name != "name" and (field.required or isinstance(field, SecretField))
        )
        content = json.dumps([(name, values.get(name) or "") for name in names], default=str)
        return hashlib.sha256(content.encode()).hexdigest()

    def _seal(self, name: str, text: str) -> str:
        return drafts.seal(text, self.user, self.destination.kind, name)

    def _unseal(self, name: str) -> str:
        key = TESTED if name == TESTED else f"{name}_draft"
        return drafts.unseal(self.data.get(key, ""), self.user, self.destination.kind, name)


def destination_form(
    destination: Destination, user: AbstractBaseUser, data: QueryDict | None = None
) -> DestinationForm:
    """The form of the destination's kind."""
    bases = (DestinationForm, destination.connector_class.Form)
    return cast(DestinationForm, type("DestinationForm", bases, {})(destination, user, data))


def _set_when(destination: Destination, field: str) -> str:
    """ "Set on 24 Nov 2026 by ada, ends in …x4f2." Empty if it is not set."""
    stored = destination.secrets.get(field)
    if not stored:
        return ""
    when = datetime.fromisoformat(stored["set_at"])
    by = f" by {stored['set_by']}" if stored["set_by"] else ""
    end = f", ends in …{stored['hint']}" if stored["hint"] else ""
    return f"Set on {when.day} {when:%b %Y}{by}{end}."
