"""A snooze keeps quiet about one alert until it wakes. It never stops a close."""

from datetime import timedelta

import pytest
import time_machine

from alerts import ingest, lifecycle, waiting
from alerts.lifecycle import acknowledge, snooze
from alerts.models import (
    Alert,
    AlertState,
    Delivery,
    DeliveryState,
    Match,
    Suppressor,
    Verdict,
)
from alerts.sweep import sweep
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
from tests.alerts.noticeboard import START

pytestmark = pytest.mark.django_db
NOW = START  # when `still` stands


@pytest.fixture
def grave(destination: Destination) -> Destination:
    """What is critical goes there, and nothing else."""
    destination.rules.all().delete()
    a_rule(destination, name="Grave", severities=["critical"])
    return destination


def later(clock: time_machine.Traveller, **by: float) -> None:
    clock.shift(timedelta(**by))
    sweep()


def is_told(alert: Alert) -> bool:
    return Delivery.objects.filter(alert=alert, action=Action.CREATE).exists()


def a_snoozed_alert(hours: int = 4) -> Alert:
    """Too harmless for the rule as yet."""
    return snooze(an_alert(severity="warning"), hours, "ada")


def test_an_escalation_is_suppressed_until_it_wakes(
    still: time_machine.Traveller, grave: Destination
) -> None:
    alert = a_snoozed_alert()
    assert ingest.record(an_event(severity="critical")).status == "suppressed"
    match = Match.objects.get(alert=alert)
    assert (match.verdict, match.suppressor) == (Verdict.SUPPRESSED, Suppressor.SNOOZE)
    assert match.until == match.look_again_at == NOW + timedelta(hours=4)
    later(still, hours=4, seconds=-1)
    assert not is_told(alert)
    later(still, seconds=1)
    alert.refresh_from_db()
    assert (alert.state, alert.verdict) == (AlertState.TRIGGERED, Verdict.MATCHED)
    assert is_told(alert)


def test_it_is_asked_before_all_else(
    still: time_machine.Traveller, destination: Destination
) -> None:
    rule = destination.rules.get()
    rule.severities, rule.cooldown_minutes = ["critical"], 60
    still.shift(timedelta(seconds=1))
    rule.save()
    alert = a_snoozed_alert()
    an_alert(dedup_key="other")  # the asset cools down
    ingest.record(an_event(severity="critical"))
    assert Match.objects.get(alert=alert).suppressor == Suppressor.SNOOZE


def test_woken_early_by_acknowledging_it_is_told(
    still: time_machine.Traveller, grave: Destination
) -> None:
    alert = a_snoozed_alert()
    ingest.record(an_event(severity="critical"))
    acknowledge(alert, "ada")
    sweep()
    alert.refresh_from_db()
    assert (alert.state, alert.snoozed_until) == (AlertState.ACKNOWLEDGED, None)
    assert is_told(alert)


def test_snoozed_for_longer_it_keeps_quiet_for_longer(
    still: time_machine.Traveller, grave: Destination
) -> None:
    alert = a_snoozed_alert(hours=1)
    ingest.record(an_event(severity="critical"))
    snooze(alert, 3, "ada")
    later(still, hours=1)
    assert not is_told(alert)
    assert Match.objects.get(alert=alert).until == NOW + timedelta(hours=3)
    later(still, hours=2)
    assert is_told(alert)


def test_snoozed_for_less_it_wakes_earlier(
    still: time_machine.Traveller, grave: Destination
) -> None:
    alert = a_snoozed_alert(hours=10)
    ingest.record(an_event(severity="critical"))
    snooze(alert, 1, "ada")
    later(still, hours=1)
    assert is_told(alert)


def test_what_ended_asleep_is_never_told(still: time_machine.Traveller, grave: Destination) -> None:
    alert = a_snoozed_alert()
    ingest.record(an_event(severity="critical"))
    ingest.record(resolved())
    later(still, hours=5)
    assert not Delivery.objects.exists()
    assert Match.objects.get(alert=alert).reason.endswith(" The alert ended before that.")


def test_another_alert_of_the_asset_is_not_snoozed(
    still: time_machine.Traveller, grave: Destination
) -> None:
    a_snoozed_alert()
    assert is_told(an_alert(dedup_key="other"))


def test_it_does_not_stop_the_close(sandbox: Sandbox, destination: Destination) -> None:
    alert = an_alert()
    drain(destination)
    snooze(alert, 4, "ada")
    ingest.record(resolved())
    drain(destination)
    assert close_of(alert).state == DeliveryState.DELIVERED
    assert not any(incident.is_open for incident in sandbox.workspace.incidents())


def test_it_changes_nothing_about_an_incident_that_is_there(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    alert = an_alert()
    drain(destination)
    requests = len(sandbox.journal.entries())
    snooze(alert, 4, "ada")
    ingest.record(an_event())
    ingest.record(an_event(severity="critical"))
    later(clock, hours=4)
    drain(destination)
    assert len(sandbox.journal.entries()) == requests
    assert Match.objects.get(alert=alert).verdict == Verdict.MATCHED


def test_what_waits_to_be_sent_is_sent_all_the_same(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = snooze(an_alert(), 4, "ada")
    drain(destination)
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_a_wait_that_ends_asleep_ends_when_it_wakes(still: time_machine.Traveller) -> None:
    a_rule(a_destination(), min_minutes=10)
    alert = snooze(an_alert(), 1, "ada")
    later(still, minutes=10)
    assert Match.objects.get(alert=alert).suppressor == Suppressor.SNOOZE
    later(still, minutes=50)
    assert is_told(alert)


def test_a_rule_that_comes_while_it_sleeps_is_told_when_it_wakes(
    still: time_machine.Traveller,
) -> None:
    alert = snooze(an_alert(), 1, "ada")
    a_rule(a_destination())
    ingest.record(an_event())
    assert not is_told(alert)
    later(still, hours=1)
    assert is_told(alert)


def test_acknowledged_without_a_rule_it_is_told_once_one_fits() -> None:
    alert = acknowledge(an_alert(), "ada")
    a_rule(a_destination())
    ingest.record(an_event())
    assert is_told(alert)


def test_more_than_are_woken_at_once_are_told_in_the_next_rounds(
    still: time_machine.Traveller, grave: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One that is over keeps nothing quiet, woken or not."""
    monkeypatch.setattr(lifecycle, "WAKE_BATCH", 1)
    for number in range(3):
        alert = snooze(an_alert(asset=f"shop.t{number}", severity="warning"), 1, "ada")
        ingest.record(an_event(asset=f"shop.t{number}", severity="critical"))
    still.shift(timedelta(hours=1))
    waiting.judge_again()
    assert Delivery.objects.count() == 3
    assert is_told(alert)
