"""A rule with a daily limit takes so many alerts a day, in the zone of its schedule."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from alerts import ingest, pruning
from alerts.lifecycle import end
from alerts.models import (
    Alert,
    AlertState,
    DailyCount,
    Delivery,
    Match,
    Rule,
    Schedule,
    Suppressor,
    Verdict,
)
from alerts.sweep import sweep
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, an_event
from tests.alerts.noticeboard import START

pytestmark = pytest.mark.django_db
NOW = START  # when `still` stands
ALWAYS = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "00:00"}]


def a_limited_rule(limit: int, zone: str = "", **conditions: Any) -> Rule:
    if zone:
        conditions["schedule"] = Schedule.objects.create(name=zone, zone=zone, windows=ALWAYS)
    return a_rule(a_destination(), daily_limit=limit, **conditions)


def told(opened: list[Alert]) -> list[bool]:
    return [Delivery.objects.filter(alert=alert).exists() for alert in opened]


def change_the_rule(clock: time_machine.Traveller, limit: int | None) -> None:
    """As its page does it, a moment later."""
    clock.shift(timedelta(seconds=1))
    rule = Rule.objects.get()
    rule.daily_limit = limit
    rule.save()
    rule.matches.look_again()
    sweep()


def move(clock: time_machine.Traveller, to: str) -> None:
    clock.move_to(datetime.fromisoformat(to))
    sweep()


def test_so_many_are_told_and_the_rest_is_suppressed(still: time_machine.Traveller) -> None:
    a_limited_rule(2)
    opened = alerts(4)
    assert told(opened) == [True, True, False, False]
    match = Match.objects.get(alert=opened[3])
    assert (match.verdict, match.suppressor) == (Verdict.SUPPRESSED, Suppressor.DAILY_LIMIT)
    assert match.until == match.look_again_at == datetime(2026, 11, 25, tzinfo=UTC)


def test_in_one_batch_too(still: time_machine.Traveller) -> None:
    a_limited_rule(2)
    ingest.record_all([an_event(asset=f"shop.t{number}") for number in range(5)])
    assert Delivery.objects.count() == DailyCount.objects.get().taken == 2


def test_an_alert_counts_once_however_often_it_is_judged(still: time_machine.Traveller) -> None:
    a_limited_rule(2)
    for severity in ("info", "warning", "critical", "critical"):
        an_alert(severity=severity)
    assert DailyCount.objects.get().taken == 1


def test_an_alert_counts_once_for_all_destinations(still: time_machine.Traveller) -> None:
    a_limited_rule(2).destinations.add(a_destination("Mail"), a_destination("Chat"))
    opened = alerts(3)
    assert Delivery.objects.count() == 6
    assert told(opened) == [True, True, False]


def test_each_rule_has_its_own_count(still: time_machine.Traveller) -> None:
    a_limited_rule(1, name="One", data_sources=["prod*"])
    a_rule(a_destination("Mail"), name="Two", daily_limit=2)
    alerts(4)
    taken = dict(DailyCount.objects.values_list("rule__name", "taken"))
    assert taken == {"One": 1, "Two": 2}


def test_what_is_suppressed_otherwise_does_not_count(still: time_machine.Traveller) -> None:
    a_limited_rule(2, cooldown_minutes=60)
    for name in "abc":
        an_alert(dedup_key=name)
    assert DailyCount.objects.get().taken == 1


def test_no_limit_keeps_no_count(still: time_machine.Traveller) -> None:
    a_rule(a_destination())
    alerts(3)
    assert not DailyCount.objects.exists()


# --- the day


def test_a_new_day_takes_so_many_again(still: time_machine.Traveller) -> None:
    a_limited_rule(1)
    still.move_to(datetime(2026, 11, 24, 23, 59, 59, 999_999, tzinfo=UTC))
    opened = alerts(2)
    still.move_to(datetime(2026, 11, 25, tzinfo=UTC))
    opened.append(an_alert(asset="shop.public.new"))
    assert told(opened) == [True, False, True]


def test_what_is_left_is_taken_day_by_day_the_oldest_first(still: time_machine.Traveller) -> None:
    a_limited_rule(2)
    opened = alerts(5)
    seen = []
    for day in (24, 25, 26):
        move(still, f"2026-11-{day}T12:00:00+00:00")
        seen.append(told(opened).count(True))
    assert seen == [2, 4, 5]
    taken_at = {m.alert_id: m.evaluated_at for m in Match.objects.filter(verdict="matched")}
    assert sorted(opened, key=lambda alert: taken_at[alert.pk]) == opened


def test_it_is_looked_at_again_right_at_midnight(still: time_machine.Traveller) -> None:
    a_limited_rule(1)
    opened = alerts(2)
    move(still, "2026-11-24T23:59:59+00:00")
    assert told(opened) == [True, False]
    move(still, "2026-11-25T00:00:00+00:00")
    assert told(opened) == [True, True]


def test_what_has_ended_leaves_the_new_day_to_others(still: time_machine.Traveller) -> None:
    a_limited_rule(1)
    opened = alerts(3)
    end(opened[1], AlertState.RESOLVED)
    move(still, "2026-11-25T00:00:00+00:00")
    assert told(opened) == [True, False, True]
    assert DailyCount.objects.get(day="2026-11-25").taken == 1


@pytest.mark.parametrize(
    ("zone", "at", "day", "ends_at"),
    [
        ("", "2026-11-24T23:30", "2026-11-24", "2026-11-25T00:00"),
        ("Asia/Tokyo", "2026-11-24T15:30", "2026-11-25", "2026-11-25T15:00"),
        ("America/New_York", "2026-11-24T03:00", "2026-11-23", "2026-11-24T05:00"),
        # The days on which the clocks change, of 23 and of 25 hours.
        ("Europe/Berlin", "2027-03-28T12:00", "2027-03-28", "2027-03-28T22:00"),
        ("Europe/Berlin", "2027-03-27T12:00", "2027-03-27", "2027-03-27T23:00"),
        ("Europe/Berlin", "2027-10-31T12:00", "2027-10-31", "2027-10-31T23:00"),
        ("Europe/Berlin", "2027-10-30T12:00", "2027-10-30", "2027-10-30T22:00"),
        # Midnight itself is skipped, and there are two of them.
        ("Africa/Cairo", "2027-04-29T12:00", "2027-04-29", "2027-04-29T22:00"),
        ("America/Havana", "2027-11-06T12:00", "2027-11-06", "2027-11-07T04:00"),
        ("Asia/Kathmandu", "2026-11-24T18:14", "2026-11-24", "2026-11-24T18:15"),
        ("Not/There", "2026-11-24T23:30", "2026-11-24", "2026-11-25T00:00"),
    ],
)
def test_the_day_is_that_of_the_schedules_zone(
    still: time_machine.Traveller, zone: str, at: str, day: str, ends_at: str
) -> None:
    a_limited_rule(1, zone)
    still.move_to(datetime.fromisoformat(f"{at}+00:00"))
    opened = alerts(2)
    assert str(DailyCount.objects.get().day) == day
    until = Match.objects.get(alert=opened[1]).until
    assert until == datetime.fromisoformat(f"{ends_at}+00:00")
    move(still, f"{ends_at}:00+00:00")
    assert told(opened) == [True, True]
    assert DailyCount.objects.count() == 2


# --- the limit changes


def test_raised_it_takes_more_the_same_day(still: time_machine.Traveller) -> None:
    a_limited_rule(1)
    opened = alerts(4)
    change_the_rule(still, 3)
    assert told(opened) == [True, True, True, False]


def test_lowered_it_takes_no_more_and_takes_nothing_back(still: time_machine.Traveller) -> None:
    a_limited_rule(3)
    opened = alerts(2)
    change_the_rule(still, 1)
    opened.append(an_alert(asset="shop.public.new"))
    assert told(opened) == [True, True, False]


def test_taken_away_it_lets_all_through(still: time_machine.Traveller) -> None:
    a_limited_rule(1)
    opened = alerts(4)
    change_the_rule(still, None)
    assert told(opened) == [True] * 4


# --- clocks and years


def test_a_clock_that_was_set_back_counts_on_the_day_that_it_shows(
    still: time_machine.Traveller,
) -> None:
    a_limited_rule(1)
    opened = alerts(2)
    move(still, "2026-11-23T08:30:00+00:00")
    assert told(opened) == [True, True]
    assert {str(count.day): count.taken for count in DailyCount.objects.all()} == {
        "2026-11-23": 1,
        "2026-11-24": 1,
    }


def test_old_days_are_pruned(still: time_machine.Traveller, settings: Settings) -> None:
    settings.RETENTION_DAYS = 1
    a_limited_rule(1)
    alerts(1)
    still.shift(timedelta(days=40))
    while not pruning.prune(datetime.now(UTC)).is_complete:
        pass
    assert not DailyCount.objects.exists()
