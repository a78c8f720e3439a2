"""One destination as the machine sees it: its row, its key at the sandbox, and who may hear it."""

from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from alerts.models import Rule
from destinations.models import Destination
from sandbox import keys
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination

ROLES = (keys.VIEWER, keys.CREATOR, keys.EDITOR, keys.OPT_OUT)
# Part of every key, and of nothing else: wherever it turns up, a key has leaked.
CANARY = "c4n4ry"


@dataclass
class Channel:
    """The sandbox knows each of its keys by a name that starts with the channel's."""

    name: str
    sandbox: Sandbox = field(repr=False)
    # What its rule asks for; of a rule that asks for nothing every alert is told.
    conditions: dict[str, Any] = field(default_factory=dict)
    pk: UUID = field(init=False)
    is_paused: bool = False
    is_deleted: bool = False
    # A person must act: nothing may be sent before.
    is_held: bool = False
    keys_made: int = 0

    def __post_init__(self) -> None:
        self.pk = a_destination(self.name, key=self._new_key()).pk
        rule = Rule.objects.create(name=f"Rule of {self.name}", **self.conditions)
        rule.destinations.add(self.pk)

    def row(self) -> Destination:
        return Destination.objects.get(pk=self.pk)

    @property
    def may_be_spoken_to(self) -> bool:
        return not (self.is_paused or self.is_deleted or self.is_held)

    def owns(self, key_name: str | None) -> bool:
        return bool(key_name) and str(key_name).startswith(f"{self.name}/")

    def change_key(self) -> None:
        row = self.row()
        row.set_secret("api_key", self._new_key())
        row.save()

    def revoke_key(self) -> None:
        self.sandbox.keys.revoke(self._key_name())

    def pause(self, is_paused: bool) -> None:
        row = self.row()
        row.is_active, self.is_paused = not is_paused, is_paused
        row.save(update_fields=["is_active"])

    def set_closed_status(self, status_id: str) -> None:
        row = self.row()
        row.config["closed_status_id"] = status_id
        row.save()

    def _key_name(self) -> str:
        return f"{self.name}/{self.keys_made}"

    def _new_key(self) -> str:
        self.keys_made += 1
        secret = f"inc_{CANARY}{self.name}{self.keys_made:04}".ljust(68, "0")
        return self.sandbox.keys.add(self._key_name(), *ROLES, secret=secret)
