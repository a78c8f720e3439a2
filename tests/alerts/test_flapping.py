"""A problem that begins and ends too often is flapping: its end is believed after some quiet."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import ingest
from alerts.intake import Recorded
from alerts.lifecycle import acknowledge, snooze
from alerts.models import Activity, Alert, AlertState, Delivery, DeliveryState, Storm, Verdict
from alerts.sweep import sweep
from alerts.triage import end_by_hand
from destinations.messages import Action
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import (
    a_destination,
    a_rule,
    an_alert,
    an_event,
    close_of,
    create_of,
    drain,
    resolved,
)

pytestmark = pytest.mark.django_db
LIMIT, WINDOW, SETTLE = 3, 3600, 900


@pytest.fixture(autouse=True)
def often(settings: Settings) -> None:
    settings.FLAP_LIMIT, settings.FLAP_WINDOW, settings.FLAP_SETTLE = LIMIT, WINDOW, SETTLE


def flap(times: int = LIMIT, **fields: Any) -> None:
    for _ in range(times):
        ingest.record(an_event(**fields))
        ingest.record(resolved(**fields))


def a_flapping_alert(**fields: Any) -> Alert:
    flap(**fields)
    alert = an_alert(**fields)
    assert alert.is_flapping
    return alert


def later(clock: time_machine.Traveller, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))
    sweep()


def notes(alert: Alert, kind: Activity.Kind) -> list[str]:
    return list(alert.activities.filter(kind=kind).values_list("note", flat=True))


# --- when it is flapping


def test_it_is_flapping_from_one_opening_more_than_the_limit() -> None:
    opened = []
    for _ in range(LIMIT + 1):
        opened.append(an_alert())
        ingest.record(resolved())
    assert [alert.is_flapping for alert in opened] == [False] * LIMIT + [True]
    assert notes(opened[-1], Activity.Kind.FLAPPING) == ["It has opened 4 times within 1 h."]
    assert notes(opened[-2], Activity.Kind.FLAPPING) == []


def test_repeats_do_not_count() -> None:
    for _ in range(LIMIT + 5):
        alert = an_alert()
    assert not alert.is_flapping


def test_each_problem_has_its_own_count() -> None:
    flap()
    assert not an_alert(asset="shop.public.customers").is_flapping


def test_openings_before_the_window_do_not_count(clock: time_machine.Traveller) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        flap(times=1)
        clock.shift(timedelta(minutes=1))
        flap(times=2)
        clock.shift(timedelta(seconds=WINDOW - 60))  # the first is exactly as old as the window
        assert not an_alert().is_flapping


def test_openings_just_within_the_window_count() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        flap()
        clock.shift(timedelta(seconds=WINDOW - 1))
        assert an_alert().is_flapping


def test_a_limit_of_zero_is_none(settings: Settings) -> None:
    settings.FLAP_LIMIT = 0
    flap(times=20)
    assert not Alert.objects.filter(is_flapping=True).exists()


def test_switched_off_it_holds_nothing_any_more(settings: Settings) -> None:
    alert = a_flapping_alert()
    settings.FLAP_LIMIT = 0
    ingest.record(resolved())
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED


def test_openings_in_one_batch_count() -> None:
    recorded = ingest.record_all([an_event(), resolved()] * LIMIT + [an_event()])
    flapping = Alert.objects.get(is_flapping=True)
    assert flapping.pk == recorded[-1].alert_id
    assert flapping.is_open


def test_a_batch_counts_those_before_it() -> None:
    flap(times=LIMIT - 1)
    ingest.record_all([an_event(), resolved(), an_event()])
    assert [alert.is_flapping for alert in Alert.objects.order_by("created_at")] == [
        *[False] * LIMIT,
        True,
    ]


def test_a_clock_that_was_set_back_makes_nothing_flap(clock: time_machine.Traveller) -> None:
    flap()
    clock.shift(timedelta(days=-1))
    assert not an_alert().is_flapping


# --- what its detector says


def test_its_detectors_end_only_makes_it_settle(clock: time_machine.Traveller) -> None:
    alert = a_flapping_alert()
    recorded = ingest.record(resolved(event_id="over"))
    assert recorded == Recorded("over", alert.pk, "accepted")
    alert.refresh_from_db()
    assert alert.is_open
    assert alert.settles_at is not None
    left = alert.settles_at - timezone.now()
    assert timedelta(seconds=SETTLE - 5) < left <= timedelta(seconds=SETTLE)
    assert notes(alert, Activity.Kind.SETTLING) == [
        f"It ends at {alert.settles_at:%Y-%m-%d %H:%M} UTC unless it is reported again."
    ]


def test_a_second_end_puts_nothing_off(clock: time_machine.Traveller) -> None:
    alert = a_flapping_alert()
    ingest.record(resolved())
    alert.refresh_from_db()
    settles_at = alert.settles_at
    clock.shift(60)
    ingest.record(resolved())
    alert.refresh_from_db()
    assert alert.settles_at == settles_at
    assert len(notes(alert, Activity.Kind.SETTLING)) == 1


def test_a_new_trigger_takes_its_end_back(clock: time_machine.Traveller) -> None:
    alert = a_flapping_alert()
    ingest.record(resolved())
    assert ingest.record(an_event()).alert_id == alert.pk
    later(clock, SETTLE + 1)
    alert.refresh_from_db()
    assert (alert.is_open, alert.settles_at, alert.count) == (True, None, 2)


def test_a_graver_trigger_takes_its_end_back(clock: time_machine.Traveller) -> None:
    alert = a_flapping_alert(severity="warning")
    ingest.record(resolved())
    ingest.record(an_event(severity="critical"))
    alert.refresh_from_db()
    assert alert.settles_at is None


def test_it_settles_anew_after_each_trigger(clock: time_machine.Traveller) -> None:
    alert = a_flapping_alert()
    for _ in range(2):
        ingest.record(resolved())
        clock.shift(SETTLE / 2)
        ingest.record(an_event())
    ingest.record(resolved())
    later(clock, SETTLE - 5)
    alert.refresh_from_db()
    assert alert.is_open
    assert len(notes(alert, Activity.Kind.SETTLING)) == 3


def test_within_one_batch_the_last_word_counts() -> None:
    alert = a_flapping_alert()
    ingest.record_all([resolved(), an_event()])
    alert.refresh_from_db()
    assert alert.settles_at is None
    ingest.record_all([an_event(), resolved()])
    alert.refresh_from_db()
    assert alert.settles_at is not None


def test_an_end_that_names_the_asset_alone_settles_it_too() -> None:
    alert = a_flapping_alert()
    ingest.record(resolved(changes=[]))
    alert.refresh_from_db()
    assert alert.settles_at is not None


# --- how it ends


def test_the_sweeper_ends_what_has_settled_and_its_incident(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    alert = a_flapping_alert()
    drain(destination)
    ingest.record(resolved())
    later(clock, SETTLE - 5)
    assert not Delivery.objects.filter(alert=alert, action=Action.CLOSE).exists()
    later(clock, 6)
    alert.refresh_from_db()
    assert (alert.state, alert.settles_at, alert.open_fingerprint) == ("resolved", None, None)
    [note] = notes(alert, Activity.Kind.RESOLVED)
    assert note == "Not reported again within 15 min."
    drain(destination)
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert not sandbox.workspace.find(create_of(alert).external_id).is_open


@pytest.mark.parametrize("state", [AlertState.RESOLVED, AlertState.DISMISSED])
def test_a_person_ends_it_at_once(state: AlertState) -> None:
    alert = a_flapping_alert()
    ingest.record(resolved())
    end_by_hand(alert, state, "ada", "")
    alert.refresh_from_db()
    assert (alert.state, alert.settles_at) == (state, None)


@pytest.mark.parametrize("state", ["acknowledged", "snoozed"])
def test_somebody_who_looks_after_it_does_not_keep_it_open(
    clock: time_machine.Traveller, state: str
) -> None:
    alert = a_flapping_alert()
    ingest.record(resolved())
    acknowledge(alert, "ada") if state == "acknowledged" else snooze(alert, 4, "ada")
    later(clock, SETTLE + 1)
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED


def test_what_a_lost_sweeper_left_is_ended_by_the_next(clock: time_machine.Traveller) -> None:
    alert = a_flapping_alert()
    ingest.record(resolved())
    later(clock, 2 * 86_400)
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED
    sweep()
    assert len(notes(alert, Activity.Kind.RESOLVED)) == 1


def test_held_open_it_opens_no_new_incident_with_each_turn(
    sandbox: Sandbox, destination: Destination
) -> None:
    flap(times=20)
    drain(destination)
    assert Alert.objects.count() == LIMIT + 1
    assert Delivery.objects.filter(action=Action.CREATE).count() == LIMIT + 1


def test_after_enough_quiet_it_begins_anew(clock: time_machine.Traveller) -> None:
    a_flapping_alert()
    ingest.record(resolved())
    later(clock, WINDOW + 1)
    assert not an_alert().is_flapping


def test_a_settle_time_from_a_clock_that_was_set_back_is_pulled_in(
    clock: time_machine.Traveller,
) -> None:
    alert = a_flapping_alert()
    ingest.record(resolved())
    later(clock, -86_400)
    later(clock, SETTLE + 1)
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED


# --- among other things


def test_what_is_reported_as_over_is_not_told_when_a_wait_ends(
    clock: time_machine.Traveller,
) -> None:
    a_rule(a_destination(), min_minutes=10)
    alert = a_flapping_alert()
    ingest.record(resolved())
    later(clock, 601)
    assert not Delivery.objects.filter(alert=alert).exists()
    ingest.record(an_event())
    assert create_of(alert).state == DeliveryState.PENDING
    alert.refresh_from_db()
    assert alert.verdict == Verdict.MATCHED


def test_a_second_rule_hears_of_what_comes_back(clock: time_machine.Traveller) -> None:
    a_rule(a_destination("At once"), name="At once")
    late = a_destination("Late")
    a_rule(late, name="Late", min_minutes=10)
    alert = a_flapping_alert()
    ingest.record(resolved())
    later(clock, 601)
    assert not alert.deliveries.filter(destination=late).exists()
    ingest.record(an_event())
    assert alert.deliveries.filter(destination=late).exists()


def test_storms_do_not_flap_and_end_their_members_at_once(
    settings: Settings, clock: time_machine.Traveller
) -> None:
    settings.STORM_LIMIT = 1
    a_rule(a_destination())
    for _ in range(LIMIT + 2):
        flap(times=1)
        alert = an_alert()
        end_by_hand(alert, AlertState.RESOLVED, "ada", "")
    an_alert(asset="shop.public.filler")
    alert = an_alert()
    assert alert.is_flapping
    storm = Storm.objects.filter(alert__ended_at=None).get()
    assert alert.part_of_id == storm.pk
    assert not storm.alert.is_flapping
    end_by_hand(storm.alert, AlertState.RESOLVED, "ada", "")
    sweep()
    alert.refresh_from_db()
    assert alert.state == AlertState.RESOLVED
