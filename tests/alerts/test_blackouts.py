"""Blackouts: once, every week or every year, by the clocks of their zone."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import hypothesis.strategies as st
import pytest
from hypothesis import example, given, settings

from alerts.blackouts import ends_at, next_after
from alerts.models import Blackout

BERLIN = "Europe/Berlin"
DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)


def blackout(start: str, end: str, recurrence: str = "once", zone: str = "UTC") -> Blackout:
    begins, ends = datetime.fromisoformat(start), datetime.fromisoformat(end)
    return Blackout(
        name="Quiet",
        recurrence=recurrence,
        zone=zone,
        start_date=begins.date(),
        start_time=begins.time(),
        end_date=ends.date(),
        end_time=ends.time(),
    )


def at(text: str, zone: str = "UTC", *, second_time: bool = False) -> datetime:
    """When the zone's clocks show this."""
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=int(second_time))
    return local.astimezone(UTC)


def begins_after(quiet: Blackout, moment: datetime) -> datetime | None:
    coming = next_after(quiet, moment)
    return coming.start if coming else None


ONCE = ("2026-11-27 22:00", "2026-11-28 02:00", "once")  # a Friday
WEEKLY = ("2026-11-27 22:00", "2026-11-28 02:00", "weekly")
NEW_YEAR = ("2026-12-31 20:00", "2027-01-02 08:00", "yearly")
LEAP = ("2028-02-29 09:00", "2028-02-29 17:00", "yearly")


@pytest.mark.parametrize(
    ("spell", "moment", "ends"),
    [
        (ONCE, "2026-11-27 21:59:59.999999", None),
        (ONCE, "2026-11-27 22:00:00", "2026-11-28 02:00"),
        (ONCE, "2026-11-28 01:59:59.999999", "2026-11-28 02:00"),
        (ONCE, "2026-11-28 02:00:00", None),
        (ONCE, "2026-12-04 23:00", None),
        (("2026-11-01 00:00", "2027-02-01 00:00", "once"), "2027-01-15 12:00", "2027-02-01 00:00"),
        (WEEKLY, "2026-11-20 23:00", None),  # before its first
        (WEEKLY, "2026-11-27 23:00", "2026-11-28 02:00"),
        (WEEKLY, "2026-12-05 01:59:59", "2026-12-05 02:00"),
        (WEEKLY, "2026-12-05 02:00:00", None),
        (WEEKLY, "2028-01-14 22:00:00", "2028-01-15 02:00"),
        (WEEKLY, "2028-01-13 22:00:00", None),
        # nearly a week long: what began a week ago is still on
        (
            ("2026-11-02 12:00", "2026-11-09 11:00", "weekly"),
            "2026-11-16 10:59",
            "2026-11-16 11:00",
        ),
        (("2026-11-02 12:00", "2026-11-09 11:00", "weekly"), "2026-11-16 11:00", None),
        # longer than a week: those that overlap end with the one that ends last
        (
            ("2026-11-02 12:00", "2026-11-12 12:00", "weekly"),
            "2026-11-10 00:00",
            "2026-11-19 12:00",
        ),
        (NEW_YEAR, "2026-01-01 00:00", None),  # before its first
        (NEW_YEAR, "2026-12-31 20:00", "2027-01-02 08:00"),
        (NEW_YEAR, "2030-01-02 07:59:59", "2030-01-02 08:00"),
        (NEW_YEAR, "2030-01-02 08:00:00", None),
        (NEW_YEAR, "2030-07-01 12:00", None),
        (LEAP, "2028-02-29 12:00", "2028-02-29 17:00"),
        (LEAP, "2029-02-28 12:00", None),
        (LEAP, "2029-03-01 12:00", "2029-03-01 17:00"),
        (LEAP, "2032-02-29 12:00", "2032-02-29 17:00"),
        (LEAP, "2032-03-01 12:00", None),
        # its dates stay, however long February is
        (
            ("2026-02-27 00:00", "2026-03-03 00:00", "yearly"),
            "2028-03-02 23:00",
            "2028-03-03 00:00",
        ),
        (("2028-02-27 00:00", "2028-03-03 00:00", "yearly"), "2029-03-03 00:00", None),
        (
            ("2028-02-28 20:00", "2028-02-29 06:00", "yearly"),
            "2029-03-01 05:00",
            "2029-03-01 06:00",
        ),
        # but what begins on the 29th keeps its length
        (
            ("2028-02-29 20:00", "2028-03-01 06:00", "yearly"),
            "2029-03-02 05:00",
            "2029-03-02 06:00",
        ),
    ],
)
def test_it_is_on_from_its_start_to_before_its_end(
    spell: tuple[str, str, str], moment: str, ends: str | None
) -> None:
    assert ends_at(blackout(*spell), at(moment)) == (at(ends) if ends else None)


@pytest.mark.parametrize(
    ("spell", "moment", "starts"),
    [
        (ONCE, "2026-11-01 00:00", "2026-11-27 22:00"),
        (ONCE, "2026-11-27 21:59:59", "2026-11-27 22:00"),
        (ONCE, "2026-11-27 22:00:00", None),
        (WEEKLY, "2026-01-01 00:00", "2026-11-27 22:00"),  # planned long ahead
        (WEEKLY, "2026-11-27 22:00:00", "2026-12-04 22:00"),
        (WEEKLY, "2026-12-01 00:00:00", "2026-12-04 22:00"),
        (WEEKLY, "2031-01-01 00:00", "2031-01-03 22:00"),
        (NEW_YEAR, "2020-01-01 00:00", "2026-12-31 20:00"),  # planned years ahead
        (NEW_YEAR, "2026-12-31 20:00", "2027-12-31 20:00"),
        (NEW_YEAR, "2027-01-01 12:00", "2027-12-31 20:00"),
        (LEAP, "2028-03-01 00:00", "2029-03-01 09:00"),
        (LEAP, "2031-06-01 00:00", "2032-02-29 09:00"),
    ],
)
def test_the_next_begins_after_the_moment(
    spell: tuple[str, str, str], moment: str, starts: str | None
) -> None:
    assert begins_after(blackout(*spell), at(moment)) == (at(starts) if starts else None)


def test_one_that_is_switched_off_is_never_on() -> None:
    quiet = blackout(*WEEKLY)
    quiet.is_active = False
    assert ends_at(quiet, at("2026-11-27 23:00")) is None
    assert next_after(quiet, at("2026-11-01 00:00")) is None


@pytest.mark.parametrize(
    ("zone", "starts"),
    [
        (BERLIN, "2026-11-27 21:00"),
        ("America/New_York", "2026-11-28 03:00"),
        ("Asia/Kolkata", "2026-11-27 16:30"),
        ("No/Such_Zone", "2026-11-27 22:00"),  # as if it were UTC
    ],
)
def test_the_hours_are_those_of_the_zone(zone: str, starts: str) -> None:
    assert begins_after(blackout(*ONCE, zone=zone), at("2026-11-01 00:00")) == at(starts)


def test_one_that_recurs_keeps_its_hour_all_year() -> None:
    quiet = blackout("2026-01-02 22:00", "2026-01-02 23:00", "weekly", BERLIN)
    assert begins_after(quiet, at("2026-01-01 00:00")) == at("2026-01-02 21:00")
    assert begins_after(quiet, at("2026-07-01 00:00")) == at("2026-07-03 20:00")


def test_where_the_clocks_skip_it_begins_and_ends_at_the_skip() -> None:
    skip = at("2026-03-29 01:00")  # 02:00 there, and then 03:00
    begins = blackout("2026-03-29 02:30", "2026-03-29 03:15", zone=BERLIN)
    assert begins_after(begins, at("2026-03-28 00:00")) == skip
    assert ends_at(begins, skip) == at("2026-03-29 01:15")
    ends = blackout("2026-03-29 01:00", "2026-03-29 02:30", zone=BERLIN)
    assert ends_at(ends, at("2026-03-29 00:30")) == skip


def test_what_is_skipped_altogether_does_not_happen() -> None:
    quiet = blackout("2026-03-22 02:15", "2026-03-22 02:45", "weekly", BERLIN)
    for minutes in range(180):
        assert ends_at(quiet, at("2026-03-29 00:00") + MINUTE * minutes) is None
    assert begins_after(quiet, at("2026-03-28 00:00")) == at("2026-04-05 02:15", BERLIN)


def test_of_a_time_that_comes_twice_it_is_the_first() -> None:
    quiet = blackout("2026-10-25 02:15", "2026-10-25 02:45", zone=BERLIN)
    first = at("2026-10-25 02:15", BERLIN)
    assert begins_after(quiet, at("2026-10-24 00:00")) == first
    assert ends_at(quiet, first) == first + timedelta(minutes=30)
    assert ends_at(quiet, at("2026-10-25 02:15", BERLIN, second_time=True)) is None
    through = blackout("2026-10-25 01:00", "2026-10-25 04:00", zone=BERLIN)
    assert ends_at(through, first) == at("2026-10-25 03:00")


# --- against an oracle with a clock that is never turned back: it is on while that clock shows a
# time from its start to before its end.


class Oracle:
    def __init__(self, quiet: Blackout) -> None:
        self.zone = ZoneInfo(quiet.zone)
        self.spells = list(_written(quiet))

    def ends(self, moment: datetime) -> list[datetime]:
        """The ends, as they are written, of what is on."""
        shown = self.shown(moment)
        return [end for start, end in self.spells if start <= shown < end]

    def shown(self, moment: datetime) -> datetime:
        earlier = (moment - MINUTE * step for step in range(121))
        return max(each.astimezone(self.zone).replace(tzinfo=None) for each in earlier)

    def next_start(self, moment: datetime) -> datetime | None:
        """The first start to come, as it is written, of what the clocks do not skip altogether."""
        shown = self.shown(moment)
        return next((s for s, e in self.spells if s > shown and self._happens(s, e)), None)

    def _happens(self, start: datetime, end: datetime) -> bool:
        minutes = min((end - start) // MINUTE, 61)
        return any(self._is_shown(start + MINUTE * minute) for minute in range(minutes))

    def _is_shown(self, local: datetime) -> bool:
        back = local.replace(tzinfo=self.zone).astimezone(UTC).astimezone(self.zone)
        return back.replace(tzinfo=None) == local


def _written(quiet: Blackout) -> list[tuple[datetime, datetime]]:
    """Start and end of all occurrences in some years, day by day."""
    first, length = quiet.start_date, quiet.end_date - quiet.start_date
    days = [first + DAY * step for step in range(4 * 366)]
    return [
        (
            datetime.combine(day, quiet.start_time),
            datetime.combine(day + length, quiet.end_time),
        )
        for day in days
        if _recurs(quiet.recurrence, first, day)
    ]


def _recurs(recurrence: str, first: date, day: date) -> bool:
    if recurrence == "weekly":
        return day.weekday() == first.weekday()
    return day == first or (
        recurrence == "yearly" and (day.month, day.day) == (first.month, first.day)
    )


zones = st.sampled_from([BERLIN, "America/New_York", "Australia/Lord_Howe", "Asia/Kolkata"])
quarters = st.integers(0, 4 * 24 * 40).map(lambda number: timedelta(minutes=15 * number))
lengths = st.integers(1, 4 * 24 * 6).map(lambda number: timedelta(minutes=15 * number))


@settings(max_examples=80, deadline=None)
@given(
    begins=quarters,
    lasts=lengths,
    recurrence=st.sampled_from(["once", "weekly", "yearly"]),
    zone=zones,
    later=st.integers(0, 700 * 24 * 4),
)
@example(timedelta(days=14, hours=2, minutes=15), timedelta(minutes=30), "weekly", BERLIN, 670)
@example(timedelta(days=21, hours=2, minutes=30), timedelta(hours=1), "weekly", BERLIN, 5)
def test_it_is_on_when_somebody_who_never_turns_back_the_clock_sees_it(
    begins: timedelta, lasts: timedelta, recurrence: str, zone: str, later: int
) -> None:
    start = datetime(2026, 3, 1) + begins
    quiet = blackout(start.isoformat(), (start + lasts).isoformat(), recurrence, zone)
    oracle = Oracle(quiet)
    for near in range(-8, 9):  # and about its start on each side
        for base in (at("2026-03-01 00:00") + timedelta(minutes=15 * later), at(start.isoformat())):
            moment = base + timedelta(minutes=15 * near)
            end, written = ends_at(quiet, moment), oracle.ends(moment)
            assert bool(end) is bool(written)
            if end:
                assert oracle.shown(end) >= max(written)
                assert oracle.shown(end - MINUTE) < max(written)
    moment = at("2026-03-01 00:00") + timedelta(minutes=15 * later)
    coming, written_start = next_after(quiet, moment), oracle.next_start(moment)
    assert bool(coming) is bool(written_start)
    if coming and written_start:
        assert oracle.shown(coming.start) >= written_start
        assert oracle.shown(coming.start - MINUTE) < written_start
