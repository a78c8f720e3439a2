"""Runs the worker: django-q2's cluster, and beside it the sweeper, which also watches it."""

import ctypes
import logging
import os
import signal
import sys
import threading
import time
from datetime import datetime
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from alerts import tasks
from alerts.pruning import prune
from alerts.sweep import is_stalled, sweep, wake

logger = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1  # prctl(2)
# https://www.postgresql.org/docs/current/errcodes-appendix.html
LOCK_NOT_AVAILABLE = "55P03"
WHOLE_SWEEP_INTERVAL = 10  # seconds
PRUNE_INTERVAL = 60 * 60  # seconds
STALLED = 75  # EX_TEMPFAIL of sysexits.h: start me again


class Command(BaseCommand):
    help = (
        "Run the worker and the sweeper, until SIGTERM. Exits with 75 when it has to be restarted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        _children_die_with_us()
        self._last_round = time.monotonic()
        self._sweep_at = self._last_round
        self._prune_at = self._last_round + PRUNE_INTERVAL
        cluster = tasks.start_cluster()  # takes the signals, so ours come after
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        logger.info("The worker is ready.")
        while not tasks.stopping.is_set():
            self._round(cluster)
            tasks.stopping.wait(settings.SWEEP_INTERVAL)
        cluster.stop()
        logger.info("The worker has stopped.")

    def _round(self, cluster: tasks.Cluster) -> None:
        try:
            now = timezone.now()
            self._sweep()
            tasks.ask_for_beat(now)
            stalled = is_stalled(now)
            self._prune(now)
        except DatabaseError as error:
            logger.warning("The sweeper cannot use the database: %s", type(error).__name__)
            connection.close()
            # A child of ours that stands still may be what holds the lock.
            stalled = _is_lock(error) and self._seconds_without_round() > settings.STALL_TIMEOUT
        else:
            self._last_round = time.monotonic()
        if stalled or not cluster.sentinel.is_alive():
            logger.error("The worker stands still. Leaving, to be started again.")
            os._exit(STALLED)  # its children die with it

    def _sweep(self) -> None:
        """Every few rounds all of it; it costs ten times as much as what cannot wait."""
        if time.monotonic() >= self._sweep_at:
            sweep()
            self._sweep_at = time.monotonic() + WHOLE_SWEEP_INTERVAL
        else:
            wake()

    def _prune(self, now: datetime) -> None:
        """A little each round while there is something to delete; then not for an hour."""
        if time.monotonic() >= self._prune_at and prune(now).is_complete:
            tasks.prune_queue(now)
            self._prune_at = time.monotonic() + PRUNE_INTERVAL

    def _seconds_without_round(self) -> float:
        return time.monotonic() - self._last_round

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        # On a thread: set() waits until whoever waits for the event has woken, and that is the main
        # thread, which this handler has interrupted.
        threading.Thread(target=tasks.stopping.set).start()


def _is_lock(error: DatabaseError) -> bool:
    """Whether somebody else held a lock for too long, as SQLite and PostgreSQL say it."""
    return "locked" in str(error) or getattr(error.__cause__, "sqlstate", "") == LOCK_NOT_AVAILABLE


def _children_die_with_us() -> None:
    """Linux: every process forked from here is killed when its parent is, so that no half of a
    killed cluster goes on working unseen. Elsewhere two clusters on one queue do no harm either."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    os.register_at_fork(
        after_in_child=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    )
