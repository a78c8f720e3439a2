from datetime import timedelta

import pytest
from django.utils import timezone

from alerts.lifecycle import AlreadyEnded, acknowledge, end, snooze, wake_snoozed
from alerts.models import Activity, Alert, AlertState
from tests.alerts.factories import an_alert

pytestmark = pytest.mark.django_db


def latest(alert: Alert) -> Activity:
    return alert.activities.latest("pk")


def test_acknowledging_is_on_the_timeline() -> None:
    alert = acknowledge(an_alert(), "ada", "looking")
    assert alert.state == AlertState.ACKNOWLEDGED
    assert (latest(alert).kind, latest(alert).actor, latest(alert).note) == (
        "acknowledged",
        "ada",
        "looking",
    )


def test_snoozing_says_for_how_long() -> None:
    alert = snooze(an_alert(), 24, "ada", "weekend")
    assert alert.state == AlertState.SNOOZED
    assert alert.snoozed_until is not None
    assert alert.snoozed_until - timezone.now() > timedelta(hours=23, minutes=59)
    assert latest(alert).note == "for 24 hours: weekend"


def test_acknowledging_ends_a_snooze() -> None:
    alert = acknowledge(snooze(an_alert(), 1, "ada"), "bob")
    assert (alert.state, alert.snoozed_until) == (AlertState.ACKNOWLEDGED, None)


@pytest.mark.parametrize("state", [AlertState.RESOLVED, AlertState.DISMISSED])
def test_an_end_names_who_and_why(state: AlertState) -> None:
    alert = end(an_alert(), state, "ada", "a migration")
    assert (alert.state, alert.open_fingerprint) == (state, None)
    assert alert.ended_at is not None
    assert (latest(alert).kind, latest(alert).actor) == (state.value, "ada")


def test_nothing_can_be_done_to_an_ended_alert() -> None:
    alert = end(an_alert(), AlertState.DISMISSED)
    with pytest.raises(AlreadyEnded, match="already dismissed"):
        acknowledge(alert, "ada")
    with pytest.raises(AlreadyEnded):
        snooze(alert, 1, "ada")


def test_a_stale_copy_cannot_reopen_an_alert() -> None:
    alert = an_alert()
    stale = Alert.objects.get(pk=alert.pk)
    end(alert, AlertState.RESOLVED)
    with pytest.raises(AlreadyEnded):
        acknowledge(stale, "ada")
    stale.refresh_from_db()
    assert stale.state == AlertState.RESOLVED


def test_a_snooze_that_was_ended_does_not_wake_the_alert() -> None:
    alert = snooze(an_alert(), 1, "ada")
    Alert.objects.update(snoozed_until=timezone.now())
    end(alert, AlertState.RESOLVED)
    assert wake_snoozed() == 0


def test_waking_is_counted() -> None:
    snooze(an_alert(), 1, "ada")
    assert wake_snoozed() == 0
    Alert.objects.update(snoozed_until=timezone.now())
    assert (wake_snoozed(), wake_snoozed()) == (1, 0)
