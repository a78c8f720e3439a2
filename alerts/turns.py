"""Transactions that take turns with others, and are done again when they have lost a race."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

# Losing a race against an equal request, or a deadlock on PostgreSQL: look again, and find it done.
TRIES = 5
DEADLOCK = "40P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
TURN_TIMEOUT = 20.0  # seconds
ROUND = 5.0  # seconds
# Whoever waits for SQLite looks only now and then whether it is free.
PAUSE = 0.05
_line = threading.Lock()
_Result = TypeVar("_Result")


class Outdated(OperationalError):
    """Somebody has changed what the work was based on."""


def work_off(some: Callable[[], int]) -> None:
    """Calls `some`, each time in a transaction of its own, until it says 0 or the round is over:
    the sweeper has other work, and events that come in meanwhile get their turn."""
    ends = time.monotonic() + ROUND
    while in_turn(some) and time.monotonic() < ends:
        time.sleep(PAUSE)


def in_turn(work: Callable[[], _Result]) -> _Result:
    """Does the work in a transaction of its own; again from its start, if it has lost a race."""
    for tries_left in reversed(range(TRIES)):
        try:
            with _turn(), transaction.atomic():
                return work()
        except IntegrityError:
            if not tries_left:
                raise
        except OperationalError as error:
            has_lost = isinstance(error, Outdated)
            has_lost |= getattr(error.__cause__, "sqlstate", "") == DEADLOCK
            if not tries_left or not has_lost:
                raise
    raise AssertionError("unreachable")


@contextmanager
def _turn() -> Iterator[None]:
    """SQLite lets one writer in at a time, and whoever is kept out polls with growing pauses, some
    for a second. The threads of a process stand in line here instead."""
    if connection.vendor != "sqlite":
        yield
    elif not _line.acquire(timeout=TURN_TIMEOUT):
        raise OperationalError("database is locked")
    else:
        try:
            yield
        finally:
            _line.release()
