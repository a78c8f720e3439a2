"""The only importer of django_q: doorbells and the heartbeat.

1. The queue holds doorbells, never deliveries: whatever becomes of it, the rows are the truth.
2. A task carries integers only. django-q2 pickles arguments, and stores errors with their text.
3. A task never raises: django-q2 would keep the exception's text in a table.
"""

import logging
import multiprocessing
import time
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import OperationalError, connection
from django.db.models import Q
from django.utils import timezone
from django_q.brokers.orm import ORM
from django_q.cluster import Cluster
from django_q.models import OrmQ, Task
from django_q.tasks import async_task

from alerts.models import Heartbeat, Lane
from alerts.rows import prepared

__all__ = [
    "Cluster",
    "ask_for_beat",
    "ask_to_tell",
    "beat",
    "drain",
    "prune_queue",
    "ring",
    "start_cluster",
    "stopping",
    "tell",
]
logger = logging.getLogger(__name__)
WAITING = "SELECT 1 FROM django_q_ormq WHERE key = %s AND lock < %s LIMIT 1"
FAILURES_KEPT = timedelta(days=7)
DOORBELLS_KEPT = timedelta(days=1)
HEARTBEAT = "worker"
HEARTBEAT_INTERVAL = timedelta(seconds=10)
# Set by the worker's main process when it is told to stop; its forked children share it.
stopping = multiprocessing.Event()


class Doorbells(ORM):  # type: ignore[misc]  # django-q2 has no types
    """django-q2's queue in our database, asked many times a second at a tenth of the cost: whether
    there is anything, before what there is."""

    def dequeue(self) -> Any:
        if self._has_one():
            return super().dequeue()
        time.sleep(settings.Q_CLUSTER["poll"])
        return None

    def _has_one(self) -> bool:
        try:
            with connection.cursor() as cursor:
                cursor.execute(WAITING, [self.list_key, prepared(OrmQ, "lock", timezone.now())])
                return cursor.fetchone() is not None
        except OperationalError:
            # Raised further, it would end the process that asks; a new connection is all it takes.
            connection.close()
            return False


def ring(lane: Lane, now: datetime) -> bool:
    """Queues a drain of the lane, unless it is being drained or has just been rung. In the
    caller's transaction."""
    unanswered = now - timedelta(seconds=settings.DOORBELL_TIMEOUT)
    rung = (
        Lane.objects.filter(pk=lane.pk)
        .filter(Q(lease_until=None) | Q(lease_until__lte=now))
        .filter(Q(rung_at=None) | Q(rung_at__lte=unanswered))
        .update(rung_at=now)
    )
    if rung:
        async_task("alerts.tasks.drain", lane.pk)
    return bool(rung)


def drain(lane_id: int) -> None:
    """Answers a doorbell."""
    from alerts import lanes  # the lanes ring doorbells themselves

    try:
        lanes.drain(lane_id, stopping.is_set)
    except Exception:
        logger.exception("Draining lane %d broke off; the sweeper rings again.", lane_id)


def ask_to_tell(lane_id: int) -> None:
    """Queues a mail to the admins about the lane's destination."""
    async_task("alerts.tasks.tell", lane_id)


def tell(lane_id: int) -> None:
    """Tells the admins what there is to tell."""
    from alerts import notices

    try:
        notices.tell(lane_id)
    except Exception as error:
        # Its text may hold anything, an address among it.
        logger.error("Telling of lane %d broke off: %s", lane_id, type(error).__name__)


def prune_queue(now: datetime) -> int:
    """Deletes failures that django-q2 keeps for ever, and doorbells that nobody will answer: the
    sweeper has long rung again. Returns how many."""
    failures, _ = Task.objects.filter(stopped__lt=now - FAILURES_KEPT).delete()
    orphans, _ = OrmQ.objects.filter(lock__lt=now - DOORBELLS_KEPT).delete()
    return int(failures + orphans)


def start_cluster() -> Cluster:
    """Starts the processes that answer doorbells. It takes SIGTERM and SIGINT for itself."""
    # Whatever was asked before this start will not be answered: its worker is gone.
    Heartbeat.objects.filter(name=HEARTBEAT).update(asked_at=None)
    connection.close()  # a connection must not be shared over a fork
    cluster = Cluster()
    cluster.start()
    return cluster


def beat() -> None:
    """Proves that tasks are run."""
    Heartbeat.objects.filter(name=HEARTBEAT).update(beaten_at=timezone.now())


def ask_for_beat(now: datetime) -> Heartbeat:
    """Queues a heartbeat when the last one was answered and is old. Returns the row as it was."""
    heartbeat, _ = Heartbeat.objects.get_or_create(name=HEARTBEAT)
    asked, beaten = heartbeat.asked_at, heartbeat.beaten_at
    is_answered = asked is None or (beaten is not None and beaten >= asked)
    if is_answered and (asked is None or now - asked >= HEARTBEAT_INTERVAL):
        Heartbeat.objects.filter(name=HEARTBEAT).update(asked_at=now)
        async_task("alerts.tasks.beat")
    return heartbeat
