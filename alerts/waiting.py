"""Alerts that a rule waits for or is kept quiet about are judged again when that is over.

Nothing is lost by being suppressed: what is still open then is told then. The sweeper's work.
"""

import time
from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from alerts.judging import Judge
from alerts.models import Alert, Match

BATCH = 100  # alerts
SECONDS = 5.0


def judge_again() -> None:
    """Judges those whose time has come, those that have waited longest first; the rest in the next
    round, if there are many."""
    ends = time.monotonic() + SECONDS
    while _judge_some(timezone.now()) and time.monotonic() < ends:
        pass


@transaction.atomic
def _judge_some(now: datetime) -> int:
    due = Match.objects.filter(look_again_at__lte=now).order_by("look_again_at")
    ids = list(dict.fromkeys(due.values_list("alert_id", flat=True)[:BATCH]))
    # Locked, so that it does not end meanwhile; who is being judged elsewhere comes next time.
    free = Alert.objects.select_for_update(skip_locked=True).filter(pk__in=ids)
    judge = Judge()
    for alert in sorted(free, key=lambda alert: ids.index(alert.pk)):
        _judge_one(judge, alert, now)
    judge.write()
    return len(ids)


def _judge_one(judge: Judge, alert: Alert, now: datetime) -> None:
    asked: QuerySet[Match] = Match.objects.filter(alert=alert, look_again_at__lte=now)
    asked.update(look_again_at=None)  # also of rules that are gone
    if alert.is_open:
        judge.judge(alert, is_new=False, now=now)
