"""Groups: alerts of one burst share an incident, where rules want that (`Rule.is_grouped`).

One burst is one data source, event type and schema, within GROUP_WINDOW of its first alert. Its
summary is an alert like a storm's (alerts/storms.py); what both share is in alerts/joining.py.
"""

import hashlib
from datetime import datetime, timedelta

from django.conf import settings
from django.utils import timezone

from alerts import joining
from alerts.lateness import in_words
from alerts.models import Alert, Storm, Verdict
from alerts.vocabulary import EventType


def burst_of(alert: Alert) -> str:
    """Equal for alerts that may share an incident."""
    return _hash(alert.data_source, alert.event_type, alert.schema)


def current(burst: str) -> Storm | None:
    """The open group that alerts of the burst join now, held."""
    now = timezone.now()
    newest = _newest(burst, now)
    return newest if newest and _is_joined(newest, now) else None


def open_group(burst: str, first: Alert) -> Storm:
    """A new group, for an alert whose burst has none that it can join; or that of somebody who was
    quicker."""
    while True:
        now = timezone.now()
        newest = _newest(burst, now)
        if newest and _is_joined(newest, now):
            return newest
        # Named after the one before it, which may still be open: so two that open one at once meet
        # in one fingerprint.
        fingerprint = _hash("group", burst, str(newest.pk) if newest else "")
        summary = _summary(fingerprint, first, now)
        if group := joining.open_one(summary, "by grouping", burst=burst):
            return group
        if group := joining.find(fingerprint):
            return group


def _is_joined(group: Storm, now: datetime) -> bool:
    """Whether its window is open, and it is; then it is held."""
    window = timedelta(seconds=settings.GROUP_WINDOW)
    return group.joined_at > now - window and joining.hold(group)


def _newest(burst: str, now: datetime) -> Storm | None:
    # One from the future was opened by a clock that has been set back.
    groups = Storm.objects.filter(burst=burst, joined_at__lte=now).select_related("alert")
    return groups.order_by("-joined_at").first()


def _summary(fingerprint: str, first: Alert, now: datetime) -> Alert:
    return Alert(
        fingerprint=fingerprint,
        open_fingerprint=fingerprint,
        event_type=first.event_type,
        severity=first.severity,
        title=first.title,
        description=_description(first),
        data_source=first.data_source,
        schema=first.schema,
        is_matched=True,
        verdict=Verdict.MATCHED,
        occurred_at=now,
        last_event_at=now,
    )


def _description(first: Alert) -> str:
    what = EventType(first.event_type).label.lower()
    where = f" in {first.data_source}" if first.data_source else ""
    schema = f", schema {first.schema}" if first.schema else ""
    window = in_words(settings.GROUP_WINDOW / 60)
    return (
        f"This incident stands for all alerts of one burst ({what}{where}{schema}, within {window}"
        " of the first), and is closed when the last of them has ended."
    )


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).lower().encode()).hexdigest()
