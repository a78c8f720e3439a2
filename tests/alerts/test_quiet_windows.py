"""What is suppressed in a quiet time is kept with its reason, sent when that ends if it is still
open, and never if it ended meanwhile."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from alerts import ingest, quiet_changes
from alerts.models import (
    Alert,
    Blackout,
    Delivery,
    Match,
    QuietWindow,
    Rule,
    Schedule,
    Suppression,
    Suppressor,
    Verdict,
)
from alerts.suppressed import lately, newest_ended
from destinations.models import Destination
from tests.alerts.factories import a_rule, an_alert, an_event, resolve
from tests.alerts.noticeboard import Board, at, work

pytestmark = pytest.mark.django_db
UNTIL = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)  # the clock of these tests starts at 8:30
NIGHTS = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "10:00", "end": "06:00"}]


@pytest.fixture
def readers(board: Board, clock: time_machine.Traveller) -> Destination:
    """Told at once."""
    return Destination.objects.create(kind="board", name="Readers")


@pytest.fixture
def rule(readers: Destination) -> Rule:
    return a_rule(readers)


def a_blackout(name: str = "Deploy", end: str = "10:00", **fields: object) -> Blackout:
    day = UNTIL.date()
    hour, minute = map(int, end.split(":"))
    return Blackout.objects.create(
        name=name,
        start_date=day,
        start_time=UNTIL.replace(hour=8).time(),
        end_date=day,
        end_time=UNTIL.replace(hour=hour, minute=minute).time(),
        **fields,
    )


def a_schedule() -> Schedule:
    """Open from 10:00 to 6:00 of the next day."""
    return Schedule.objects.create(name="Nights", windows=NIGHTS)


def verdict_on(alert: Alert) -> tuple[str, str]:
    match = Match.objects.get(alert=alert)
    return match.verdict, match.suppressor


def test_an_event_in_a_blackout_is_suppressed_with_reason_and_end(rule: Rule, board: Board) -> None:
    blackout = a_blackout()
    alert = an_alert()
    work()
    match = Match.objects.get()
    assert (match.verdict, match.suppressor) == (Verdict.SUPPRESSED, Suppressor.BLACKOUT)
    assert match.until == match.look_again_at == UNTIL
    assert match.reason == "In the blackout Deploy until 2026-11-24 10:00 UTC."
    assert (alert.verdict, board.created) == (Verdict.SUPPRESSED, [])
    kept = Suppression.objects.get()
    assert (kept.alert, kept.rule, kept.until) == (alert, rule, UNTIL)
    assert kept.window is not None
    assert (kept.window.blackout, kept.window.name) == (blackout, "Deploy")
    assert kept.window.ends_at == UNTIL


def test_what_is_still_open_when_it_ends_is_sent_once(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    a_blackout()
    alert = an_alert()
    at(clock, "09:59")
    assert not board.created
    at(clock, "10:00")
    assert verdict_on(alert) == (Verdict.MATCHED, "")
    assert len(board.created) == 1
    at(clock, "10:05")
    assert len(board.created) == 1
    assert Suppression.objects.count() == 1  # it stays listed


def test_what_ended_meanwhile_is_never_sent(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    a_blackout()
    resolve(an_alert())
    at(clock, "10:00")
    assert (board.created, board.closed) == ([], [])
    assert not Delivery.objects.exists()


def test_a_close_goes_through_a_blackout(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    alert = an_alert()
    work()
    assert len(board.created) == 1
    a_blackout()
    resolve(alert)
    at(clock, "09:00")
    assert len(board.closed) == 1


def test_repeats_in_a_blackout_are_one_suppression(rule: Rule) -> None:
    a_blackout()
    for severity in ("info", "warning", "critical"):
        ingest.record(an_event(severity=severity))
    assert Suppression.objects.count() == 1


def test_alerts_of_one_blackout_share_a_window_and_each_rule_is_kept(
    rule: Rule, readers: Destination, clock: time_machine.Traveller
) -> None:
    a_rule(readers, name="Another")
    a_blackout()
    an_alert(dedup_key="1")
    at(clock, "09:00")
    an_alert(dedup_key="2")
    window = QuietWindow.objects.get()
    assert window.suppressions.count() == 4
    (held,) = lately(datetime.now(UTC))
    assert (held.count, held.open_count, held.is_on) == (2, 2, True)


def test_each_time_that_it_comes_is_a_window_of_its_own(
    rule: Rule, clock: time_machine.Traveller
) -> None:
    a_blackout(recurrence="weekly")
    an_alert(dedup_key="1")
    at(clock, "+7 08:30")
    an_alert(dedup_key="2")
    ends = QuietWindow.objects.order_by("ends_at").values_list("ends_at", flat=True)
    assert list(ends) == [UNTIL, UNTIL + timedelta(days=7)]


def test_outside_a_schedule_it_waits_for_the_opening(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    rule.schedule = a_schedule()
    rule.save()
    alert = an_alert()
    assert verdict_on(alert) == (Verdict.SUPPRESSED, Suppressor.SCHEDULE)
    assert Match.objects.get().until == UNTIL
    at(clock, "09:59")
    assert not board.created
    at(clock, "10:00")
    assert len(board.created) == 1
    held = newest_ended(datetime.now(UTC))
    assert held is not None
    assert held.in_words == (
        "Operating schedule Nights opened 10:00 UTC: 1 alert was suppressed, 1 is still open."
    )


def test_a_schedule_that_is_changed_frees_what_it_held(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    schedule = rule.schedule = a_schedule()
    rule.save()
    an_alert()
    schedule.windows = [{"days": [2], "start": "08:00", "end": "18:00"}]
    quiet_changes.save(schedule)
    at(clock, "08:45")
    assert len(board.created) == 1
    assert QuietWindow.objects.get().ends_at < UNTIL


def test_a_schedule_that_never_opens_holds_until_it_does(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    schedule = rule.schedule = Schedule.objects.create(name="Never", windows=[])
    rule.save()
    an_alert()
    at(clock, "+30 09:00")
    assert not board.created
    (held,) = lately(datetime.now(UTC))
    assert (held.is_on, held.until) == (True, None)
    schedule.windows = NIGHTS
    quiet_changes.save(schedule)
    at(clock, "+30 09:05")
    assert not board.created
    at(clock, "+30 10:00")
    assert len(board.created) == 1


def test_a_change_that_leaves_it_closed_as_long_leaves_the_window(
    rule: Rule, clock: time_machine.Traveller
) -> None:
    schedule = rule.schedule = a_schedule()
    rule.save()
    an_alert()
    schedule.name = "Late"
    quiet_changes.save(schedule)
    assert QuietWindow.objects.get().ends_at == UNTIL
    at(clock, "09:00")
    assert QuietWindow.objects.get().ends_at == UNTIL
    assert Match.objects.get().look_again_at == UNTIL


def test_deleting_a_blackout_frees_what_it_held_and_keeps_the_list(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    blackout = a_blackout()
    an_alert()
    quiet_changes.delete(blackout)
    at(clock, "08:40")
    assert len(board.created) == 1
    window = QuietWindow.objects.get()
    assert (window.blackout, window.name, window.suppressions.count()) == (None, "Deploy", 1)
    assert window.ends_at < UNTIL


def test_what_another_blackout_holds_as_well_stays_held(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    longer = a_blackout("Longer", "10:00")
    an_alert()
    a_blackout("Shorter", "09:00")
    quiet_changes.delete(longer)
    at(clock, "08:40")
    assert not board.created
    assert Match.objects.get().until == UNTIL.replace(hour=9)
    at(clock, "09:00")
    assert len(board.created) == 1


def test_a_window_that_a_change_has_ended_goes_on_when_the_change_is_taken_back(
    rule: Rule, clock: time_machine.Traveller
) -> None:
    blackout = a_blackout()
    an_alert(dedup_key="1")
    blackout.is_active = False
    quiet_changes.save(blackout)
    assert QuietWindow.objects.get().ends_at < UNTIL
    blackout.is_active = True
    quiet_changes.save(blackout)
    an_alert(dedup_key="2")
    window = QuietWindow.objects.get()
    assert (window.ends_at, window.suppressions.count()) == (UNTIL, 2)


def test_one_that_comes_once_is_ended_by_hand(
    rule: Rule, board: Board, clock: time_machine.Traveller
) -> None:
    blackout = a_blackout(zone="Europe/Berlin", end="11:00")  # 10:00 UTC
    Blackout.objects.update(start_time="09:00")
    blackout.refresh_from_db()
    an_alert()
    assert Match.objects.get().until == UNTIL
    quiet_changes.end_now(blackout, datetime.now(UTC))
    assert f"{blackout.end_time:%H:%M}" == "09:30"  # as its own clocks show it
    at(clock, "08:40")
    assert len(board.created) == 1
    an_alert(dedup_key="later")
    assert not Match.objects.filter(verdict=Verdict.SUPPRESSED).exists()


def test_one_that_recurs_is_ended_by_hand_until_it_comes_again(
    rule: Rule, clock: time_machine.Traveller
) -> None:
    blackout = a_blackout(recurrence="weekly")
    quiet_changes.end_now(blackout, datetime.now(UTC))
    an_alert(dedup_key="now")
    assert not Suppression.objects.exists()
    at(clock, "+7 08:30")
    an_alert(dedup_key="then")
    assert Suppression.objects.get().until == UNTIL + timedelta(days=7)


def test_a_blackout_holds_back_only_what_is_in_its_scope(rule: Rule) -> None:
    a_blackout(assets=["*.orders"])
    orders = an_alert(asset="shop.public.orders")
    users = an_alert(asset="shop.public.users")
    assert verdict_on(orders) == (Verdict.SUPPRESSED, Suppressor.BLACKOUT)
    assert verdict_on(users) == (Verdict.MATCHED, "")


def test_news_are_a_day_old_at_most(rule: Rule, clock: time_machine.Traveller) -> None:
    a_blackout()
    an_alert()
    assert newest_ended(UNTIL - timedelta(seconds=1)) is None
    assert newest_ended(UNTIL) is not None
    assert newest_ended(UNTIL + timedelta(hours=23, minutes=59)) is not None
    assert newest_ended(UNTIL + timedelta(hours=24)) is None


def test_counts_stop_and_say_so(rule: Rule, monkeypatch: pytest.MonkeyPatch) -> None:
    a_blackout()
    for number in range(4):
        an_alert(dedup_key=str(number))
    monkeypatch.setattr("alerts.suppressed.LIMIT", 3)
    (held,) = lately(datetime.now(UTC))
    assert (held.alerts, held.still_open) == ("at least 3 alerts", "at least 3")
    monkeypatch.setattr("alerts.suppressed.LIMIT", 4)
    (held,) = lately(datetime.now(UTC))
    assert (held.alerts, held.still_open) == ("4 alerts", "4")
