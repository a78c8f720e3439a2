"""Time zones by their IANA names, and what their clocks show. Pure."""

import functools
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
SECOND = timedelta(seconds=1)
# Files beside the zones that are no place's time.
NO_PLACES = {"Factory", "localtime"}


def zone_of(name: str) -> tzinfo:
    """UTC if this host does not know the zone (any more): events are taken in all the same."""
    try:
        return ZoneInfo(name) if name else UTC
    except (KeyError, ValueError, OSError):
        return UTC


@functools.cache
def zone_names() -> list[str]:
    """The zones that this host knows, by name; UTC on any."""
    return sorted(zoneinfo.available_timezones() - NO_PLACES | {"UTC"})


def moment_of(local: datetime, zone: tzinfo) -> datetime:
    """The first moment, in UTC, at which the zone's clocks show this time or a later one.

    So a time that comes twice is the first, and one that is skipped is the moment of the skip.
    """
    moment = local.replace(tzinfo=zone).astimezone(UTC)
    if moment.astimezone(zone).replace(tzinfo=None) == local:
        return moment
    before = local.replace(tzinfo=zone, fold=1).astimezone(UTC)
    return _change(zone, before, moment)


def stretches(zone: tzinfo, since: datetime, days: int) -> Iterator[tuple[datetime, datetime]]:
    """The time from a moment on, for so many days, day by day and cut where the zone's clocks are
    changed. In UTC; the second of each is the start of the next."""
    start = since.astimezone(UTC)
    old = _offset(zone, start)
    for _ in range(days):
        end = start + DAY
        new = _offset(zone, end)
        if new != old:
            change = _change(zone, start, end)
            yield start, change
            start, old = change, new
        yield start, end
        start = end


def _change(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    """When the clocks are changed between two moments, which they are once; on a whole second."""
    old = _offset(zone, before)
    while after - before > SECOND:
        middle = before + (after - before) / 2
        if _offset(zone, middle) == old:
            before = middle
        else:
            after = middle
    return after.replace(microsecond=0)


def _offset(zone: tzinfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
