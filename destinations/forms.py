"""One form for every kind of destination: its name, and the fields of its connector."""

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any, cast

from django import forms
from django.contrib.auth.models import AbstractBaseUser
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.http import QueryDict
from django.shortcuts import get_object_or_404
from django.utils import timezone

from destinations.connectors import Connector
from destinations.connectors.base import ListedField, SecretField, SecretUrlField
from destinations.http import Door
from destinations.models import Destination
from destinations.secret_inputs import REMOVED, SecretInputs, set_when

NAME_TAKEN = "There is already a destination with this name."
TESTED = "tested"
OPTIONAL = " (optional)"  # ends the label of a field, and is left out where nothing is asked
# What all kinds share, and the row has columns of its own for.
SHARED = ("name", "is_record_only")


class DestinationForm(SecretInputs):
    """What all kinds share."""

    name = forms.CharField(max_length=100, help_text="How rules and the history call it.")
    is_record_only = forms.BooleanField(
        label="Record only",
        required=False,
        help_text="Everything is rendered and kept in the history, and nothing is sent.",
    )

    def __init__(
        self, destination: Destination, user: AbstractBaseUser, data: QueryDict | None = None
    ) -> None:
        self.is_new = destination._state.adding
        self.replaced: list[str] = []  # labels of the stored secrets that a save has replaced
        super().__init__(destination, user, data)
        self.initial["is_record_only"] = destination.is_record_only
        rest = [name for name in self.fields if name not in SHARED]
        self.order_fields(["name", *rest, "is_record_only"])

    @property
    def has_lists(self) -> bool:
        """Whether the account has lists to choose from."""
        return any(isinstance(field, ListedField) for field in self.fields.values())

    @property
    def needs_check(self) -> bool:
        """Whether a look at the account can find something wrong with what stands here."""
        typed_address = any(isinstance(field, SecretUrlField) for field in self.fields.values())
        return typed_address or any(self.config.values())

    def few_fields(self) -> list[forms.BoundField]:
        """What everybody fills in."""
        return [field for field in self if not self._is_folded(field)]

    def more_fields(self) -> list[forms.BoundField]:
        """What few people need."""
        return [field for field in self if self._is_folded(field)]

    def _is_folded(self, field: forms.BoundField) -> bool:
        return field.name.removesuffix(REMOVED) in (*self.more, "is_record_only")

    @property
    def is_unfolded(self) -> bool:
        """Whether something stands among what few people need, or is wrong there."""
        return any(
            field.errors or (field.value() and field.value() != field.field.initial)
            for field in self.more_fields()
        )

    def offer(self, choices: Mapping[str, Iterable[tuple[str, str]]]) -> None:
        """Makes lists of the fields for which the account has choices."""
        for name, pairs in choices.items():
            field = self.fields.get(name)
            if isinstance(field, ListedField):
                chosen = str(self[name].value() or "")
                field.widget = forms.Select(choices=_with_chosen(list(pairs), chosen))

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        others = Destination.objects.alive().exclude(pk=self.destination.pk)
        if others.filter(name=name).exists():
            raise ValidationError(NAME_TAKEN)
        return name

    @property
    def config(self) -> dict[str, Any]:
        other = {*SHARED, *self.secret_names()}
        return {
            name: value
            for name, value in self.cleaned_data.items()
            if name not in other and not name.endswith(REMOVED)
        }

    def facts(self) -> list[tuple[str, str]]:
        """The stored values by label, for those who may only read. Of a secret: since when."""
        return [
            (str(self[name].label).removesuffix(OPTIONAL), self._fact(name))
            for name in self.fields
            if not name.endswith(REMOVED)
        ]

    def _fact(self, name: str) -> str:
        field, stored = self.fields[name], self.initial.get(name)
        if isinstance(field, SecretField):
            return set_when(self.destination, name)
        if isinstance(field, forms.BooleanField):
            return "Yes" if stored else "No"
        if isinstance(stored, list):
            return ", ".join(stored)
        if isinstance(field, forms.ChoiceField):
            return str(dict(field.choices).get(stored or "", stored or ""))  # type: ignore[arg-type]
        return str(stored or "")

    def connector(self, seconds: float | None = None) -> Connector:
        """The connector for what stands in the form (which is valid), with a deadline in all."""
        door = Door(self.secrets.values(), seconds)
        return self.destination.connector_class(self.config, self.secrets, door)

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
        is_tested = self._unseal(TESTED, TESTED) == self._essence({**self.config, **self.secrets})
        self._fill(changed=changed, is_tested=is_tested)
        try:
            with transaction.atomic():
                self._hold()
                self.destination.save(update_fields=self._columns(changed))
        except IntegrityError:
            self.add_error("name", NAME_TAKEN)
            return False
        return True

    def _fill(self, *, changed: bool, is_tested: bool) -> None:
        destination = self.destination
        if is_tested:
            destination.verified_at = timezone.now()
        elif changed:
            destination.verified_at = None
        destination.name, destination.config = self.cleaned_data["name"], self.config
        destination.is_record_only = self.cleaned_data["is_record_only"]
        for name in self.removed:
            destination.secrets.pop(name, None)
        self.replaced = [str(self[n].label) for n in self.entered if n in destination.secrets]
        for name, secret in self.entered.items():
            destination.set_secret(name, secret, by=self.user)
        if changed:
            destination.set_right()

    def _hold(self) -> None:
        """Somebody may have deleted it meanwhile: its secrets must not come back to life."""
        if not self.is_new:
            alive = Destination.objects.alive().select_for_update()
            get_object_or_404(alive, pk=self.destination.pk)

    def _columns(self, changed: bool) -> list[str] | None:
        """Only what this form changes: a worker may be writing to the same row."""
        if self.is_new:
            return None
        secret = ["secrets", "secrets_changed_at", "attention", "attention_at"]
        mine = ["name", "config", "is_record_only", "verified_at", "updated_at"]
        return [*mine, *(secret if changed or self.entered or self.removed else [])]

    def _essence(self, values: Mapping[str, Any]) -> str:
        """A digest of what a test vouches for: the secrets, and all that must be filled in."""
        names = sorted(
            name
            for name, field in self.fields.items()
            if name != "name" and (field.required or isinstance(field, SecretField))
        )
        content = json.dumps([(name, values.get(name) or "") for name in names], default=str)
        return hashlib.sha256(content.encode()).hexdigest()


def destination_form(
    destination: Destination, user: AbstractBaseUser, data: QueryDict | None = None
) -> DestinationForm:
    """The form of the destination's kind."""
    bases = (DestinationForm, destination.connector_class.Form)
    return cast(DestinationForm, type("DestinationForm", bases, {})(destination, user, data))


def _with_chosen(pairs: list[tuple[str, str]], chosen: str) -> list[tuple[str, str]]:
    """The choices for a list: nothing, those of the account, and what stands there already."""
    known = [("", "Not set"), *pairs]
    return known if chosen in dict(known) else [*known, (chosen, f"{chosen} (not in this account)")]
