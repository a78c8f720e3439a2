"""Operating schedules: whether one is open, and when it opens or closes next. Pure.

A window is written as the clocks of the schedule's zone show it. It belongs to the day on which it
begins: one whose end is not later than its start goes on past midnight, and `00:00` to `00:00` is
the whole day. Where the clocks skip an hour the part of a window in it does not happen; where they
repeat one it happens twice.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, time, timedelta, tzinfo
from typing import Any

from alerts.models import Schedule
from alerts.zones import stretches, zone_of

DAY = timedelta(days=1)
# A window comes once in a week, if ever; but not in one in which the clocks skip it.
SEARCH_DAYS = 16


def is_open(schedule: Schedule, moment: datetime) -> bool:
    """Whether the moment is in one of the schedule's windows."""
    local = moment.astimezone(zone_of(schedule.zone))
    return any(_covers(window, local) for window in schedule.windows)


def next_opening(schedule: Schedule, moment: datetime) -> datetime | None:
    """The first moment, from this one on, at which the schedule is open, in UTC; None if it never
    opens."""
    turns = _turns(schedule, moment)
    return next((turn for turn in turns if is_open(schedule, turn)), None)


def next_closing(schedule: Schedule, moment: datetime) -> datetime | None:
    """The first moment, from this one on, at which the schedule is closed, in UTC; None if it is
    always open."""
    turns = _turns(schedule, moment)
    return next((turn for turn in turns if not is_open(schedule, turn)), None)


def _covers(window: dict[str, Any], local: datetime) -> bool:
    start, end = _times(window)
    at, days = local.time(), window["days"]
    today, yesterday = local.isoweekday(), (local - DAY).isoweekday()
    if start < end:
        return today in days and start <= at < end
    return (today in days and at >= start) or (yesterday in days and at < end)


def _turns(schedule: Schedule, since: datetime) -> Iterator[datetime]:
    """The moments at which the schedule may open or close, in order: this one, those at which a
    window begins or ends, and those at which the clocks are changed."""
    zone = zone_of(schedule.zone)
    times = sorted({at for window in schedule.windows for at in _times(window)})
    for start, end in stretches(zone, since, SEARCH_DAYS):
        yield start
        yield from _showing(times, zone, start, end)


def _showing(times: list[time], zone: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """When the clocks, which nobody changes meanwhile, show these times between two moments."""
    local = start.astimezone(zone)
    offset, day = local.utcoffset() or timedelta(), local.date()
    midnight = datetime.combine(day, time(), UTC) - offset
    while midnight < end:
        for at in times:
            moment = midnight + timedelta(hours=at.hour, minutes=at.minute, seconds=at.second)
            if start < moment < end:
                yield moment
        midnight += DAY


def _times(window: dict[str, Any]) -> tuple[time, time]:
    return time.fromisoformat(window["start"]), time.fromisoformat(window["end"])
