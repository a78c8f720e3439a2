"""The moments of a delivery's life, and how each is caught without a hook in the product.

What happens at the destination, the sandbox sees and calls back. What happens in the database is
seen there, or held up there by a lock. What is before a claim is told by the drain itself, which
asks its caller whether to stop.
"""

import random
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from sandbox.faults import ACCEPTED, PROCESSED, RECEIVED
from sandbox.journal import Entry
from sandbox.server import Sandbox
from tests.crashes.crew import Crew
from tests.crashes.ledger import CLAIMED, SAVED, UNCLAIMED, Ledger

PATIENCE = 4.0  # seconds for a moment to come: some ask for a close, and there may be none
TICK = 0.01
SOON = 0.03  # seconds: enough to read an answer and to begin to save it
Strike = Callable[[int], bool]  # given a process, says whether it hit


class Trap:
    """Set for one request: when it gets to the moment, whoever has the lane is struck."""

    def __init__(self, holder: Callable[[], int], strike: Strike) -> None:
        self.victim = 0
        self.entry: Entry | None = None
        self._holder, self._strike = holder, strike
        self._lock, self._sprung = threading.Lock(), threading.Event()
        self._is_set, self._has_hit = True, False

    def spring(self, _: str, entry: Entry | None) -> None:
        """The sandbox's callback."""
        with self._lock:
            if self._is_set:
                self._is_set, self.entry, self.victim = False, entry, self._holder()
                self._has_hit = self._strike(self.victim)
        self._sprung.set()

    def wait(self) -> bool:
        """Whether it has hit. Afterwards it strikes nobody any more."""
        self._sprung.wait(PATIENCE)
        with self._lock:
            self._is_set = False
            return self._has_hit

    def let_answer(self) -> None:
        """Until the answer has been written, and a worker that is awake has read it."""
        _comes(lambda: self.entry is not None and self.entry.status is not None)
        time.sleep(SOON)


class Lane:
    """One lane under attack: its sandbox, its rows, and whoever works on it now."""

    def __init__(self, number: int, sandbox: Sandbox, crew: Crew, ledger: Ledger) -> None:
        self.number, self.name = number, f"lane {number}"
        self.sandbox, self.crew, self.ledger = sandbox, crew, ledger
        self.board = crew.scene.board

    def holder(self) -> int:
        return int(self.board.holders[self.number])

    def kill_amid(self, pid: int) -> bool:
        """The database must then have what the dead worker had in hand: it proves the moment."""
        return self.crew.kill(pid) and self.ledger.count(CLAIMED, self.name) > 0

    def before_claim(self, chance: random.Random) -> bool:
        """The lane is taken and there is something to send, but nothing is claimed."""
        last = self.holder()
        self.board.orders[self.number] = 1
        if not _comes(lambda: not self.board.orders[self.number]):
            self.board.orders[self.number] = 0
            return False
        died = self.crew.bury(self.holder() or last)
        return died and self.ledger.count(UNCLAIMED, self.name) > 0

    def after_claim(self, chance: random.Random) -> bool:
        """The worker has connected, and has not sent a byte."""
        return bool(self._catch(ACCEPTED, None, self.kill_amid))

    def during_the_call(self, chance: random.Random) -> bool:
        """The request is there, and nothing is carried out."""
        return bool(self._catch(RECEIVED, _any_route(chance), self.kill_amid))

    def after_it_was_carried_out(self, chance: random.Random) -> bool:
        """It is done, and no answer was sent."""
        return bool(self._catch(PROCESSED, _any_route(chance), self.kill_amid))

    def before_the_answer_is_read(self, chance: random.Random) -> bool:
        """The answer lies in the socket of a worker that is frozen, and never reads it."""
        trap = self._catch(PROCESSED, _any_route(chance), self._freeze)
        if trap is None:
            return False
        trap.let_answer()
        return self.kill_amid(trap.victim)

    def before_the_save(self, chance: random.Random) -> bool:
        """The answer was read, and saving it waits for a lock of the database."""
        locks: list[Any] = []

        def hold_up(_: int) -> bool:
            locks.append(self.ledger.lock())
            return True

        try:
            trap = self._catch(PROCESSED, _any_route(chance), hold_up)
            if trap is None:
                return False
            trap.let_answer()
            return self.kill_amid(trap.victim)
        finally:
            for lock in locks:
                lock.close()

    def after_the_save(self, chance: random.Random) -> bool:
        """The database has just been seen to have the answer."""
        before = self.ledger.count(SAVED, self.name)
        if _comes(lambda: self.ledger.count(SAVED, self.name) > before):
            return self.crew.kill(self.holder())
        return False

    def at_any_time(self, chance: random.Random) -> bool:
        """Somebody, whatever they do: mostly sweep, look for work, or wait."""
        time.sleep(chance.random())
        return self.crew.kill(chance.choice(self.crew.workers()))

    def while_an_event_is_recorded(self, chance: random.Random) -> bool:
        """The process that takes events in, which sends its last one again."""
        time.sleep(chance.random())
        return self.crew.kill(self.crew.producer())

    def wakes_up_too_late(self, chance: random.Random) -> bool:
        """No crash: a worker sleeps until its lease has run out and another has the lane."""
        trap = self._catch(PROCESSED, _any_route(chance), self._freeze)
        if trap is None:
            return False
        slept = _comes(lambda: self.holder() != trap.victim)
        return self.crew.signal(trap.victim, signal.SIGCONT) and slept

    def _catch(self, at: str, route: str | None, strike: Strike) -> Trap | None:
        """Strikes when the next request gets there; None if none did, or nobody was hit."""
        trap = Trap(self.holder, strike)
        self.sandbox.faults.add("callback", times=1, at=at, route=route, callback=trap.spring)
        has_hit = trap.wait()
        self.sandbox.faults.clear()
        return trap if has_hit else None

    def _freeze(self, pid: int) -> bool:
        return self.crew.signal(pid, signal.SIGSTOP)


CRASHES: list[Callable[[Lane, random.Random], bool]] = [
    Lane.before_claim,
    Lane.after_claim,
    Lane.during_the_call,
    Lane.after_it_was_carried_out,
    Lane.before_the_answer_is_read,
    Lane.before_the_save,
    Lane.after_the_save,
    Lane.at_any_time,
    Lane.while_an_event_is_recorded,
]


def _any_route(chance: random.Random) -> str | None:
    return chance.choice([None, "create", "show", "update"])


def _comes(condition: Callable[[], bool]) -> bool:
    ends = time.monotonic() + PATIENCE
    while not (came := condition()) and time.monotonic() < ends:
        time.sleep(TICK)
    return came
