"""Schedules and blackouts in words. Pure."""

from collections.abc import Iterable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from alerts.lateness import in_words
from alerts.models import Blackout, Schedule
from alerts.scopes import Scope
from alerts.zones import zone_of

DAYS = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"]
EVERY_DAY = list(range(1, 8))
MINUTE = timedelta(minutes=1)


def hours_of(schedule: Schedule) -> list[str]:
    """`Mon to Fri 08:00 to 18:00`, one line for each window."""
    return [_window(window) for window in schedule.windows]


def spell_of(blackout: Blackout) -> str:
    """`Every Fri 22:00 to Sat 02:00`, `Every year 24 Dec 18:00 to 2 Jan 08:00`, or with dates."""
    first, last = blackout.start_date, blackout.end_date
    start, end = _clock(blackout.start_time), _clock(blackout.end_time)
    match blackout.recurrence:
        case Blackout.Recurrence.WEEKLY:
            begins, ends = DAYS[first.weekday()], DAYS[last.weekday()]
            # A week has each day once, so the same name may be another day.
            return f"Every {begins} {start} to {end if first == last else f'{ends} {end}'}"
        case Blackout.Recurrence.YEARLY:
            begins, ends = f"Every year {first.day} {first:%b}", f"{last.day} {last:%b}"
        case _:
            begins, ends = day_of(first), day_of(last)
    return f"{begins} {start} to {end if first == last else f'{ends} {end}'}"


def length_of(blackout: Blackout) -> str:
    """How long it is by the clock: `4 hours`."""
    start = datetime.combine(blackout.start_date, blackout.start_time)
    end = datetime.combine(blackout.end_date, blackout.end_time)
    return in_words(max((end - start) // MINUTE, 0))


def scope_of(blackout: Blackout) -> str:
    """What it holds back."""
    words = Scope(blackout).in_words()
    return words[:1].upper() + words[1:] or "Everything"


def clock_of(moment: datetime, zone: str) -> str:
    """`Fri 27 Nov 2026 22:00`, as the clocks of the zone show it."""
    local = moment.astimezone(zone_of(zone))
    return f"{DAYS[local.weekday()]} {day_of(local.date())} {_clock(local.time())}"


def in_utc(moment: datetime) -> str:
    """`22:00 UTC`."""
    return f"{moment.astimezone(UTC):%H:%M} UTC"


def day_of(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _window(window: dict[str, Any]) -> str:
    days, start, end = _days(window["days"]), window["start"], window["end"]
    if start == end == "00:00":
        return f"{days} all day"
    return f"{days} {start} to {end}" + (" the next day" if end <= start and end != "00:00" else "")


def _days(days: Iterable[int]) -> str:
    """`Mon to Fri`, `Sat, Sun`, `Mon, Wed to Fri` or `Every day`."""
    chosen = sorted(set(days))
    return "Every day" if chosen == EVERY_DAY else ", ".join(_runs(chosen))


def _runs(days: list[int]) -> Iterator[str]:
    """Three days or more on end are named by the first and the last."""
    for _, run in groupby(enumerate(days), lambda pair: pair[1] - pair[0]):
        names = [DAYS[day - 1] for _, day in run]
        yield f"{names[0]} to {names[-1]}" if len(names) > 2 else ", ".join(names)


def _clock(at: time) -> str:
    return f"{at:%H:%M}"
