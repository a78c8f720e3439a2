"""A rule that waits for events or time, or is kept quiet, tells of the alert when that is over."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import ingest, turns, waiting
from alerts.lifecycle import acknowledge, end
from alerts.models import (
    Alert,
    AlertState,
    Blackout,
    Delivery,
    DeliveryState,
    Match,
    Rule,
    Schedule,
    Suppressor,
    Verdict,
)
from alerts.sweep import sweep
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule, an_alert, an_event, create_of, resolved
from tests.alerts.noticeboard import START

pytestmark = pytest.mark.django_db
NOW = START  # when `still` stands


def later(clock: time_machine.Traveller, **by: float) -> None:
    clock.shift(timedelta(**by))
    sweep()


def is_told(alert: Alert) -> bool:
    return Delivery.objects.filter(alert=alert, action=Action.CREATE).exists()


def match_of(alert: Alert) -> Match:
    return Match.objects.get(alert=alert)


def a_waiting_alert(**conditions: Any) -> Alert:
    a_rule(a_destination(), **conditions)
    return an_alert()


def a_blackout(until: datetime) -> Blackout:
    """It began yesterday."""
    return Blackout.objects.create(
        name="Migration",
        start_date=until.date() - timedelta(days=1),
        start_time=time(),
        end_date=until.date(),
        end_time=until.time(),
    )


# --- for events


def test_it_says_what_it_waits_for() -> None:
    alert = a_waiting_alert(min_events=3)
    match = match_of(alert)
    assert (match.verdict, alert.verdict) == (Verdict.WAITING, Verdict.WAITING)
    assert "3 events in a row (1 so far)" in match.reason
    assert match.until is None
    assert not alert.is_matched


def test_it_is_told_with_the_last_of_so_many_events() -> None:
    alert = a_waiting_alert(min_events=3)
    assert ingest.record(an_event()).status == "accepted"
    assert not is_told(alert)
    ingest.record(an_event())
    assert create_of(alert).state == DeliveryState.PENDING
    assert match_of(alert).verdict == Verdict.MATCHED


def test_one_event_is_enough_for_a_rule_that_asks_for_one() -> None:
    assert is_told(a_waiting_alert(min_events=1))


def test_events_of_one_batch_count() -> None:
    a_rule(a_destination(), min_events=3)
    [*_, last] = ingest.record_all([an_event()] * 3)
    assert Delivery.objects.get().alert_id == last.alert_id
    assert Match.objects.get().verdict == Verdict.MATCHED


def test_an_event_that_came_twice_counts_once() -> None:
    alert = a_waiting_alert(min_events=3)
    for _ in range(5):
        ingest.record(an_event(event_id="the same"))
    assert not is_told(alert)


def test_an_end_between_them_breaks_the_row() -> None:
    a_rule(a_destination(), min_events=3)
    for _ in range(3):
        ingest.record_all([an_event(), an_event(), resolved()])
    assert not Delivery.objects.exists()


def test_what_ended_before_says_that_it_was_never_told() -> None:
    alert = a_waiting_alert(min_events=3)
    ingest.record(resolved())
    match = match_of(alert)
    assert match.reason.endswith("(1 so far). The alert ended before that.")
    assert (match.verdict, match.look_again_at) == (Verdict.WAITING, None)
    assert not Delivery.objects.exists()


def test_each_rule_counts_for_itself() -> None:
    early, late = a_destination("Early"), a_destination("Late")
    a_rule(early, name="Two", min_events=2)
    a_rule(late, name="Three", min_events=3)
    alert = an_alert()
    told = []
    for _ in range(2):
        ingest.record(an_event())
        told.append(set(alert.deliveries.values_list("destination__name", flat=True)))
    assert told == [{"Early"}, {"Early", "Late"}]


def test_two_rules_that_wait_tell_their_destination_once() -> None:
    destination = a_destination()
    for events in (2, 3):
        a_rule(destination, name=str(events), min_events=events)
    ingest.record_all([an_event()] * 4)
    assert Delivery.objects.count() == 1


# --- for time


def test_it_is_told_when_it_was_open_for_so_long(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    match = match_of(alert)
    assert match.until == match.look_again_at == NOW + timedelta(minutes=10)
    assert "open for 10 min" in match.reason
    later(still, seconds=599)
    assert not is_told(alert)
    later(still, seconds=1)
    assert is_told(alert)
    alert.refresh_from_db()
    assert (alert.verdict, alert.is_matched) == (Verdict.MATCHED, True)


def test_an_event_after_so_long_needs_no_sweeper(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    still.shift(timedelta(minutes=10))
    ingest.record(an_event())
    assert is_told(alert)


@pytest.mark.parametrize("is_first", ["events", "minutes"])
def test_of_events_and_time_either_is_enough(still: time_machine.Traveller, is_first: str) -> None:
    alert = a_waiting_alert(min_events=2, min_minutes=10)
    if is_first == "events":
        ingest.record(an_event())
    else:
        later(still, minutes=10)
    assert is_told(alert)


def test_repeats_do_not_put_it_off(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    for _ in range(9):
        later(still, minutes=1)
        ingest.record(an_event())
    assert not is_told(alert)
    later(still, minutes=1)
    assert is_told(alert)


def test_what_ended_in_time_is_never_told(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    end(alert, AlertState.RESOLVED)
    later(still, minutes=20)
    assert not Delivery.objects.exists()
    assert match_of(alert).reason.endswith(" The alert ended before that.")


def test_acknowledged_it_is_told_all_the_same(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    acknowledge(alert, "ada")
    later(still, minutes=10)
    assert is_told(alert)


def test_the_clock_set_back_a_day_costs_no_day(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    later(still, days=-1)
    assert is_told(alert)


# --- meanwhile


def test_an_escalation_into_a_rule_begins_its_wait(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), min_severity="critical", min_minutes=10)
    alert = an_alert(severity="warning")
    later(still, minutes=5)
    assert not Match.objects.exists()
    ingest.record(an_event(severity="critical"))
    assert match_of(alert).verdict == Verdict.WAITING
    later(still, minutes=5)  # counted from its opening
    assert is_told(alert)


def test_an_escalation_out_of_a_rule_ends_its_wait(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), severities=["warning"], min_minutes=10)
    alert = an_alert(severity="warning")
    ingest.record(an_event(severity="critical"))
    match = match_of(alert)
    assert (match.verdict, match.look_again_at) == (Verdict.NOT_MATCHED, None)
    later(still, minutes=10)
    assert not is_told(alert)


def test_what_is_told_names_its_severity_of_then(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    Alert.objects.filter(pk=alert.pk).update(severity="info")
    ingest.record(an_event(severity="critical"))
    later(still, minutes=10)
    assert create_of(alert).message["severity"] == "critical"


def change_the_rule(clock: time_machine.Traveller, **fields: Any) -> None:
    """As its page does it, a moment later."""
    clock.shift(timedelta(seconds=1))
    rule = Rule.objects.get()
    for name, value in fields.items():
        setattr(rule, name, value)
    rule.save()
    rule.matches.look_again()


@pytest.mark.parametrize("held", [{"min_events": 5}, {"min_minutes": 60}], ids=str)
def test_a_rule_that_asks_for_less_is_asked_again(
    still: time_machine.Traveller, held: dict[str, int]
) -> None:
    alert = a_waiting_alert(**held)
    change_the_rule(still, min_events=None, min_minutes=None)
    sweep()
    assert is_told(alert)


def test_a_rule_that_asks_for_more_waits_on(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    change_the_rule(still, min_minutes=20)
    later(still, minutes=10)
    assert not is_told(alert)
    later(still, minutes=10)
    assert is_told(alert)


def test_a_rule_that_is_off_tells_nothing(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    change_the_rule(still, is_active=False)
    later(still, minutes=10)
    assert not is_told(alert)
    assert match_of(alert).reason == "The rule is off."
    alert.refresh_from_db()
    assert alert.verdict == Verdict.NOT_MATCHED


def test_a_rule_that_is_gone_tells_nothing(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    Rule.objects.get().delete()
    later(still, minutes=10)
    assert not is_told(alert)
    assert match_of(alert).look_again_at is None
    alert.refresh_from_db()
    assert alert.verdict == Verdict.NOT_MATCHED


def test_a_rule_whose_destination_is_changed_tells_the_new_one(
    still: time_machine.Traveller,
) -> None:
    alert = a_waiting_alert(min_minutes=10)
    new = a_destination("New")
    Rule.objects.get().destinations.set([new])
    later(still, minutes=10)
    assert create_of(alert).destination == new


# --- after a suppression


def test_what_a_blackout_held_back_is_told_when_it_ends(still: time_machine.Traveller) -> None:
    a_blackout(NOW + timedelta(hours=1))
    alert = a_waiting_alert()
    assert match_of(alert).suppressor == Suppressor.BLACKOUT
    later(still, seconds=3599)
    assert not is_told(alert)
    later(still, seconds=1)
    assert is_told(alert)


def test_what_ended_in_a_blackout_is_never_told(still: time_machine.Traveller) -> None:
    a_blackout(NOW + timedelta(hours=1))
    alert = a_waiting_alert()
    ingest.record(resolved())
    later(still, hours=2)
    assert not Delivery.objects.exists()
    alert.refresh_from_db()
    assert alert.verdict == Verdict.SUPPRESSED


def test_one_thing_after_the_other_holds_it_back(still: time_machine.Traveller) -> None:
    schedule = Schedule.objects.create(
        name="Office", windows=[{"days": [2], "start": "10:00", "end": "18:00"}]
    )
    a_blackout(NOW + timedelta(hours=2))
    alert = a_waiting_alert(min_minutes=10, schedule=schedule)
    held_by = []
    for hours in (0.5, 1, 0.5):
        match = match_of(alert)
        held_by.append(match.suppressor or match.verdict)
        later(still, hours=hours)
    assert held_by == [Verdict.WAITING, Suppressor.SCHEDULE, Suppressor.BLACKOUT]
    assert is_told(alert)


def test_a_blackout_that_is_called_off_ends_at_once(still: time_machine.Traveller) -> None:
    blackout = a_blackout(NOW + timedelta(hours=1))
    alert = a_waiting_alert()
    blackout.delete()
    Match.objects.filter(suppressor=Suppressor.BLACKOUT).look_again()
    sweep()
    assert is_told(alert)


def test_a_schedule_that_never_opened_is_asked_again_when_it_is_changed(
    still: time_machine.Traveller,
) -> None:
    schedule = Schedule.objects.create(name="Never", windows=[])
    alert = a_waiting_alert(schedule=schedule)
    assert match_of(alert).until is None
    later(still, days=30)
    assert not is_told(alert)
    still.shift(timedelta(seconds=1))
    schedule.windows = [{"days": list(range(1, 8)), "start": "00:00", "end": "00:00"}]
    schedule.save()
    Match.objects.filter(suppressor=Suppressor.SCHEDULE).look_again()
    sweep()
    assert is_told(alert)


def test_the_clock_set_back_asks_again_what_was_held(still: time_machine.Traveller) -> None:
    a_blackout(NOW + timedelta(hours=1))
    alert = a_waiting_alert()
    later(still, days=-3)  # before the blackout
    assert is_told(alert)


# --- the sweeper


def test_it_takes_as_many_as_are_due_in_batches(
    still: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BATCH", 2)
    a_rule(a_destination(), min_minutes=10)
    ingest.record_all([an_event(asset=f"shop.t{number}") for number in range(7)])
    later(still, minutes=10)
    assert Delivery.objects.count() == 7


def test_it_stops_when_its_time_is_up(
    still: time_machine.Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting, "BATCH", 2)
    monkeypatch.setattr(turns, "ROUND", 0.0)
    a_rule(a_destination(), min_minutes=10)
    ingest.record_all([an_event(asset=f"shop.t{number}") for number in range(7)])
    told = []
    for _ in range(4):
        later(still, minutes=10)
        told.append(Delivery.objects.count())
    assert told == [2, 4, 6, 7]


def test_many_cost_little_more_than_one(still: time_machine.Traveller, settings: Settings) -> None:
    settings.STORM_LIMIT = 0
    a_rule(a_destination(), min_minutes=10)
    ingest.record_all([an_event(asset=f"shop.t{number}") for number in range(40)])
    still.shift(timedelta(minutes=10))
    with CaptureQueriesContext(connection) as queries:
        waiting.judge_again()
    assert Delivery.objects.count() == 40
    assert len(queries) < 40 * 6


def test_nothing_due_is_one_look_into_its_index(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), min_minutes=10)
    an_alert()
    with CaptureQueriesContext(connection) as queries:
        waiting.judge_again()
    selects = [query["sql"] for query in queries if "SELECT" in query["sql"]]
    assert len(selects) == 1
    due = Match.objects.filter(look_again_at__lte=timezone.now())
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET LOCAL enable_seqscan = off")  # it would be cheaper on so few rows
    plan = due.order_by("look_again_at", "id").values_list("alert_id")[:100].explain()
    assert "match_look_again" in plan


def test_an_alert_that_has_ended_is_not_looked_at_again(still: time_machine.Traveller) -> None:
    alert = a_waiting_alert(min_minutes=10)
    ingest.record(resolved())
    Match.objects.update(look_again_at=NOW)  # as a version from before may have left it
    sweep()
    assert not is_told(alert)
    assert match_of(alert).look_again_at is None
