"""When the next digest is due: by the hour, by the day of a zone, across changes of its clock."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerts.digest_slots import slot_after


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def daily(at: str = "09:00", zone: str = "") -> dict[str, str]:
    return {"timing": "daily", "digest_at": at, "digest_zone": zone}


@pytest.mark.parametrize("config", [{}, {"timing": ""}, {"timing": None}, {"timing": "weekly"}])
def test_without_a_timing_there_is_no_slot(config: dict[str, Any]) -> None:
    assert slot_after(config, utc("2026-11-24 08:30")) is None


HOURS = [
    ("2026-11-24 08:30", "2026-11-24 09:00"),
    ("2026-11-24 08:00", "2026-11-24 09:00"),  # strictly later
    ("2026-11-24 08:59:59.999999", "2026-11-24 09:00"),
    ("2026-11-24 23:59", "2026-11-25 00:00"),
    ("2026-12-31 23:00", "2027-01-01 00:00"),
    ("2028-02-28 23:30", "2028-02-29 00:00"),
]


@pytest.mark.parametrize(("moment", "slot"), HOURS)
def test_by_the_hour(moment: str, slot: str) -> None:
    assert slot_after({"timing": "hourly"}, utc(moment)) == utc(slot)


def test_the_hour_is_that_of_utc_whatever_the_zone() -> None:
    moment = utc("2026-11-24 08:40").astimezone(ZoneInfo("Asia/Kolkata"))
    config = {"timing": "hourly", "digest_zone": "Asia/Kolkata"}
    assert slot_after(config, moment) == utc("2026-11-24 09:00")


DAYS = [
    ("09:00", "", "2026-11-24 08:30", "2026-11-24 09:00"),
    ("09:00", "", "2026-11-24 09:00", "2026-11-25 09:00"),  # strictly later
    ("09:00", "", "2026-11-24 08:59:59.999999", "2026-11-24 09:00"),
    ("00:00", "", "2026-12-31 12:00", "2027-01-01 00:00"),
    ("23:59", "", "2026-11-24 23:59:30", "2026-11-25 23:59"),
    # Ahead of and behind UTC, where it is another date.
    ("09:00", "Europe/Berlin", "2026-11-24 07:00", "2026-11-24 08:00"),
    ("09:00", "Europe/Berlin", "2026-07-01 06:30", "2026-07-01 07:00"),
    ("07:00", "Asia/Tokyo", "2026-11-24 21:00", "2026-11-24 22:00"),
    ("07:00", "Asia/Tokyo", "2026-11-24 22:00", "2026-11-25 22:00"),
    ("20:00", "America/New_York", "2026-11-24 23:00", "2026-11-25 01:00"),
    ("09:00", "Asia/Kathmandu", "2026-11-24 03:00", "2026-11-24 03:15"),
    # Berlin, 29 March 2026: 02:00 becomes 03:00. 02:30 comes an hour later.
    ("02:30", "Europe/Berlin", "2026-03-28 12:00", "2026-03-29 01:30"),
    ("02:30", "Europe/Berlin", "2026-03-29 01:30", "2026-03-30 00:30"),
    ("09:00", "Europe/Berlin", "2026-03-28 08:00", "2026-03-29 07:00"),  # 23 hours on
    # Berlin, 25 October 2026: 03:00 becomes 02:00. 02:30 comes twice; the first is told.
    ("02:30", "Europe/Berlin", "2026-10-24 12:00", "2026-10-25 00:30"),
    ("02:30", "Europe/Berlin", "2026-10-25 00:30", "2026-10-26 01:30"),
    ("02:30", "Europe/Berlin", "2026-10-25 01:00", "2026-10-26 01:30"),
    ("09:00", "Europe/Berlin", "2026-10-24 07:00", "2026-10-25 08:00"),  # 25 hours on
    # Lord Howe moves by half an hour: on 4 October 2026, 02:00 becomes 02:30.
    ("02:15", "Australia/Lord_Howe", "2026-10-03 12:00", "2026-10-03 15:45"),
    # Scoresbysund, 28 March 2026: 23:00 becomes midnight. 23:30 comes on the next date.
    ("23:30", "America/Scoresbysund", "2026-03-28 20:00", "2026-03-29 01:30"),
    ("23:30", "America/Scoresbysund", "2026-03-29 01:10", "2026-03-29 01:30"),
    # Samoa had no 30 December 2011.
    ("09:00", "Pacific/Apia", "2011-12-29 19:00", "2011-12-30 19:00"),
    ("09:00", "Pacific/Apia", "2011-12-30 19:00", "2011-12-31 19:00"),
]


@pytest.mark.parametrize(("at", "zone", "moment", "slot"), DAYS)
def test_by_the_day(at: str, zone: str, moment: str, slot: str) -> None:
    assert slot_after(daily(at, zone), utc(moment)) == utc(slot)


@pytest.mark.parametrize(
    "config",
    [
        daily(zone="Mars/Olympus"),
        daily(zone="../../etc/passwd"),
        daily(zone="Europe"),
        daily(zone="\0"),
        daily(at=""),
        daily(at="25:00"),
        daily(at="nine"),
        {"timing": "daily"},
        {"timing": "daily", "digest_at": None, "digest_zone": None},
    ],
)
def test_what_cannot_be_read_is_nine_o_clock_utc(config: dict[str, Any]) -> None:
    assert slot_after(config, utc("2026-11-24 08:30")) == utc("2026-11-24 09:00")


ZONES = ["", "Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "America/Scoresbysund"]


@given(
    moment=st.datetimes(datetime(2024, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC)),
    minutes=st.integers(0, 24 * 60 - 1),
    zone=st.sampled_from(ZONES),
)
def test_slots_are_a_day_apart_and_none_is_passed_over(
    moment: datetime, minutes: int, zone: str
) -> None:
    config = daily(f"{minutes // 60:02}:{minutes % 60:02}", zone)
    slot = slot_after(config, moment)
    assert slot is not None
    assert timedelta(0) < slot - moment <= timedelta(hours=25)
    following = slot_after(config, slot)
    assert following is not None
    assert timedelta(hours=23) <= following - slot <= timedelta(hours=25)
    assert slot_after(config, slot - timedelta(microseconds=1)) == slot
    assert slot_after(config, following - timedelta(microseconds=1)) == following
