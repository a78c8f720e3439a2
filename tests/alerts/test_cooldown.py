"""A rule with a cooldown takes one alert of an asset, and no other for so long."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from pytest_django.fixtures import Settings

from alerts import ingest, pruning, quotas
from alerts.lifecycle import end
from alerts.models import (
    Alert,
    AlertState,
    Cooldown,
    DailyCount,
    Delivery,
    Match,
    Suppressor,
    Verdict,
)
from alerts.sweep import sweep
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule, an_alert, an_event
from tests.alerts.noticeboard import START

pytestmark = pytest.mark.django_db
NOW = START  # when `still` stands
ORDERS = "shop.public.orders"
HOUR = 60  # minutes


def a_problem(name: str, asset: str = ORDERS, **fields: Any) -> Alert:
    """One problem of several that an asset may have at once."""
    return an_alert(dedup_key=name, asset=asset, **fields)


def is_told(alert: Alert) -> bool:
    return Delivery.objects.filter(alert=alert, action=Action.CREATE).exists()


def later(clock: time_machine.Traveller, **by: float) -> None:
    clock.shift(timedelta(**by))
    sweep()


@pytest.fixture
def cooling() -> None:
    a_rule(a_destination(), cooldown_minutes=HOUR)


def test_a_second_problem_of_the_asset_is_suppressed(
    still: time_machine.Traveller, cooling: None
) -> None:
    first, second = a_problem("a"), a_problem("b")
    assert (is_told(first), is_told(second)) == (True, False)
    match = Match.objects.get(alert=second)
    assert (match.verdict, match.suppressor) == (Verdict.SUPPRESSED, Suppressor.COOLDOWN)
    assert match.until == match.look_again_at == NOW + timedelta(hours=1)
    assert "2026-11-24 09:30 UTC" in match.reason


def test_the_producer_is_told(still: time_machine.Traveller, cooling: None) -> None:
    a_problem("a")
    recorded = ingest.record(an_event(dedup_key="b", asset=ORDERS))
    assert recorded.status == "suppressed"


@pytest.mark.parametrize(("seconds", "is_over"), [(3599, False), (3600, True), (3601, True)])
def test_it_is_over_exactly_then(
    still: time_machine.Traveller, cooling: None, seconds: int, is_over: bool
) -> None:
    a_problem("a")
    still.shift(timedelta(seconds=seconds))
    assert is_told(a_problem("b")) == is_over


def test_what_it_held_back_is_told_when_it_is_over(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a")
    held = a_problem("b")
    later(still, seconds=3599)
    assert not is_told(held)
    later(still, seconds=1)
    assert is_told(held)


def test_of_many_held_back_one_is_told_each_time_the_oldest_first(
    still: time_machine.Traveller, cooling: None
) -> None:
    alerts = []
    for name in "abcd":
        alerts.append(a_problem(name))
        still.shift(timedelta(seconds=1))
    told = []
    for _ in range(4):
        told.append([is_told(alert) for alert in alerts])
        later(still, hours=1)
    assert told == [[number <= taken for number in range(4)] for taken in range(4)]


def test_what_ended_meanwhile_is_not_told_and_takes_nothing(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a")
    held, other = a_problem("b"), a_problem("c")
    end(held, AlertState.RESOLVED)
    later(still, hours=1)
    assert (is_told(held), is_told(other)) == (False, True)


def test_another_asset_has_its_own(still: time_machine.Traveller, cooling: None) -> None:
    a_problem("a")
    assert is_told(a_problem("b", asset="shop.public.customers"))


def test_an_asset_is_the_same_in_any_case(still: time_machine.Traveller, cooling: None) -> None:
    a_problem("a")
    assert not is_told(a_problem("b", asset=ORDERS.upper(), data_source="PROD-postgres"))


def test_the_same_name_in_another_data_source_is_another_asset(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a")
    assert is_told(a_problem("b", data_source="staging-postgres"))


def test_an_asset_without_a_name_goes_by_its_id(
    still: time_machine.Traveller, cooling: None
) -> None:
    told = [
        is_told(a_problem(name, asset="", asset_id=asset_id))
        for name, asset_id in [("a", "a-1"), ("b", "a-1"), ("c", "a-2")]
    ]
    assert told == [True, False, True]


def test_each_rule_has_its_own(still: time_machine.Traveller, cooling: None) -> None:
    a_problem("a")
    a_rule(a_destination("Mail"), name="Without")
    held = a_problem("b")
    assert held.deliveries.get().destination.name == "Mail"
    assert held.verdict == Verdict.MATCHED
    assert Match.objects.get(alert=held, rule__name="Everything").verdict == Verdict.SUPPRESSED


def test_repeats_of_what_was_taken_are_no_new_ones(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a", severity="warning")
    still.shift(timedelta(minutes=59))
    a_problem("a", severity="critical")  # judged again, and not counted again
    still.shift(timedelta(minutes=1))
    assert is_told(a_problem("b"))


def test_a_repeat_of_what_is_held_back_does_not_put_it_off(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a")
    held = a_problem("b")
    still.shift(timedelta(minutes=59))
    a_problem("b")
    later(still, minutes=1)
    assert is_told(held)


def test_what_does_not_fit_the_rule_takes_nothing(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), cooldown_minutes=HOUR, severities=["critical"])
    a_problem("a", severity="info")
    assert is_told(a_problem("b", severity="critical"))


def test_what_is_snoozed_or_waits_takes_nothing(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), cooldown_minutes=HOUR, min_events=2)
    a_problem("a")
    a_problem("b")
    assert is_told(a_problem("b"))


def test_a_new_alert_after_the_first_has_ended_is_held_back_too(
    still: time_machine.Traveller, cooling: None
) -> None:
    end(a_problem("a"), AlertState.RESOLVED)
    assert not is_told(a_problem("a"))


def test_a_shorter_cooldown_counts_from_the_next_look(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a")
    held = a_problem("b")
    rule = Match.objects.filter(alert=held).get().rule
    assert rule is not None
    still.shift(timedelta(minutes=10))
    rule.cooldown_minutes = 10
    rule.save()
    rule.matches.look_again()
    sweep()
    assert is_told(held)


def test_the_day_is_given_back_when_the_cooldown_is_lost(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), cooldown_minutes=HOUR, daily_limit=10)
    for name in "abc":
        a_problem(name)
    assert DailyCount.objects.get().taken == 1


@pytest.mark.parametrize("seconds", [0, -3, 3])
def test_who_looked_before_another_took_it_takes_nothing(
    still: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch, seconds: int
) -> None:
    """The statement that takes it decides, and whoever is at an earlier moment loses, too."""
    a_rule(a_destination(), cooldown_minutes=HOUR, daily_limit=10)
    a_problem("a")
    still.shift(timedelta(seconds=seconds))
    look, looks = quotas._cools_until, iter([True])

    def look_too_early(*asked: Any) -> datetime | None:
        return None if next(looks, False) else look(*asked)

    monkeypatch.setattr(quotas, "_cools_until", look_too_early)
    held = a_problem("b")
    assert not is_told(held)
    assert Match.objects.get(alert=held).until == NOW + timedelta(hours=1)
    assert DailyCount.objects.get().taken == 1


@pytest.mark.parametrize("seconds", [1, 86_400])
def test_a_clock_that_was_set_back_never_makes_it_last_much_longer(
    still: time_machine.Traveller, cooling: None, seconds: int
) -> None:
    a_problem("a")
    later(still, seconds=-seconds)
    held = a_problem("b")
    later(still, hours=1, seconds=1)
    assert is_told(held)


def test_a_long_one_begins_anew_when_the_clock_was_set_back(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), cooldown_minutes=3 * 24 * HOUR)
    a_problem("a")
    later(still, days=-1)
    held = a_problem("b")
    later(still, days=3)
    assert is_told(held)


def test_a_clock_that_was_set_back_a_little_does_not_end_it(
    still: time_machine.Traveller, cooling: None
) -> None:
    a_problem("a")
    still.shift(timedelta(seconds=-3))
    assert not is_told(a_problem("b"))


def test_what_nobody_asks_for_any_more_is_pruned(
    still: time_machine.Traveller, cooling: None, settings: Settings
) -> None:
    settings.RETENTION_DAYS = 1
    end(a_problem("a"), AlertState.RESOLVED)
    Delivery.objects.all().delete()
    still.shift(timedelta(days=40))
    while not pruning.prune(datetime.now(UTC)).is_complete:
        pass
    assert not Cooldown.objects.exists()
