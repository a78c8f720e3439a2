"""A kind of destination that collects, as the machine of digests sees it: what it took, and how it
fails. It goes through the product's door, so that a record-only one is never spoken to."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, ClassVar

import pytest

from destinations.connectors import registry
from destinations.connectors.base import CollectingForm, Connector
from destinations.errors import (
    DestinationError,
    NeedsAttention,
    Outcome,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.messages import Action, Check, Digest, Message, Receipt

KIND = "machine_board"
REFUSE, PUT_OFF, SLOW_DOWN, HOLD, LOSE_ANSWER = "refuse", "put off", "slow down", "hold", "lose"
FAULTS = (REFUSE, PUT_OFF, SLOW_DOWN, HOLD, LOSE_ANSWER)


def error_of(fault: str) -> DestinationError:
    match fault:
        case "refuse":
            return Rejected("HTTP 400: Bad Request")
        case "slow down":
            return RateLimited("HTTP 429", retry_after=600, status_code=429)
        case "hold":
            return NeedsAttention("HTTP 401: Unauthorized", status_code=401)
        case _:
            return Retryable("The connection broke.", outcome=Outcome.NETWORK_ERROR)


@dataclass(frozen=True)
class Told:
    """One thing that arrived there: to which destination, what, and whether it was answered."""

    reader: str
    key: str
    what: Message | Digest
    action: Action | None  # None: a digest
    is_taken: bool
    is_answered: bool


@dataclass
class Board:
    """All that arrived, in order; and what comes of the next."""

    told: list[Told] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def clear(self) -> None:
        self.told.clear()
        self.faults.clear()

    def take(self, reader: str, what: Message | Digest, action: Action | None) -> Receipt:
        fault = self.faults.pop(0) if self.faults else ""
        is_taken = fault in ("", LOSE_ANSWER)
        self.told.append(Told(reader, what.idempotency_key, what, action, is_taken, not fault))
        if fault:
            raise error_of(fault)
        return Receipt(f"note-{len(self.told)}")


@contextmanager
def a_board() -> Iterator[Board]:
    """Registers the kind for as long as a test lasts."""
    board = Board()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Connector, "kinds", [*Connector.kinds])
        patch.setitem(registry, KIND, _connector(board))
        yield board


def _connector(board: Board) -> type[Connector]:
    class MachineBoard(Connector):
        kind = KIND
        label = "Board"
        help = "Keeps what it is told."
        uses_http = False
        RATE_PER_SECOND = 1000.0
        BURST = 1000.0
        Form = CollectingForm
        EXAMPLE: ClassVar[dict[str, Any]] = {}

        def check(self) -> Check:
            return Check()

        def create(self, message: Message) -> Receipt:
            return self._take(message, Action.CREATE)

        def close(self, message: Message) -> Receipt:
            return self._take(message, Action.CLOSE)

        def test(self, message: Message) -> Receipt:
            return Receipt()

        def digest(self, digest: Digest) -> Receipt:
            return self._take(digest, None)

        def _take(self, what: Message | Digest, action: Action | None) -> Receipt:
            self.door.begin("NOTE", KIND, what.headline)
            return board.take(self.config["reader"], what, action)

    return MachineBoard
