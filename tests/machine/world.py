"""The system under test, what it was asked, and what of it can be seen after every step."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.core.management import call_command
from pytest_django.fixtures import Settings

from accounts.models import ApiKey
from alerts import events
from alerts.models import Alert, Attempt, Delivery, Installation
from destinations.messages import Action
from sandbox.journal import Entry
from sandbox.server import Sandbox
from tests.machine.channel import Channel
from tests.machine.clock import Clock


@dataclass(frozen=True)
class Stage:
    """What one test's histories share. Each history finds it empty."""

    sandbox: Sandbox
    settings: Settings
    clock: Clock
    log: list[str]

    def clear(self) -> None:
        call_command("flush", interactive=False, inhibit_post_migrate=True, verbosity=0)
        Installation.objects.create()
        self.sandbox.reset()
        self.clock.reset()
        self.log.clear()


@dataclass(frozen=True)
class Heard:
    """A request at the sandbox, at a moment of the steady clock."""

    entry: Entry
    channel: Channel
    at: float
    by_the_dying: bool


@dataclass
class Sight:
    """All rows of the pipeline at one moment, and the requests since the moment before."""

    alerts: dict[UUID, Alert] = field(default_factory=dict)
    deliveries: dict[UUID, Delivery] = field(default_factory=dict)
    attempts: dict[UUID, list[Attempt]] = field(default_factory=dict)
    fresh: list[Heard] = field(default_factory=list)

    def of(self, alert_id: UUID, action: Action) -> dict[UUID, Delivery]:
        """The alert's deliveries of that action, by their destination."""
        return {
            delivery.destination_id: delivery
            for delivery in self.deliveries.values()
            if delivery.alert_id == alert_id and delivery.action == action
        }


class World:
    """One history."""

    def __init__(self, stage: Stage) -> None:
        stage.clear()
        self.stage = stage
        self.sandbox, self.clock, self.settings = stage.sandbox, stage.clock, stage.settings
        self.producer = ApiKey.objects.issue("machine")[0]
        self.channels: list[Channel] = []
        # For each alert, the destinations that a rule joined with it when it was opened.
        self.promised: dict[UUID, set[UUID]] = {}
        self.pruned: set[UUID] = set()
        self.sent_again: dict[UUID, int] = defaultdict(int)
        self.events: list[tuple[events.Event, UUID]] = []
        self.heard: list[Heard] = []
        self.a_worker_is_dying = False
        self.sight = Sight()

    def add_channel(self, **conditions: Any) -> Channel:
        channel = Channel(f"channel-{len(self.channels)}", self.sandbox, conditions)
        self.channels.append(channel)
        return channel

    @property
    def living(self) -> list[Channel]:
        return [channel for channel in self.channels if not channel.is_deleted]

    @property
    def destinations(self) -> set[UUID]:
        """Where a new alert is to be told at once."""
        return {channel.pk for channel in self.living if not channel.conditions}

    def look(self) -> None:
        """Takes in what the last step has left."""
        attempts: dict[UUID, list[Attempt]] = defaultdict(list)
        for attempt in Attempt.objects.order_by("delivery", "number"):
            attempts[attempt.delivery_id].append(attempt)
        fresh = list(self._fresh())
        self.heard += fresh
        self.sight = Sight(
            alerts={alert.pk: alert for alert in Alert.objects.all()},
            deliveries={delivery.pk: delivery for delivery in Delivery.objects.all()},
            attempts=attempts,
            fresh=fresh,
        )

    def note_what_is_held(self) -> None:
        for channel in self.living:
            channel.is_held = bool(channel.row().attention)

    def _fresh(self) -> Iterator[Heard]:
        for entry in self.sandbox.journal.entries(since=len(self.heard)):
            [channel] = [channel for channel in self.channels if channel.owns(entry.key_name)]
            at = self.clock.steady(entry.wall_time)
            yield Heard(entry, channel, at, self.a_worker_is_dying)
