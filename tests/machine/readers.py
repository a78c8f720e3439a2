"""Readers: destinations that can collect, what people do to them, and what they were told."""

from collections import defaultdict
from dataclasses import dataclass, field
from typing import NamedTuple
from uuid import UUID

from alerts import deletion
from alerts.models import Delivery, DeliveryState, Rule
from destinations.messages import Action
from destinations.models import Destination
from tests.machine.board import KIND, Board, Told
from tests.machine.world import Stage, World

TIMINGS: dict[str, dict[str, str]] = {
    "at once": {"timing": ""},
    "hourly": {"timing": "hourly"},
    "daily": {"timing": "daily", "digest_at": "09:00", "digest_zone": ""},
    "daily elsewhere": {"timing": "daily", "digest_at": "23:30", "digest_zone": "Europe/Berlin"},
}
PAUSE, RESUME, RECORD, SEND, DELETE = "pause", "resume", "record only", "send", "delete"
EDITS = (*TIMINGS, *TIMINGS, PAUSE, RESUME, RECORD, SEND, DELETE)


@dataclass
class Reader:
    """One destination. It has what a Channel has, as far as dying workers need it."""

    name: str
    timing: str
    pk: UUID = field(init=False)
    is_deleted: bool = False
    is_paused: bool = False
    is_record_only: bool = False
    # A person must act: nothing may be sent before.
    is_held: bool = False

    def __post_init__(self) -> None:
        row = Destination.objects.create(kind=KIND, name=self.name, config=self._config())
        self.pk = row.pk
        Rule.objects.create(name=f"Rule of {self.name}").destinations.add(row)

    def row(self) -> Destination:
        return Destination.objects.get(pk=self.pk)

    def _config(self) -> dict[str, str]:
        return {"reader": self.name} | TIMINGS[self.timing]

    def edit(self, what: str) -> None:
        """As the form does it: a saved change sets right what was held."""
        if what in TIMINGS:
            self.timing = what
        elif what in (PAUSE, RESUME):
            self.is_paused = what == PAUSE
        else:
            self.is_record_only = what == RECORD
        row = self.row()
        row.config, row.is_active = self._config(), not self.is_paused
        row.is_record_only = self.is_record_only
        row.set_right()
        row.save()

    @property
    def may_be_spoken_to(self) -> bool:
        return not (self.is_deleted or self.is_paused or self.is_record_only or self.is_held)

    def delete(self) -> None:
        deletion.delete(self.row())
        self.is_deleted = True

    def repair(self) -> None:
        self.is_record_only = False
        self.edit(RESUME)


class Fact(NamedTuple):
    """What can be told: that an alert began, or that it ended."""

    destination: UUID
    alert: UUID
    action: str


class Library(World):
    """One history of readers."""

    def __init__(self, stage: Stage, board: Board) -> None:
        super().__init__(stage)
        board.clear()
        self.board = board
        self.readers: list[Reader] = []
        self.fresh_told: list[Told] = []
        self._seen = 0
        # Under which keys each fact was told, and in which digest each stood.
        self.keys: dict[Fact, set[str]] = defaultdict(set)
        self.answered: dict[Fact, int] = defaultdict(int)
        self.digests: dict[str, dict[Fact, UUID]] = {}
        # How often each was sent again by hand; and how often its answer died with a worker.
        self.by_hand: dict[Fact, int] = defaultdict(int)
        self.lost: dict[Fact, int] = defaultdict(int)
        # What a destination knows of; and `still open`, as digests say and as it was counted anew.
        self.begun: set[Fact] = set()
        self.counts: list[tuple[int, int]] = []
        # Leaders of digests made for the history only. Sent for real, they are told as they stand.
        self.made_to_record: set[UUID] = set()
        self.ever_delivered: set[UUID] = set()

    def add_reader(self, timing: str) -> Reader:
        reader = Reader(f"reader-{len(self.readers)}", timing)
        self.readers.append(reader)
        return reader

    @property
    def destinations(self) -> set[UUID]:
        return {reader.pk for reader in self.living_readers}

    @property
    def living_readers(self) -> list[Reader]:
        return [reader for reader in self.readers if not reader.is_deleted]

    def note_what_is_held(self) -> None:
        for reader in self.living_readers:
            reader.is_held = bool(reader.row().attention)

    def reader(self, name: str) -> Reader:
        return next(reader for reader in self.readers if reader.name == name)

    def look(self) -> None:
        super().look()
        self.fresh_told = self.board.told[self._seen :]
        self._seen = len(self.board.told)
        for delivery in self.sight.deliveries.values():
            if delivery.digest:
                self.digests.setdefault(delivery.digest["idempotency_key"], self._facts(delivery))
            if delivery.state == DeliveryState.DELIVERED:
                self.ever_delivered.add(delivery.pk)

    def _facts(self, leader: Delivery) -> dict[Fact, UUID]:
        stand = [d for d in self.sight.deliveries.values() if d.carried_by_id == leader.pk]
        return {fact_of(delivery): delivery.pk for delivery in [leader, *stand]}

    def facts_of(self, delivery: Delivery) -> list[Fact]:
        """What is told when this delivery is sent, be it the leader of a digest."""
        if delivery.digest and (known := self.digests.get(delivery.digest["idempotency_key"])):
            return list(known)
        carried = Delivery.objects.filter(carried_by=delivery.pk)
        return [fact_of(told) for told in (delivery, *carried)]

    def facts_told(self, told: Told) -> dict[Fact, UUID]:
        """What one arrival told, and the deliveries of it."""
        if told.action is None:
            return self.digests[told.key]
        [delivery] = [d for d in self.sight.deliveries.values() if d.idempotency_key == told.key]
        return {fact_of(delivery): delivery.pk}


def fact_of(delivery: Delivery) -> Fact:
    return Fact(delivery.destination_id, delivery.alert_id, Action(delivery.action))
