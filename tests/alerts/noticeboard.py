"""A kind of destination for the tests of digests: it keeps what it is told, and fails as told."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from alerts import sweep
from alerts.models import Alert, Delivery, DeliveryState
from destinations.connectors import registry
from destinations.connectors.base import CollectingForm, Connector
from destinations.errors import DestinationError, Outcome, Rejected, Retryable
from destinations.messages import Check, Digest, Message, Receipt
from destinations.models import Destination
from tests.alerts.factories import a_rule, drain

START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
HOURLY = {"timing": "hourly"}
DAILY = {"timing": "daily", "digest_at": "09:00", "digest_zone": "Europe/Berlin"}
DOWN = Retryable("HTTP 503: Service Unavailable", outcome=Outcome.NON_2XX)
NO = Rejected("HTTP 400: Bad Request", outcome=Outcome.NON_2XX)
Step = DestinationError | Callable[[], object]


class Board:
    """What was told, in order; and what comes next instead of a success."""

    def __init__(self) -> None:
        self.created: list[Message] = []
        self.closed: list[Message] = []
        self.digests: list[Digest] = []
        self.next: list[Step] = []

    def take(self, told: list[Any], what: Message | Digest) -> Receipt:
        told.append(what)
        step = self.next.pop(0) if self.next else None
        if isinstance(step, DestinationError):
            raise step
        if step:
            step()
        return Receipt(f"note-{len(told)}", f"N-{len(told)}")


def a_board(monkeypatch: pytest.MonkeyPatch) -> Board:
    """Registers the kind "board" for one test, and leaves no trace of it."""
    board = Board()
    monkeypatch.setattr(Connector, "kinds", [*Connector.kinds])

    class BoardConnector(Connector):
        kind = "board"
        label = "Board"
        help = "Keeps what it is told."
        RATE_PER_SECOND = 1000.0
        BURST = 1000.0
        Form = CollectingForm
        EXAMPLE: dict[str, Any] = {}

        def check(self) -> Check:
            return Check()

        def create(self, message: Message) -> Receipt:
            return board.take(board.created, message)

        def close(self, message: Message) -> Receipt:
            return board.take(board.closed, message)

        def test(self, message: Message) -> Receipt:
            return Receipt()

        def digest(self, digest: Digest) -> Receipt:
            return board.take(board.digests, digest)

    monkeypatch.setitem(registry, "board", BoardConnector)
    return board


def a_reader(name: str = "Readers", **config: str) -> Destination:
    """A destination of that kind, with a rule that sends it everything."""
    destination = Destination.objects.create(kind="board", name=name, config=config or HOURLY)
    a_rule(destination, name=f"All to {name}")
    return destination


def set_timing(destination: Destination, **config: str) -> None:
    destination.config = config
    destination.save(update_fields=["config"])


def at(clock: time_machine.Traveller, moment: str) -> None:
    """That time of day, on the first day or with "+1 09:00" on the next; with a sweep, and all the
    destinations' lanes drained."""
    days, _, clock_time = moment.rpartition(" ")
    hours, minutes = clock_time.split(":")
    day = START + timedelta(days=int(days or 0))
    clock.move_to(day.replace(hour=int(hours), minute=int(minutes), second=1))
    work()


def work() -> None:
    """What the worker does at any moment."""
    sweep.sweep()
    for destination in Destination.objects.all():
        drain(destination)


def states(*alerts: Alert) -> set[str]:
    return set(Delivery.objects.filter(alert__in=alerts).values_list("state", flat=True))


def leader() -> Delivery:
    """The delivery that was sent for the only digest."""
    return Delivery.objects.get(digest__isnull=False)


def members() -> list[Delivery]:
    """What a digest carries, beside its leader."""
    return list(Delivery.objects.filter(carried_by__isnull=False))


def unfinished() -> int:
    """How many deliveries have not ended."""
    ended = [DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SKIPPED]
    return Delivery.objects.exclude(state__in=ended).count()
