"""Runs the worker: django-q2's cluster, and beside it the sweeper, which also watches it."""

import ctypes
import logging
import os
import signal
import sys
import threading
from types import FrameType
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from django.db import DatabaseError, connection
from django.utils import timezone

from alerts import tasks
from alerts.sweep import is_stalled, sweep

logger = logging.getLogger(__name__)
PR_SET_PDEATHSIG = 1  # prctl(2)
STALLED = 75  # EX_TEMPFAIL of sysexits.h: start me again


class Command(BaseCommand):
    help = (
        "Run the worker and the sweeper, until SIGTERM. Exits with 75 when it has to be restarted."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        _children_die_with_us()
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
            sweep()
            tasks.ask_for_beat(now)
            stalled = is_stalled(now)
        except DatabaseError as error:
            logger.warning("The sweeper cannot use the database: %s", type(error).__name__)
            connection.close()
            return
        if stalled or not cluster.sentinel.is_alive():
            logger.error("The worker stands still. Leaving, to be started again.")
            os._exit(STALLED)  # its children die with it

    def _stop(self, signum: int, frame: FrameType | None) -> None:
        # On a thread: set() waits until whoever waits for the event has woken, and that is the main
        # thread, which this handler has interrupted.
        threading.Thread(target=tasks.stopping.set).start()


def _children_die_with_us() -> None:
    """Linux: every process forked from here is killed when its parent is, so that no half of a
    killed cluster goes on working unseen. Elsewhere two clusters on one queue do no harm either."""
    if sys.platform != "linux":
        return
    libc = ctypes.CDLL(None)
    os.register_at_fork(
        after_in_child=lambda: libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    )
