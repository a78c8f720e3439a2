"""The secrets of a destination's form: typed, drafted, stored or removed, and never shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import QueryDict

from destinations import drafts
from destinations.connectors.base import ConnectorForm, SecretField, SecretUrlField
from destinations.crypto import SecretUnreadable
from destinations.models import Destination

REMOVED = "_removed"  # ends the name of the box that removes a stored secret


class SecretInputs(ConnectorForm):
    """A secret is what was typed, else a draft of it, else the stored one."""

    def __init__(
        self, destination: Destination, user: AbstractBaseUser, data: QueryDict | None = None
    ) -> None:
        self.destination, self.user = destination, user
        # Secrets that came with this request, typed or drafted: these are not stored yet.
        self.entered: dict[str, str] = {}
        values = {**destination.config, "name": destination.name}
        super().__init__(data, initial=values, label_suffix="")
        for name in self.secret_names():
            self._dress(name)
        self.order_fields(self._with_boxes())

    def _dress(self, name: str) -> None:
        field = self.fields[name]
        # After a test htmx renews the fields; what was typed here must outlive that.
        field.widget.attrs["hx-preserve"] = "true"
        field.help_text = f"{field.help_text} {self._what_is_stored(name)}".strip()
        if name in self.destination.secrets and not self._missing(name):
            label = f"Remove the stored {str(field.label).removesuffix(' (optional)').lower()}"
            self.fields[name + REMOVED] = forms.BooleanField(required=False, label=label)

    def _with_boxes(self) -> list[str]:
        """The names of the fields, the boxes beside what they remove."""
        names = [name for name in self.fields if not name.endswith(REMOVED)]
        return [part for name in names for part in (name, name + REMOVED) if part in self.fields]

    def _what_is_stored(self, name: str) -> str:
        when = set_when(self.destination, name)
        readable = self.destination.is_readable()
        what_now = "Leave it empty to keep it." if readable else "It must be entered again."
        return f"{when} {what_now}" if when else ""

    def _missing(self, name: str) -> str:
        field = self.fields[name]
        return field.missing if isinstance(field, SecretField) else ""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.secret_names():
            if name not in self.errors:
                cleaned[name] = self._entered(name) or self._stored(name)
        self._bind_to_host(cleaned)
        for name, sentence in self.problems(cleaned).items():
            if name not in self.errors:
                self.add_error(name, sentence)
        return cleaned

    def _entered(self, name: str) -> str:
        typed = str(self.cleaned_data.get(name) or "")
        secret = typed or self._drafted(name)
        if secret:
            self.entered[name] = secret
        return secret

    def _stored(self, name: str) -> str:
        if self.cleaned_data.get(name + REMOVED):
            return ""
        try:
            stored = self.destination.unseal(name)
        except SecretUnreadable as error:
            self.add_error(name, f"The stored secret cannot be read: {error}. Enter it again.")
            return ""
        missing = self._missing(name)
        if missing and not stored:
            self.add_error(name, f"{missing}. {self._how_to_mend()}")
        return stored

    def _how_to_mend(self) -> str:
        if any(self.data.get(f"{name}_draft") for name in self.secret_names()):
            return "What you entered was kept for half an hour, which is over: enter it again."
        return "Enter it here."

    def _bind_to_host(self, cleaned: Mapping[str, Any]) -> None:
        """A secret was given to one host: another one gets it only if it is typed again."""
        moved = [name for name in self._addresses() if self._is_elsewhere(name, cleaned)]
        for name in self.secret_names() if moved else ():
            if cleaned.get(name) and name not in self.entered:
                host = urlsplit(str(cleaned[moved[0]])).hostname
                self.add_error(name, f"It was for another host. Enter it again for {host}.")

    def _addresses(self) -> list[str]:
        return [name for name, field in self.fields.items() if isinstance(field, SecretUrlField)]

    def _is_elsewhere(self, name: str, cleaned: Mapping[str, Any]) -> bool:
        if name not in self.entered or name not in self.destination.secrets:
            return False
        try:
            stored = self.destination.unseal(name)
        except SecretUnreadable:
            return True
        return urlsplit(stored).netloc != urlsplit(str(cleaned.get(name))).netloc

    @property
    def secrets(self) -> dict[str, str]:
        return {name: self.cleaned_data.get(name) or "" for name in self.secret_names()}

    @property
    def removed(self) -> list[str]:
        """Stored secrets that are to be forgotten."""
        return [
            name
            for name in self.secret_names()
            if self.cleaned_data.get(name + REMOVED) and name not in self.entered
        ]

    def drafts(self) -> dict[str, str]:
        """Hidden fields, name and content, by which this form's secrets reach the next request."""
        return {f"{name}_draft": self._seal(name, text) for name, text in self.entered.items()}

    def _drafted(self, name: str) -> str:
        return self._unseal(name, f"{name}_draft")

    def _seal(self, name: str, text: str) -> str:
        return drafts.seal(text, self.user, self.destination.kind, name)

    def _unseal(self, name: str, key: str) -> str:
        return drafts.unseal(self.data.get(key, ""), self.user, self.destination.kind, name)


def set_when(destination: Destination, field: str) -> str:
    """ "Set on 24 Nov 2026 by ada, ends in …x4f2." Empty if it is not set."""
    stored = destination.secrets.get(field)
    if not stored:
        return ""
    when = datetime.fromisoformat(stored["set_at"])
    by = f" by {stored['set_by']}" if stored["set_by"] else ""
    return f"Set on {when.day} {when:%b %Y}{by}{_hint(stored['hint'])}."


def _hint(hint: str) -> str:
    if hint.startswith(("https://", "http://")):
        return f", on {hint}"
    return f", ends in …{hint}" if hint else ""
