"""Drains one destination: order, rate, breaker and threads, in one place for each destination.

One worker at a time holds a lane's lease. It keeps its threads busy; the threads do HTTP only, and
all database work stays on the worker's own thread, a batch at a time.
"""

import logging
import queue
import time
import uuid
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta

from django.conf import settings
from django.db import OperationalError, connection, transaction
from django.db.models import Q
from django.utils import timezone

from alerts import deliveries, health, rows, tasks
from alerts.buckets import Bucket
from alerts.fates import Result
from alerts.models import Delivery, Lane
from alerts.sending import obstacle_to, send
from destinations.errors import NeedsAttention
from destinations.messages import Action
from destinations.models import Destination

logger = logging.getLogger(__name__)
POLL = 0.05  # seconds between looks for new work, while it is quiet
BUSY_POLL = 0.025  # the same, while there was work within the last BUSY seconds
BUSY = 1.0  # seconds
FULL_POLL = 0.04  # the same, while no thread is free: nothing new could be sent, so more is saved
YIELD_CHECK = 0.5  # seconds between looks for other lanes that wait, while this one is idle
SAVE_RETRY = 1.0  # seconds


def drain(lane_id: int, is_stopping: Callable[[], bool]) -> None:
    """Sends what is due in the lane, until it is quiet, out of time, held, or told to stop.

    Leaves at once if another worker has the lane.
    """
    token = uuid.uuid4().hex
    if not _take_lease(lane_id, token):
        return
    lane = Lane.objects.select_related("destination").get(pk=lane_id)
    try:
        with ThreadPoolExecutor(settings.LANE_THREADS, "lane") as threads:
            _Drain(lane, token, threads, is_stopping).run()
    finally:
        Lane.objects.filter(pk=lane_id, lease_token=token).update(lease_token="", lease_until=None)
    # What came between the last look and the end of the lease found no doorbell to ring.
    if deliveries.due(lane.destination, timezone.now()).exists():
        tasks.ring(lane, timezone.now())


def _take_lease(lane_id: int, token: str) -> bool:
    now = timezone.now()
    free = Lane.objects.filter(pk=lane_id).filter(Q(lease_until=None) | Q(lease_until__lte=now))
    return bool(
        free.filter(Q(paused_until=None) | Q(paused_until__lte=now)).update(
            lease_token=token, lease_until=now + timedelta(seconds=settings.LEASE), rung_at=None
        )
    )


class _Drain:
    """One worker's stay in a lane."""

    def __init__(
        self, lane: Lane, token: str, threads: ThreadPoolExecutor, is_stopping: Callable[[], bool]
    ) -> None:
        self._lane = lane
        self._token = token
        self._threads = threads
        self._is_stopping = is_stopping
        self._results: queue.SimpleQueue[Result] = queue.SimpleQueue()
        # All that was claimed and is not gathered yet: in a thread, or waiting for one.
        self._in_hand: dict[uuid.UUID, tuple[Delivery, Future[None] | None]] = {}
        self._bucket = Bucket(lane)
        self._ends = time.monotonic() + settings.DRAIN_BUDGET
        self._is_lost = False
        self._is_quiet = False
        self._quiet_since = self._renewed = self._yield_checked = time.monotonic()

    def run(self) -> None:
        try:
            while not self._is_over():
                self._renew_lease()
                self._claim()
                self._record(self._gather())
        finally:  # also when the database fails a claim: what was sent is still recorded
            unstarted = self._unstarted()
            while self._in_hand:
                self._record(self._gather())
            self._put_back(unstarted)

    def _is_over(self) -> bool:
        now = time.monotonic()
        if self._is_stopping() or now > self._ends or self._is_lost:
            return True
        if self._in_hand or not self._is_quiet:
            self._quiet_since = now
            return False
        return now - self._quiet_since > settings.LANE_LINGER or self._others_wait(now)

    def _others_wait(self, now: float) -> bool:
        """Whether another lane was rung and has no worker: then idling here is selfish."""
        if now - self._yield_checked < YIELD_CHECK:
            return False
        self._yield_checked = now
        wall = timezone.now()
        free = Q(paused_until=None) | Q(paused_until__lte=wall)
        waiting = Lane.objects.exclude(pk=self._lane.pk).filter(free, lease_until=None)
        # An older bell was for work that is gone: the sweeper rings again for what is there.
        lately = wall - timedelta(seconds=2 * settings.DOORBELL_TIMEOUT)
        return waiting.filter(rung_at__gt=lately).exists()

    def _renew_lease(self) -> None:
        now = time.monotonic()
        if now - self._renewed < settings.LEASE / 4:
            return
        self._renewed = now
        wall = timezone.now()
        mine = Lane.objects.filter(pk=self._lane.pk, lease_token=self._token, lease_until__gt=wall)
        self._is_lost = not mine.update(lease_until=wall + timedelta(seconds=settings.LEASE))

    def _claim(self) -> None:
        room, to = self._room(), self._lane.destination
        is_idle = not self._in_hand
        claimed = deliveries.claim(to, self._token, room, is_idle=is_idle) if room > 0 else []
        self._is_quiet = not claimed
        if not claimed:
            return
        # Read anew: this try uses the key and settings of now.
        [destination] = rows.find(Destination, "id", [self._lane.destination_id])
        self._lane.destination = destination
        try:
            secrets = destination.open_secrets()
        except NeedsAttention as error:
            self._refuse(claimed, error)
        else:
            for delivery in claimed:
                self._start(delivery, destination, secrets)

    def _room(self) -> int:
        """How many deliveries may be claimed now."""
        if self._is_lost or self._is_paused():
            return 0
        if any(delivery.interruptions for delivery, _ in self._in_hand.values()):
            return 0  # it goes alone
        if self._lane.failures_in_row >= settings.BREAKER_FAILURES:
            return 0 if self._in_hand else 1  # the breaker's probe
        room: int = settings.LANE_THREADS + self._reserve() - len(self._in_hand)
        return min(room, settings.LANE_BATCH, self._bucket.available())

    def _is_paused(self) -> bool:
        until = self._lane.paused_until
        return until is not None and until > timezone.now()

    def _reserve(self) -> int:
        """Deliveries that wait in hand for a thread, so that none has to wait for the database.
        While it fails there is none: what is in hand when a lane pauses was claimed for nothing."""
        return 0 if self._lane.failures_in_row else min(settings.LANE_THREADS, settings.LANE_BATCH)

    def _refuse(self, claimed: list[Delivery], error: NeedsAttention) -> None:
        for delivery in claimed:
            self._in_hand[delivery.pk] = delivery, None
            self._results.put(Result(delivery, timezone.now(), 0, error=error))

    def _start(
        self, delivery: Delivery, destination: Destination, secrets: Mapping[str, str]
    ) -> None:
        action = Action(delivery.action)
        connector = destination.connector(secrets)
        if obstacle := obstacle_to(delivery, connector, destination):
            deliveries.give_back(delivery, obstacle)
            return
        self._bucket.take(connector.cost(action))
        work = self._threads.submit(lambda: self._results.put(send(delivery, connector)))
        self._in_hand[delivery.pk] = delivery, work

    def _gather(self) -> list[Result]:
        """The results of the next moment, to be saved together; those that are there if all are."""
        gathered: list[Result] = []
        ends = time.monotonic() + self._poll()
        while not gathered or len(gathered) < min(len(self._in_hand), settings.LANE_BATCH):
            try:
                gathered.append(self._results.get(timeout=max(0.0, ends - time.monotonic())))
            except queue.Empty:
                break
        return gathered

    def _poll(self) -> float:
        if len(self._in_hand) >= settings.LANE_THREADS:
            return FULL_POLL
        return BUSY_POLL if time.monotonic() - self._quiet_since < BUSY else POLL

    def _record(self, results: list[Result]) -> None:
        if not results:
            return
        for result in results:
            self._in_hand.pop(result.delivery.pk, None)
        health.judge(self._lane, results)
        _insist(lambda: self._save(results))
        self._is_quiet = False  # a create may have made its close due
        if self._is_paused() or any(isinstance(r.error, NeedsAttention) for r in results):
            self._put_back(self._unstarted())

    @transaction.atomic
    def _save(self, results: list[Result]) -> None:
        if connection.vendor == "postgresql":
            # An outcome that a crash of the database takes back is sent again with the same key, so
            # nobody waits for its disk. A claim waits: it must outlive the call that follows it.
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL synchronous_commit TO OFF")
        deliveries.record(results, is_held=health.is_held(self._lane))
        health.save(self._lane, results)

    def _unstarted(self) -> list[Delivery]:
        """Takes back from the threads what none of them has begun."""
        unstarted = [
            delivery for delivery, work in self._in_hand.values() if work and work.cancel()
        ]
        for delivery in unstarted:
            del self._in_hand[delivery.pk]
            cost = self._lane.destination.connector_class.cost(Action(delivery.action))
            self._bucket.take(-cost)
        return unstarted

    def _put_back(self, unstarted: list[Delivery]) -> None:
        if unstarted:
            _insist(lambda: deliveries.release(unstarted))


def _insist(work: Callable[[], object]) -> None:
    """Does database work in spite of a locked or lost database, as long as the lease lasts."""
    ends = time.monotonic() + settings.LEASE / 2
    while True:
        try:
            work()
        except OperationalError:
            if time.monotonic() > ends:
                raise
            logger.warning("The database cannot be written; trying again.")
            connection.close()
            time.sleep(SAVE_RETRY)
        else:
            return
