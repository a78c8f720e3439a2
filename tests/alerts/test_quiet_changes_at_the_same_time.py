"""People change quiet times and rules while events are judged by the old ones: real commits."""

import threading
from collections.abc import Callable
from datetime import time, timedelta

import pytest
from django.utils import timezone

from alerts import ingest, quiet_changes, rule_changes, windows
from alerts.judging import Judge
from alerts.models import Alert, Blackout, Delivery, Match, Rule, Schedule, Verdict
from alerts.waiting import judge_again
from tests.alerts.factories import a_destination, a_rule, an_event
from tests.alerts.test_ingest_at_the_same_time import at_once

pytestmark = pytest.mark.django_db(transaction=True)
DAY = timedelta(days=1)
ALWAYS = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "00:00"}]
# SQLite has one writer: there, nothing changes while an event is judged.
postgresql_only = pytest.mark.only_on("postgresql")
Meanwhile = Callable[[Callable[[], object]], None]


def a_blackout() -> Blackout:
    today = timezone.now().date()
    return Blackout.objects.create(
        name="Freeze",
        start_date=today - DAY,
        start_time=time(),
        end_date=today + DAY,
        end_time=time(),
    )


@pytest.fixture(params=["before it is written", "while it is written"])
def meanwhile(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Meanwhile:
    """Has an event judged, makes a change, and has it committed: or waited for, if it waits."""
    is_judged, is_changed = threading.Event(), threading.Event()
    place, name = (Judge, "write") if "before" in request.param else (windows, "keep")
    go_on = getattr(place, name)

    def go_on_late(*args: object) -> None:
        is_judged.set()
        is_changed.wait(0.3)
        go_on(*args)

    monkeypatch.setattr(place, name, go_on_late)

    def do(change: Callable[[], object]) -> None:
        def work(number: int) -> None:
            if number:
                ingest.record(an_event())
            else:
                is_judged.wait(5)
                change()
                is_changed.set()

        at_once(2, work)

    return do


@postgresql_only
def test_a_blackout_that_is_deleted_meanwhile(meanwhile: Meanwhile) -> None:
    a_rule(a_destination())
    blackout = a_blackout()
    meanwhile(lambda: quiet_changes.delete(blackout))
    judge_again()
    assert Delivery.objects.count() == 1


@postgresql_only
def test_a_blackout_that_is_ended_meanwhile(meanwhile: Meanwhile) -> None:
    a_rule(a_destination())
    blackout = a_blackout()
    meanwhile(lambda: quiet_changes.end_now(blackout, timezone.now()))
    judge_again()
    assert Delivery.objects.count() == 1


@postgresql_only
def test_a_schedule_that_is_opened_meanwhile(meanwhile: Meanwhile) -> None:
    schedule = Schedule.objects.create(name="Never", windows=[])
    a_rule(a_destination(), schedule=schedule)
    schedule.windows = ALWAYS
    meanwhile(lambda: quiet_changes.save(schedule))
    judge_again()
    assert Delivery.objects.count() == 1


@postgresql_only
def test_a_rule_that_no_longer_waits(meanwhile: Meanwhile) -> None:
    rule = a_rule(a_destination(), min_events=100)

    rule.min_events = None
    meanwhile(lambda: rule_changes.save(rule, rule.save))
    judge_again()
    assert Delivery.objects.count() == 1


@postgresql_only
def test_a_rule_that_is_deleted_holds_nothing(meanwhile: Meanwhile) -> None:
    rule = a_rule(a_destination(), min_events=100)
    meanwhile(lambda: rule_changes.delete(rule))
    judge_again()
    assert Alert.objects.get().verdict == Verdict.NOT_MATCHED


@postgresql_only
def test_a_rule_that_is_deleted_while_it_takes_an_alert(meanwhile: Meanwhile) -> None:
    rule = a_rule(a_destination(), cooldown_minutes=10)
    meanwhile(lambda: rule_changes.delete(rule))
    assert Alert.objects.count() == 1
    assert not Rule.objects.exists()


def test_what_a_deleted_rule_held_is_held_no_longer() -> None:
    rule = a_rule(a_destination(), min_events=100)
    ingest.record(an_event())
    rule_changes.delete(rule)
    judge_again()
    assert Alert.objects.get().verdict == Verdict.NOT_MATCHED


def test_changes_and_sweepers_at_once_take_turns() -> None:
    """All of them write the same verdicts, in orders of their own: none of them fails."""
    destination = a_destination()
    schedule = Schedule.objects.create(name="Never", windows=[])
    held = [
        a_rule(destination, name=f"Rule {number}", schedule=schedule, is_grouped=True)
        for number in range(2)
    ]
    ingest.record_all([an_event(asset=f"shop.t{number}") for number in range(80)])

    def work(number: int) -> None:
        for _ in range(2):
            if number % 3 == 0:
                judge_again()
            elif number % 3 == 1:
                quiet_changes.save(Schedule.objects.get())
            else:
                rule = held[number % 2]
                rule_changes.save(rule, rule.save)

    at_once(6, work)
    judge_again()
    assert Match.objects.filter(verdict=Verdict.SUPPRESSED).count() == 2 * 80
    assert not Match.objects.filter(look_again_at__lte=timezone.now()).exists()
