"""The secrets of a destination's form: typed, drafted, stored or removed, and never shown."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.http import QueryDict

from destinations import drafts, outbound
from destinations.connectors.base import ConnectorForm, SecretField, SecretUrlField
from destinations.crypto import SecretUnreadable
from destinations.models import Destination

REMOVED = "_removed"  # ends the name of the box that removes a stored secret
KEPT = "What you entered is kept, sealed, for half an hour. Leave this empty to use it."
LOST = (
    "What you entered was kept for half an hour, and for its host only; that is over. Enter it"
    " again."
)
REFUSED = "refused"  # stands where a draft would, of what was not taken
GONE = "What you entered last was not taken. Enter it again, or go on without it."


class SecretInputs(ConnectorForm):
    """A secret is what was typed, else a draft of it, else the stored one."""

    def __init__(
        self, destination: Destination, user: AbstractBaseUser, data: QueryDict | None = None
    ) -> None:
        self.destination, self.user = destination, user
        # Secrets that came with this request, typed or drafted: these are not stored yet.
        self.entered: dict[str, str] = {}
        # Those of them that the answer must hand on, because they stand in no field of the page.
        self.kept: dict[str, str] = {}
        # Typed, refused, and gone with the page: the next request must not go on without a word.
        self._refused: list[str] = []
        self._hosts = ""  # of the addresses in this request
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
        # Addresses first: what was drafted of the others was for their hosts.
        self._take(self._addresses(), cleaned)
        addresses = [str(cleaned.get(name) or "") for name in self._addresses()]
        self._hosts = " ".join(outbound.origin(one) for one in addresses if one)
        self._take([n for n in self.secret_names() if n not in self._addresses()], cleaned)
        self._bind_to_host(cleaned)
        for name, sentence in self.problems(cleaned).items():
            if name not in self.errors:
                self.add_error(name, sentence)
        return cleaned

    def _take(self, names: list[str], cleaned: dict[str, Any]) -> None:
        for name in names:
            if name not in self.errors:
                cleaned[name] = self._entered(name) or self._stored(name)

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
        is_lost = bool(self.data.get(f"{name}_draft"))
        if missing and not stored:
            self.add_error(name, f"{missing}. {LOST if is_lost else 'Enter it here.'}")
        elif is_lost:  # what is stored, or nothing, must not take its place without a word
            self.add_error(name, GONE if self.data[f"{name}_draft"] == REFUSED else LOST)
        return stored

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
        return outbound.origin(stored) != outbound.origin(str(cleaned.get(name)))

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

    def keep(self, *, page_stays: bool) -> None:
        """Hands the entered secrets on, and says so beside each. A page that stays (htmx) has in
        its fields what was typed just now, but no longer the drafts that it sent."""
        typed = {name for name in self.entered if self.data.get(name)} if page_stays else set()
        self.kept = {name: text for name, text in self.entered.items() if name not in typed}
        if not page_stays:
            wrong = [name for name in self.secret_names() if name in self.errors]
            self._refused = [name for name in wrong if self.data.get(name)]
        for name in self.kept:
            self[name].help_text = f"{self.base_fields[name].help_text} {KEPT}".strip()

    def drafts(self) -> dict[str, str]:
        """Hidden fields, name and content, by which this form's secrets reach the next request."""
        kept = {name: self._seal(self._bound(name), text) for name, text in self.kept.items()}
        return {f"{name}_draft": text for name, text in (kept | self._marks()).items()}

    def _marks(self) -> dict[str, str]:
        return {name: REFUSED for name in self._refused if name not in self.kept}

    def _drafted(self, name: str) -> str:
        # What was typed beside no address was typed for no host yet.
        key = f"{name}_draft"
        return self._unseal(self._bound(name), key) or self._unseal(name, key)

    def _bound(self, name: str) -> str:
        """The field, and the hosts that what is typed there is for."""
        is_for_all = name in self._addresses() or not self._hosts
        return name if is_for_all else f"{name} {self._hosts}"

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
