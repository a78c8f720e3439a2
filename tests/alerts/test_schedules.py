"""Operating schedules: open from the first second of a window to before its last, by the clocks of
their zone."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from alerts.models import Schedule
from alerts.schedules import is_open, next_closing, next_opening

MINUTE = timedelta(minutes=1)
WEEK_MINUTES = 7 * 24 * 60
WORKDAYS, WEEKEND, ALL = [1, 2, 3, 4, 5], [6, 7], [1, 2, 3, 4, 5, 6, 7]
OFFICE = (WORKDAYS, "08:00", "18:00")
NIGHT = ([5], "22:00", "06:00")  # Friday's goes on into Saturday
# Each with a change of its clocks in each direction near these days, but the last two.
TURNS = {
    "Europe/Berlin": [datetime(2026, 3, 29), datetime(2026, 10, 25)],
    "America/New_York": [datetime(2026, 3, 8), datetime(2026, 11, 1)],
    "Australia/Lord_Howe": [datetime(2026, 10, 4), datetime(2027, 4, 4)],  # by half an hour
    "Africa/Cairo": [datetime(2026, 4, 24), datetime(2026, 10, 29)],  # at midnight
    "Asia/Kolkata": [datetime(2026, 3, 29)],
    "UTC": [datetime(2026, 3, 29)],
}


def schedule(*windows: tuple[list[int], str, str], zone: str = "UTC") -> Schedule:
    rows = [{"days": days, "start": start, "end": end} for days, start, end in windows]
    return Schedule(name="Hours", zone=zone, windows=rows)


def at(text: str, zone: str = "UTC", *, second_time: bool = False) -> datetime:
    """When the zone's clocks show this."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=int(second_time))
    return local.astimezone(UTC)


@pytest.mark.parametrize(
    ("window", "moment", "opened"),
    [
        # 2026-11-23 is a Monday
        (OFFICE, "2026-11-23 07:59:59.999999", False),
        (OFFICE, "2026-11-23 08:00:00", True),
        (OFFICE, "2026-11-23 17:59:59.999999", True),
        (OFFICE, "2026-11-23 18:00:00", False),
        (OFFICE, "2026-11-27 12:00", True),
        (OFFICE, "2026-11-28 12:00", False),
        (NIGHT, "2026-11-27 05:00", False),
        (NIGHT, "2026-11-27 21:59:59", False),
        (NIGHT, "2026-11-27 22:00:00", True),
        (NIGHT, "2026-11-28 00:00:00", True),
        (NIGHT, "2026-11-28 05:59:59", True),
        (NIGHT, "2026-11-28 06:00:00", False),
        (NIGHT, "2026-11-28 22:00:00", False),
        (([7], "22:00", "06:00"), "2026-11-23 03:00", True),  # from Sunday into Monday
        (([1], "18:00", "00:00"), "2026-11-23 23:59:59", True),
        (([1], "18:00", "00:00"), "2026-11-24 00:00:00", False),
        (([1], "00:00", "00:00"), "2026-11-22 23:59:59", False),
        (([1], "00:00", "00:00"), "2026-11-23 00:00:00", True),
        (([1], "00:00", "00:00"), "2026-11-23 23:59:59", True),
        (([1], "00:00", "00:00"), "2026-11-24 00:00:00", False),
        (([], "08:00", "18:00"), "2026-11-23 12:00", False),
    ],
)
def test_a_window_is_open_from_its_start_to_before_its_end(
    window: tuple[list[int], str, str], moment: str, opened: bool
) -> None:
    assert is_open(schedule(window), at(moment)) is opened


@pytest.mark.parametrize(
    ("zone", "moment", "opened"),
    [
        ("Asia/Kolkata", "2026-11-23 02:29:59", False),
        ("Asia/Kolkata", "2026-11-23 02:30:00", True),
        ("America/New_York", "2026-11-23 12:59:59", False),
        ("America/New_York", "2026-11-23 13:00:00", True),
        ("America/New_York", "2026-07-20 12:00:00", True),  # an hour earlier in summer
        ("Pacific/Auckland", "2026-11-22 19:00:00", True),  # Monday there already
        ("No/Such_Zone", "2026-11-23 08:00:00", True),  # as if it were UTC
        ("", "2026-11-23 07:59:59", False),
    ],
)
def test_the_days_and_hours_are_those_of_the_zone(zone: str, moment: str, opened: bool) -> None:
    assert is_open(schedule(OFFICE, zone=zone), at(moment)) is opened


def test_windows_are_joined() -> None:
    hours = schedule(OFFICE, (WEEKEND, "10:00", "14:00"), ([1], "17:00", "20:00"))
    assert is_open(hours, at("2026-11-28 10:00"))
    assert is_open(hours, at("2026-11-23 19:59"))
    assert not is_open(hours, at("2026-11-24 19:59"))


def test_without_windows_it_never_opens() -> None:
    assert not is_open(schedule(), at("2026-11-23 12:00"))
    assert next_opening(schedule(), at("2026-11-23 12:00")) is None
    assert next_opening(schedule(([], "08:00", "18:00")), at("2026-11-23 12:00")) is None
    assert next_closing(schedule(), at("2026-11-23 12:00")) == at("2026-11-23 12:00")


@pytest.mark.parametrize(
    ("windows", "moment", "opens"),
    [
        ([OFFICE], "2026-11-23 07:59:59.5", "2026-11-23 08:00"),
        ([OFFICE], "2026-11-23 18:00:00", "2026-11-24 08:00"),
        ([OFFICE], "2026-11-27 18:00:00", "2026-11-30 08:00"),
        ([([1], "08:00", "09:00")], "2026-11-23 09:00:00", "2026-11-30 08:00"),
        ([NIGHT], "2026-11-28 06:00:00", "2026-12-04 22:00"),
        ([OFFICE, ([6], "10:00", "12:00")], "2026-11-27 20:00", "2026-11-28 10:00"),
        (
            [([1], "08:00", "12:00"), ([1], "12:00", "14:00")],
            "2026-11-23 14:00",
            "2026-11-30 08:00",
        ),
        ([OFFICE], "2026-11-23 12:00:01", "2026-11-23 12:00:01"),  # it is open now
    ],
)
def test_the_next_opening(
    windows: list[tuple[list[int], str, str]], moment: str, opens: str
) -> None:
    assert next_opening(schedule(*windows), at(moment)) == at(opens)


@pytest.mark.parametrize(
    ("windows", "moment", "closes"),
    [
        ([OFFICE], "2026-11-23 08:00:00", "2026-11-23 18:00"),
        ([NIGHT], "2026-11-27 23:00:00", "2026-11-28 06:00"),
        ([(WEEKEND, "00:00", "00:00")], "2026-11-28 09:00", "2026-11-30 00:00"),
        # what overlaps or adjoins is one time
        ([OFFICE, ([1], "16:00", "20:00")], "2026-11-23 09:00", "2026-11-23 20:00"),
        ([OFFICE, ([1], "18:00", "20:00")], "2026-11-23 09:00", "2026-11-23 20:00"),
        ([OFFICE], "2026-11-23 20:00:00", "2026-11-23 20:00:00"),  # it is closed now
    ],
)
def test_the_next_closing(
    windows: list[tuple[list[int], str, str]], moment: str, closes: str
) -> None:
    assert next_closing(schedule(*windows), at(moment)) == at(closes)


def test_what_is_always_open_never_closes() -> None:
    always = schedule((ALL, "00:00", "00:00"))
    assert next_closing(always, at("2026-11-23 12:00")) is None
    day_and_night = schedule((ALL, "08:00", "20:00"), (ALL, "20:00", "08:00"))
    assert next_closing(day_and_night, at("2026-11-23 12:00")) is None


BERLIN = "Europe/Berlin"


def test_a_window_in_an_hour_that_the_clocks_skip_does_not_happen() -> None:
    skipped = schedule(([7], "02:15", "02:45"), zone=BERLIN)
    assert not is_open(skipped, at("2026-03-29 00:59:59"))
    assert not is_open(skipped, at("2026-03-29 01:00:00"))  # 03:00 there
    # Not on that Sunday, and not an hour later on it either.
    assert next_opening(skipped, at("2026-03-22 12:00")) == at("2026-04-05 02:15", BERLIN)


def test_a_window_that_begins_in_the_skip_opens_at_the_skip() -> None:
    begins = schedule(([7], "02:30", "05:00"), zone=BERLIN)
    assert next_opening(begins, at("2026-03-28 12:00")) == at("2026-03-29 01:00")
    ends = schedule(([7], "01:00", "02:30"), zone=BERLIN)
    assert next_closing(ends, at("2026-03-29 00:30")) == at("2026-03-29 01:00")


def test_a_window_in_an_hour_that_comes_twice_happens_twice() -> None:
    twice = schedule(([7], "02:15", "02:45"), zone=BERLIN)
    first = at("2026-10-25 02:15", BERLIN)
    second = at("2026-10-25 02:15", BERLIN, second_time=True)
    assert second - first == timedelta(hours=1)
    assert next_opening(twice, at("2026-10-24 12:00")) == first
    assert next_closing(twice, first) == first + timedelta(minutes=30)
    assert next_opening(twice, first + timedelta(minutes=30)) == second
    assert next_opening(twice, second + timedelta(minutes=30)) == at("2026-11-01 02:15", BERLIN)


def test_a_window_opens_again_when_the_clocks_are_turned_back_into_it() -> None:
    hours = schedule(([6], "22:00", "02:30"), zone=BERLIN)
    closes = at("2026-10-25 02:30", BERLIN)
    assert next_closing(hours, at("2026-10-24 22:00")) == closes
    turned_back = at("2026-10-25 02:00", BERLIN, second_time=True)
    assert next_opening(hours, closes) == turned_back
    assert next_closing(hours, turned_back) == turned_back + timedelta(minutes=30)


def test_midnight_itself_may_be_skipped_or_come_twice() -> None:
    friday = schedule(([5], "00:00", "00:30"), zone="Africa/Cairo")
    assert next_opening(friday, at("2026-04-23 12:00")) == at("2026-05-01 00:00", "Africa/Cairo")
    late = schedule(([4], "23:30", "00:00"), zone="Africa/Cairo")
    first = at("2026-10-29 23:30", "Africa/Cairo")
    assert next_opening(late, at("2026-10-29 12:00")) == first
    assert next_opening(late, first + timedelta(minutes=30)) == first + timedelta(hours=1)


def test_a_day_that_a_country_has_left_out_is_left_out() -> None:
    friday = schedule(([5], "08:00", "09:00"), zone="Pacific/Apia")
    after = at("2011-12-23 09:00", "Pacific/Apia")
    assert next_opening(friday, after) == at("2012-01-06 08:00", "Pacific/Apia")


# --- against an oracle that walks from minute to minute, and knows nothing of what we do


def _open_minutes(windows: list[dict[str, Any]]) -> set[int]:
    """The minutes of a week, counted from Monday."""
    found = set()
    for window in windows:
        start, end = (_minutes(window[name]) for name in ("start", "end"))
        length = (end - start) % (24 * 60) or 24 * 60
        for day in window["days"]:
            begin = (day - 1) * 24 * 60 + start
            found |= {minute % WEEK_MINUTES for minute in range(begin, begin + length)}
    return found


def _minutes(text: str) -> int:
    hours, minutes = text.split(":")
    return int(hours) * 60 + int(minutes)


def _minute_of_week(moment: datetime, zone: ZoneInfo) -> int:
    local = moment.astimezone(zone)
    return local.weekday() * 24 * 60 + local.hour * 60 + local.minute


clocks = st.builds("{:02}:{:02}".format, st.integers(0, 23), st.sampled_from([0, 1, 15, 30, 59]))
early = st.builds("{:02}:{:02}".format, st.integers(0, 4), st.sampled_from([0, 15, 30, 45]))
windows = st.fixed_dictionaries(
    {
        "days": st.lists(st.integers(1, 7), min_size=1, max_size=4, unique=True),
        "start": early | clocks,
        "end": early | clocks,
    }
)


@st.composite
def times_near_a_turn(draw: st.DrawFn) -> tuple[str, datetime]:
    """A zone, and a moment near one of the changes of its clocks."""
    zone = draw(st.sampled_from(list(TURNS)))
    turn = draw(st.sampled_from(TURNS[zone])).replace(tzinfo=UTC)
    return zone, turn + timedelta(minutes=draw(st.integers(-3 * 24 * 60, 2 * 24 * 60)))


@settings(max_examples=60, deadline=None)
@given(st.lists(windows, min_size=1, max_size=3), times_near_a_turn())
@example([{"days": [7], "start": "02:30", "end": "02:45"}], (BERLIN, at("2026-03-28 12:00")))
@example([{"days": [6], "start": "22:00", "end": "02:30"}], (BERLIN, at("2026-10-25 00:45")))
def test_it_opens_and_closes_when_somebody_who_watches_the_clock_sees_it(
    rows: list[dict[str, Any]], place: tuple[str, datetime]
) -> None:
    name, since = place
    zone, open_minutes = ZoneInfo(name), _open_minutes(rows)
    hours = Schedule(name="Hours", zone=name, windows=rows)

    def seen(moment: datetime) -> bool:
        return _minute_of_week(moment, zone) in open_minutes

    assert is_open(hours, since) is seen(since)
    ahead = [since + MINUTE * step for step in range(16 * 24 * 60)]
    assert next_opening(hours, since) == next(filter(seen, ahead), None)
    assert next_closing(hours, since) == next((each for each in ahead if not seen(each)), None)
