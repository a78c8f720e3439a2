"""The storm brake: too many alerts of one rule in a minute become one summary alert.

A rule lets `STORM_LIMIT` creates a minute through to each of its destinations. What comes on top is
a member of a storm: an alert like any other, whose create is skipped because the storm's summary
speaks for it. The summary is an alert too, so that it is delivered, shown, and closed as all are.
It waits `STORM_GATHER` seconds before it is sent, and then lists the members that it has by then.
Sums and ends are the sweeper's work (alerts/sums.py), so that events only ever add rows.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from alerts import joining
from alerts.models import Alert, Delivery, Rule, Storm, Verdict
from alerts.rows import prepared
from alerts.summaries import storm_title
from alerts.vocabulary import EventType

MINUTE = timedelta(minutes=1)
# A storm that nobody joined for so long is over: what comes then is a new one.
QUIET = timedelta(minutes=10)
JOINED_GRAIN = timedelta(seconds=10)
PASSED = """
    SELECT COUNT(*) FROM (
        SELECT 1 FROM alerts_delivery
        WHERE passed_by = %s AND destination_id = %s AND created_at > %s LIMIT %s) AS passed"""


class Brake:
    """Counts the creates that rules have let through in the last minute."""

    def __init__(self) -> None:
        self._counts: dict[tuple[UUID, UUID], int] = {}

    def passing(self, rules: Iterable[Rule], destination: UUID) -> Rule | None:
        """The first of the rules that lets one more create through to the destination."""
        return next((rule for rule in rules if self._lets_through(rule.pk, destination)), None)

    def _lets_through(self, rule: UUID, destination: UUID) -> bool:
        limit = settings.STORM_LIMIT
        if not limit:
            return True
        key = rule, destination
        if key not in self._counts:
            self._counts[key] = _passed(rule, destination, limit)
        if self._counts[key] >= limit:
            return False
        self._counts[key] += 1
        return True


def _passed(rule: UUID, destination: UUID, limit: int) -> int:
    since = prepared(Delivery, "created_at", timezone.now() - MINUTE)
    ids = prepared(Delivery, "passed_by", rule), prepared(Delivery, "destination", destination)
    with connection.cursor() as cursor:
        cursor.execute(PASSED, [*ids, since, limit])
        count: int = cursor.fetchone()[0]
        return count


def storm_of(rule: Rule, first: Alert) -> Storm:
    """The storm that alerts of the rule join now, held; `first` opens one if there is none."""
    while True:
        now = timezone.now()
        storm = (
            Storm.objects.filter(rule=rule, alert__ended_at=None, joined_at__gt=now - QUIET)
            .select_related("alert", "rule")
            .order_by("-joined_at")
            .first()
        )
        if storm and joining.hold(storm):
            if storm.joined_at < now - JOINED_GRAIN:
                Storm.objects.filter(pk=storm.pk).update(joined_at=now)
            return storm
        if storm := _open(rule, first, now):
            return storm


def _open(rule: Rule, first: Alert, now: datetime) -> Storm | None:
    # The minute lets two transactions that open it at once meet in the unique fingerprint.
    name = f"storm {rule.pk} {now:%Y-%m-%d %H:%M}"
    fingerprint = hashlib.sha256(name.encode()).hexdigest()
    summary = Alert(
        fingerprint=fingerprint,
        open_fingerprint=fingerprint,
        event_type=EventType.CUSTOM,
        severity=first.severity,
        title=storm_title(rule.name, 1),
        description=_description(rule.name),
        is_matched=True,
        verdict=Verdict.MATCHED,
        occurred_at=now,
        last_event_at=now,
    )
    return joining.open_one(summary, "by the storm brake", rule=rule) or joining.find(fingerprint)


def _description(rule: str) -> str:
    return (
        f"The rule {rule} let {settings.STORM_LIMIT} alerts a minute through. This incident stands"
        " for all that came on top: when it is resolved, they are, too."
    )
