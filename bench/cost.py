"""What work costs: seconds on the clock, and seconds of processor time of whole process trees."""

import time
from types import TracebackType
from typing import Self

import psutil


def cpu_seconds(pid: int) -> float:
    """User and system time of a process and all its descendants, also of those that have ended."""
    root = psutil.Process(pid)
    total = 0.0
    for process in [root, *root.children(recursive=True)]:
        try:
            total += sum(process.cpu_times()[:4])  # the last two are those of ended children
        except psutil.NoSuchProcess:
            continue  # it ended just now: its parent's times have it, or will in the next reading
    return total


def postmaster() -> int:
    """The process over all of PostgreSQL's; 0 on SQLite, whose work is in the asking process."""
    backend = _backend()
    return backend.ppid() if backend else 0


def own_backend_seconds() -> float:
    """What PostgreSQL's process for this process's connection has used so far; 0 on SQLite."""
    backend = _backend()
    return sum(backend.cpu_times()[:2]) if backend else 0.0


def _backend() -> psutil.Process | None:
    from django.db import connection  # not at the top: bare loops measure without Django

    if connection.vendor != "postgresql":
        return None
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return psutil.Process(cursor.fetchone()[0])


class Meter:
    """Around a piece of work: `wall`, `own` processor time, and that of the `database` server.

    The server's is counted whole, with its background writers; nobody else must use it meanwhile.
    """

    def __init__(self, postmaster: int = 0) -> None:
        self._postmaster = postmaster
        self.wall = self.own = self.database = 0.0

    @property
    def cpu(self) -> float:
        return self.own + self.database

    def __enter__(self) -> Self:
        self._started = self._now()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        ended = self._now()
        self.wall, self.own, self.database = (
            after - before for before, after in zip(self._started, ended, strict=True)
        )

    def _now(self) -> tuple[float, float, float]:
        database = cpu_seconds(self._postmaster) if self._postmaster else 0.0
        return time.monotonic(), time.process_time(), database

    def per(self, count: int) -> dict[str, float]:
        """What one of `count` took: pieces a second, and CPU milliseconds."""
        return {
            "per_second": count / self.wall,
            "cpu_ms": self.cpu * 1000 / count,
            "own_ms": self.own * 1000 / count,
            "database_ms": self.database * 1000 / count,
        }
