"""Schedules and blackouts as people say them."""

from datetime import UTC, date, datetime, time

import pytest

from alerts.models import Blackout, Schedule
from alerts.quiet_words import clock_of, hours_of, length_of, scope_of, spell_of


@pytest.mark.parametrize(
    ("days", "start", "end", "words"),
    [
        ([1, 2, 3, 4, 5], "08:00", "18:00", "Mon to Fri 08:00 to 18:00"),
        ([1, 2, 3, 4, 5, 6, 7], "00:00", "00:00", "Every day all day"),
        ([7, 6], "00:00", "00:00", "Sat, Sun all day"),
        ([5], "22:00", "06:00", "Fri 22:00 to 06:00 the next day"),
        ([1], "18:00", "00:00", "Mon 18:00 to 00:00"),
        ([1, 3, 4, 5], "08:00", "09:30", "Mon, Wed to Fri 08:00 to 09:30"),
        ([1, 2, 4, 7], "08:00", "09:30", "Mon, Tue, Thu, Sun 08:00 to 09:30"),
    ],
)
def test_a_window_in_words(days: list[int], start: str, end: str, words: str) -> None:
    schedule = Schedule(windows=[{"days": days, "start": start, "end": end}])
    assert hours_of(schedule) == [words]


def blackout(first: date, start: time, last: date, end: time, recurrence: str) -> Blackout:
    return Blackout(
        start_date=first, start_time=start, end_date=last, end_time=end, recurrence=recurrence
    )


@pytest.mark.parametrize(
    ("recurrence", "last", "words", "length"),
    [
        ("once", date(2026, 11, 28), "27 Nov 2026 22:00 to 28 Nov 2026 23:30", "1 day 1 h 30 min"),
        ("once", date(2026, 11, 27), "27 Nov 2026 22:00 to 23:30", "1 h 30 min"),
        ("weekly", date(2026, 11, 28), "Every Fri 22:00 to Sat 23:30", "1 day 1 h 30 min"),
        ("weekly", date(2026, 11, 27), "Every Fri 22:00 to 23:30", "1 h 30 min"),
        (
            "yearly",
            date(2026, 12, 2),
            "Every year 27 Nov 22:00 to 2 Dec 23:30",
            "5 days 1 h 30 min",
        ),
        ("yearly", date(2026, 11, 27), "Every year 27 Nov 22:00 to 23:30", "1 h 30 min"),
    ],
)
def test_a_blackout_in_words(recurrence: str, last: date, words: str, length: str) -> None:
    quiet = blackout(date(2026, 11, 27), time(22), last, time(23, 30), recurrence)
    assert (spell_of(quiet), length_of(quiet)) == (words, length)


def test_what_it_holds_back_in_words() -> None:
    assert scope_of(Blackout()) == "Everything"
    narrowed = Blackout(data_sources=["Prod-*"], tags=["PII", "finance"])
    assert scope_of(narrowed) == "Data source Prod-*, tag PII or finance"


def test_a_moment_is_told_as_the_clocks_of_the_zone_show_it() -> None:
    moment = datetime(2026, 11, 27, 23, 30, tzinfo=UTC)
    assert clock_of(moment, "Europe/Berlin") == "Sat 28 Nov 2026 00:30"
    assert clock_of(moment, "UTC") == "Fri 27 Nov 2026 23:30"
