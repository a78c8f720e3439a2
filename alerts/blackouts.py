"""Blackouts: whether one is on, and when it comes next. Pure.

An occurrence is written as the clocks of the blackout's zone show it, and turned into moments from
there, so that one which recurs keeps its hour all year.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from alerts.models import Blackout
from alerts.zones import zone_of

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Occurrence:
    """In UTC; `end` is the first moment that is free again."""

    start: datetime
    end: datetime


def ends_at(blackout: Blackout, moment: datetime) -> datetime | None:
    """When the occurrence that is on at the moment ends; None if none is on."""
    if not blackout.is_active:
        return None
    on = (each for each in _around(blackout, moment) if each.start <= moment < each.end)
    return max((each.end for each in on), default=None)


def next_after(blackout: Blackout, moment: datetime) -> Occurrence | None:
    """The first occurrence that begins after the moment; None if none is to come."""
    if not blackout.is_active:
        return None
    coming = (each for each in _around(blackout, moment) if each.start > moment)
    return min(coming, key=lambda each: each.start, default=None)


def _around(blackout: Blackout, moment: datetime) -> Iterator[Occurrence]:
    """The occurrences near a moment, among them those that are on then and the one to come."""
    local = moment.astimezone(zone_of(blackout.zone)).date()
    for day in _start_days(blackout, local):
        if day >= blackout.start_date:
            yield _occurrence(blackout, day)


def _start_days(blackout: Blackout, around: date) -> Iterator[date]:
    first = blackout.start_date
    match blackout.recurrence:
        case Blackout.Recurrence.WEEKLY:
            weeks = (around - first) // WEEK
            yield from (first + WEEK * (weeks + step) for step in (-1, 0, 1))
        case Blackout.Recurrence.YEARLY:
            yield from (_in_year(first, around.year + step) for step in (-1, 0, 1))
        case _:
            yield first


def _in_year(first: date, year: int) -> date:
    """29 February is 1 March in years that have none."""
    try:
        return first.replace(year=year)
    except ValueError:
        return date(year, 3, 1)


def _occurrence(blackout: Blackout, day: date) -> Occurrence:
    zone = zone_of(blackout.zone)
    last = day + (blackout.end_date - blackout.start_date)
    return Occurrence(
        datetime.combine(day, blackout.start_time, zone).astimezone(UTC),
        datetime.combine(last, blackout.end_time, zone).astimezone(UTC),
    )
