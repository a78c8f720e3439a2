"""The sweeper: every few seconds it repairs what a crash, a lost doorbell or time has left."""

import logging
from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from alerts import (
    carrying,
    clocks,
    deletion,
    deliveries,
    digests,
    flapping,
    lifecycle,
    notices,
    sums,
    tasks,
    waiting,
)
from alerts.models import Delivery, DeliveryState, Heartbeat, Lane
from destinations.messages import Action

logger = logging.getLogger(__name__)
SETTLE_BATCH = 200
NOTICES = 10  # a round


def sweep() -> None:
    """One round with all there is to repair. Each step is safe to repeat, and safe to run in two
    places at once."""
    if moved := clocks.pull_in(timezone.now()):
        logger.warning("The clock was set back: pulled in %d times.", moved)
    digests.pull_in(timezone.now())
    deletion.skip_waiting()
    carrying.finish()
    _settle_left_closes()
    lifecycle.wake_snoozed()
    flapping.end_settled()
    waiting.judge_again()
    for lane in notices.due(timezone.now())[:NOTICES]:
        tasks.ask_to_tell(lane.pk)
    wake()


def wake() -> None:
    """The part of a round that cannot wait: what dead workers held, what is gathered or has ended
    together, and what is due."""
    if freed := deliveries.free_expired():
        logger.warning("Freed %d deliveries of a worker that stopped.", freed)
    sums.sweep()
    now = timezone.now()
    for lane in _lanes_with_work(now):
        tasks.ring(lane, now)


def _lanes_with_work(now: datetime) -> QuerySet[Lane]:
    work = Delivery.objects.filter(
        destination=OuterRef("destination"),
        state=DeliveryState.PENDING,
        action__in=Action.values,  # so that each probe is one step in the index delivery_next
        next_attempt_at__lte=now,
    )
    return Lane.objects.filter(
        Q(paused_until=None) | Q(paused_until__lte=now),
        Exists(work),
        destination__is_active=True,
        destination__attention="",
    )


def _settle_left_closes() -> None:
    """Closes whose create ended without them; only a crash or a race can leave one."""
    waiting = Delivery.objects.filter(
        state=DeliveryState.PENDING, next_attempt_at=None, action=Action.CLOSE, carried_by=None
    )
    ended = Delivery.objects.filter(
        alert=OuterRef("alert"),
        destination=OuterRef("destination"),
        action=Action.CREATE,
    ).exclude(state__in=[DeliveryState.PENDING, DeliveryState.SENDING])
    left = waiting.filter(Exists(ended)).values_list("alert_id", flat=True)[:SETTLE_BATCH]
    deliveries.settle_closes(list(left))


def is_stalled(now: datetime) -> bool:
    """Whether a heartbeat was asked for and nothing has moved since, for too long.

    django-q2's whole cluster stands still for good when the wrong idle worker is killed
    (https://github.com/django-q2/django-q2/issues/23), and looks healthy meanwhile.
    """
    heartbeat = Heartbeat.objects.filter(name=tasks.HEARTBEAT).first()
    if heartbeat is None or heartbeat.asked_at is None:
        return False
    if heartbeat.beaten_at is not None and heartbeat.beaten_at >= heartbeat.asked_at:
        return False
    if now - heartbeat.asked_at < timedelta(seconds=settings.STALL_TIMEOUT):
        return False
    # Busy is not stuck: a lane that is being drained renews its lease.
    lately = now + timedelta(seconds=settings.LEASE / 2)
    return not Lane.objects.filter(lease_until__gte=lately).exists()
