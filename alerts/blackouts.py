"""Blackouts: whether one is on, and when it comes next. Pure.

An occurrence is written as the clocks of the blackout's zone show it, and turned into moments from
there, so that one which recurs keeps its hour all year. A time that the clocks show twice is the
first; one that they skip is the moment of the skip.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from alerts.models import Blackout
from alerts.zones import moment_of, zone_of

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """In UTC; `end` is the first moment that is free again."""

    start: datetime
    end: datetime


def ends_at(blackout: Blackout, moment: datetime) -> datetime | None:
    """When the occurrence that is on at the moment ends; None if none is on. Of several that
    overlap it is the one that ends last."""
    if not blackout.is_active:
        return None
    today = _date(blackout, moment)
    # By their dates first, which is quick: every event asks. Clocks that are turned back at
    # midnight show the day before.
    near = (days for days in _around(blackout, today) if days[0] - DAY <= today <= days[1] + DAY)
    occurrences = (_occurrence(blackout, *days) for days in near)
    return max((each.end for each in occurrences if each.start <= moment < each.end), default=None)


def next_after(blackout: Blackout, moment: datetime) -> Occurrence | None:
    """The first occurrence that begins after the moment; None if none is to come."""
    days = next_days(blackout, moment)
    return _occurrence(blackout, *days) if days else None


def next_days(blackout: Blackout, moment: datetime) -> tuple[date, date] | None:
    """First and last day of that occurrence, as they are written. Where the clocks skip its first
    minutes they may show the next day already."""
    if not blackout.is_active:
        return None
    around = _around(blackout, max(_date(blackout, moment), blackout.start_date))
    occurrences = ((days, _occurrence(blackout, *days)) for days in around)
    return min((days for days, each in occurrences if moment < each.start < each.end), default=None)


def _date(blackout: Blackout, moment: datetime) -> date:
    return moment.astimezone(zone_of(blackout.zone)).date()


def _around(blackout: Blackout, day: date) -> Iterator[tuple[date, date]]:
    """First and last day of the occurrences near a day: from those that may still be on to two that
    are to come, as the clocks may skip one of them."""
    for first in _first_days(blackout, day):
        if first >= blackout.start_date:
            yield first, _last_day(blackout, first)


def _first_days(blackout: Blackout, around: date) -> Iterator[date]:
    first, length = blackout.start_date, blackout.end_date - blackout.start_date
    match blackout.recurrence:
        case Blackout.Recurrence.WEEKLY:
            weeks = (around - first) // WEEK
            back = (length + DAY) // WEEK + 1
            yield from (first + WEEK * (weeks + step) for step in range(-back, 3))
        case Blackout.Recurrence.YEARLY:
            back = length.days // 365 + 1
            yield from (_in_year(first, around.year + step) for step in range(-back, 3))
        case _:
            yield first


def _in_year(first: date, year: int) -> date:
    """29 February is 1 March in years that have none."""
    try:
        return first.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _occurrence(blackout: Blackout, first: date, last: date) -> Occurrence:
    zone = zone_of(blackout.zone)
    return Occurrence(
        moment_of(datetime.combine(first, blackout.start_time), zone),
        moment_of(datetime.combine(last, blackout.end_time), zone),
    )


def _last_day(blackout: Blackout, day: date) -> date:
    """A yearly one ends on its own date, however long February is; but what begins on the 29th
    keeps its length, wherever that goes."""
    first, last = blackout.start_date, blackout.end_date
    if blackout.recurrence != Blackout.Recurrence.YEARLY or (first.month, first.day) == (2, 29):
        return day + (last - first)
    return _in_year(last, day.year + last.year - first.year)
