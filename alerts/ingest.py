"""Takes events in: one short transaction from an event to its alert, verdicts and deliveries."""

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TypeVar

from django.db import IntegrityError, OperationalError, connection, transaction

from accounts.models import ApiKey
from alerts import events
from alerts.intake import Intake, Recorded
from alerts.models import Installation

# Losing a race against an equal request, or a deadlock on PostgreSQL: look again, and find it done.
TRIES = 5
DEADLOCK = "40P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
TURN_TIMEOUT = 20.0  # seconds
_line = threading.Lock()
_Result = TypeVar("_Result")


def record(event: events.Event, api_key: ApiKey | None = None) -> Recorded:
    """Records one event. When it returns, everything is committed."""
    return record_all([event], api_key)[0]


def record_all(batch: Sequence[events.Event], api_key: ApiKey | None = None) -> list[Recorded]:
    """Records events in their order, all or none. When it returns, everything is committed.

    Raises OperationalError when the database cannot take them.
    """

    def work() -> list[Recorded]:
        if len(batch) > 1:
            _wait_for_other_batches()
        return Intake(batch, api_key).run()

    return _again_if_raced(work)


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


def _wait_for_other_batches() -> None:
    """PostgreSQL: two batches with the same problems in other orders would deadlock, again and
    again. The installation's row is the lock that they take turns with."""
    Installation.objects.select_for_update().first()


def _again_if_raced(work: Callable[[], _Result]) -> _Result:
    for tries_left in reversed(range(TRIES)):
        try:
            with _turn(), transaction.atomic():
                return work()
        except IntegrityError:
            if not tries_left:
                raise
        except OperationalError as error:
            is_deadlock = getattr(error.__cause__, "sqlstate", "") == DEADLOCK
            if not tries_left or not is_deadlock:
                raise
    raise AssertionError("unreachable")
