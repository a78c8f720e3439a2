"""Flapping: a problem that begins and ends so often that its end is not believed at once.

Whether an alert flaps is settled when it opens, by how often its problem has opened of late. When
its detector then says that it is over it does not end, it settles: the sweeper ends it when nothing
more came for FLAP_SETTLE. The moment is in its row, so whoever dies meanwhile changes nothing.
"""

import functools
from collections import Counter
from collections.abc import Iterable
from datetime import timedelta

from django.conf import settings
from django.db import connection
from django.utils import timezone

from alerts import lifecycle
from alerts.lateness import in_words
from alerts.models import Activity, Alert, AlertState
from alerts.rows import prepared
from alerts.turns import work_off
from alerts.wording import moment

BATCH = 20
# What another clock has dated ahead does not count: one that was set back has many of these.
OPENED = """
    SELECT fingerprint, COUNT(*) FROM alerts_alert
    WHERE fingerprint IN ({}) AND created_at > %s AND created_at <= %s GROUP BY fingerprint"""


class Openings:
    """How often the problems of one transaction's events have opened of late. Counted in one
    statement, when the first of them opens."""

    def __init__(self, fingerprints: Iterable[str]) -> None:
        self._fingerprints = sorted(fingerprints)

    def note(self, alert: Alert) -> Activity | None:
        """Counts an alert that opens, and marks it if that is too often: then its timeline has one
        line more (not saved)."""
        if not settings.FLAP_LIMIT:
            return None
        self._counts[alert.fingerprint] += 1
        times = self._counts[alert.fingerprint]
        alert.is_flapping = times > settings.FLAP_LIMIT
        if not alert.is_flapping:
            return None
        note = f"It has opened {times} times within {_minutes(settings.FLAP_WINDOW)}."
        return Activity(alert_id=alert.pk, kind=Activity.Kind.FLAPPING, note=note)

    @functools.cached_property
    def _counts(self) -> Counter[str]:
        now = timezone.now()
        window = (now - timedelta(seconds=settings.FLAP_WINDOW), now)
        between = [prepared(Alert, "created_at", at) for at in window]
        places = ", ".join(["%s"] * len(self._fingerprints))
        with connection.cursor() as cursor:
            cursor.execute(OPENED.format(places), [*self._fingerprints, *between])
            return Counter(dict(cursor.fetchall()))


def is_held(alert: Alert) -> bool:
    """Whether its detector's word alone does not end the alert."""
    return alert.is_flapping and bool(settings.FLAP_LIMIT)


def settle(alert: Alert) -> None:
    """It was reported as over. `alert` is locked; what settles already goes on as it does."""
    if alert.settles_at:
        return
    alert.settles_at = timezone.now() + timedelta(seconds=settings.FLAP_SETTLE)
    alert.save(update_fields=["settles_at"])
    note = f"It ends at {moment(alert.settles_at)} unless it is reported again."
    Activity.objects.create(alert=alert, kind=Activity.Kind.SETTLING, note=note)


def end_settled() -> None:
    """Ends what has settled, the oldest first."""
    work_off(_end_some)


def _end_some() -> int:
    settled = Alert.objects.filter(settles_at__lte=timezone.now()).order_by("settles_at")
    note = f"Not reported again within {_minutes(settings.FLAP_SETTLE)}."
    # What is being reported at this moment is locked, and does not end.
    free = settled.select_for_update(skip_locked=True)[:BATCH]
    return len([lifecycle.end(alert, AlertState.RESOLVED, note=note) for alert in free])


def _minutes(seconds: float) -> str:
    return in_words(seconds / 60)
