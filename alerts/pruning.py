"""Deletes what is older than RETENTION_DAYS, a little at a time.

An alert goes when it ended so long ago and nothing of it waits to be sent, with all that belongs to
it; an open alert never does. Every batch is one statement that deletes at most BATCH rows of one
table, so that events which come in meanwhile hardly wait. Children go before their parents:
wherever this is stopped, the next call goes on.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from axes.models import AccessAttempt, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import Exists, OuterRef, QuerySet

from alerts.models import (
    Activity,
    Alert,
    Attempt,
    Cooldown,
    DailyCount,
    Delivery,
    DeliveryState,
    Event,
    Explanation,
    Match,
    QuietWindow,
    Storm,
    Suppression,
)

BATCH = 500  # rows
BATCHES = 20  # in one call: the sweeper has other things to do
UNDER_WAY = (DeliveryState.PENDING, DeliveryState.SENDING)


@dataclass(slots=True)
class Pruned:
    """How many rows of which kind one call has deleted, and whether nothing is left to delete."""

    rows: Counter[str] = field(default_factory=Counter)
    is_complete: bool = False


def prune(now: datetime) -> Pruned:
    """Deletes at most BATCHES batches. RETENTION_DAYS = 0 keeps all but sessions for ever."""
    pruned = Pruned()
    for _ in range(BATCHES):
        kind, count = _prune_batch(now)
        if not count:
            pruned.is_complete = True
            break
        pruned.rows[kind] += count
    return pruned


def _prune_batch(now: datetime) -> tuple[str, int]:
    """Deletes some of the first kind of which there is anything: its name, and how many."""
    for rows in _too_old(now):
        if count := _delete(rows):
            return str(rows.model._meta.verbose_name_plural), count
    return "", 0


def _too_old(now: datetime) -> Iterator[QuerySet[Any]]:
    """What may go, in the order in which it must."""
    yield Session.objects.filter(expire_date__lt=now)
    if not settings.RETENTION_DAYS:
        return
    before = now - timedelta(days=settings.RETENTION_DAYS)
    if ids := list(_ended(before).values_list("pk", flat=True)[:BATCH]):
        yield from _with_all_that_belongs_to_it(ids)
    # A resolved event that met no alert. Those of an alert go with it.
    yield Event.objects.filter(alert=None, received_at__lt=before)
    yield Cooldown.objects.filter(taken_at__lt=before)
    yield DailyCount.objects.filter(day__lt=before)
    held_back = Suppression.objects.filter(window=OuterRef("pk"))
    yield QuietWindow.objects.filter(~Exists(held_back), ends_at__lt=before)
    yield AccessAttempt.objects.filter(attempt_time__lt=before)
    yield AccessLog.objects.filter(attempt_time__lt=before)


def _ended(before: datetime) -> QuerySet[Alert]:
    """Alerts that are over in every respect, the oldest end first."""
    under_way = Delivery.objects.filter(alert=OuterRef("pk"), state__in=UNDER_WAY)
    members = Alert.objects.filter(part_of=OuterRef("pk"))  # a storm goes after its members
    ended = Alert.objects.filter(ended_at__lt=before)
    return ended.exclude(Exists(under_way)).exclude(Exists(members)).order_by("ended_at")


def _with_all_that_belongs_to_it(ids: list[UUID]) -> Iterator[QuerySet[Any]]:
    carried = Delivery.objects.filter(carried_by=OuterRef("pk"), state__in=UNDER_WAY)
    finished = Delivery.objects.filter(~Exists(carried), alert__in=ids)
    finished = finished.exclude(state__in=UNDER_WAY)
    deliveries = list(finished.values_list("pk", flat=True)[:BATCH])
    _forget_who_carried(deliveries)
    yield Attempt.objects.filter(delivery__in=deliveries)
    # Somebody may send one again at this moment: then it stays, and its alert with it.
    yield finished.filter(pk__in=deliveries)
    for model in (Event, Activity, Match, Explanation, Suppression, Storm):
        yield model._default_manager.filter(alert__in=ids)
    yield Alert.objects.filter(pk__in=ids).exclude(
        Exists(Delivery.objects.filter(alert=OuterRef("pk")))
    )


def _forget_who_carried(deliveries: list[UUID]) -> None:
    """What a digest has told may belong to an alert that stays."""
    carried = Delivery.objects.filter(carried_by__in=deliveries)
    while pks := list(carried.values_list("pk", flat=True)[:BATCH]):
        Delivery.objects.filter(pk__in=pks).update(carried_by=None)


def _delete(rows: QuerySet[Any]) -> int:
    """At most BATCH of these rows, by their ids: quick whatever the database knows of the table.

    Nothing cascades. The condition is checked again, for rows that have changed in between.
    """
    ids = list(rows.order_by().values_list("pk", flat=True)[:BATCH])
    if not ids:
        return 0
    count: int = rows.order_by().filter(pk__in=ids)._raw_delete(connection.alias)
    return count
