"""Operating schedules: whether one is open, and when it opens next. Pure.

A window is written as the clocks of the schedule's zone show it. It belongs to the day on which it
begins: one whose end is not later than its start goes on past midnight, and `00:00` to `00:00` is
the whole day. Where the clocks skip an hour the part of a window in it does not happen; where they
repeat one it happens twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from alerts.models import Schedule
from alerts.zones import zone_of

DAY = timedelta(days=1)
SEARCH_DAYS = 9  # a window opens at least once in a week, if ever


def is_open(schedule: Schedule, moment: datetime) -> bool:
    """Whether the moment is in one of the schedule's windows."""
    local = moment.astimezone(zone_of(schedule.zone))
    return any(_covers(window, local) for window in schedule.windows)


def next_opening(schedule: Schedule, moment: datetime) -> datetime | None:
    """When the schedule, closed at the moment, opens next, in UTC; None if it never does."""
    starts = (start for start in _starts(schedule, moment) if start > moment)
    return min(starts, default=None)


def _covers(window: dict[str, Any], local: datetime) -> bool:
    start, end = _times(window)
    at, days = local.time(), window["days"]
    today, yesterday = local.isoweekday(), (local - DAY).isoweekday()
    if start < end:
        return today in days and start <= at < end
    return (today in days and at >= start) or (yesterday in days and at < end)


def _starts(schedule: Schedule, moment: datetime) -> Iterator[datetime]:
    zone = zone_of(schedule.zone)
    first = moment.astimezone(zone).date()
    for window in schedule.windows:
        start, _ = _times(window)
        for days in range(SEARCH_DAYS):
            day: date = first + timedelta(days=days)
            if day.isoweekday() in window["days"]:
                yield datetime.combine(day, start, zone).astimezone(UTC)


def _times(window: dict[str, Any]) -> tuple[time, time]:
    return time.fromisoformat(window["start"]), time.fromisoformat(window["end"])
