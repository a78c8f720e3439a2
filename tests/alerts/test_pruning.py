"""What is older than RETENTION_DAYS goes, with all that belongs to it, in small batches."""

from datetime import datetime, timedelta
from io import StringIO
from typing import Any

import pytest
from axes.models import AccessAttempt, AccessLog
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.db.models import Model
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts import ingest, pruning
from alerts.lifecycle import acknowledge, end, snooze
from alerts.models import (
    Activity,
    Alert,
    AlertState,
    Attempt,
    Delivery,
    DeliveryState,
    Event,
    Match,
    Rule,
    Storm,
)
from alerts.pruning import prune
from destinations.models import Destination
from tests.alerts.factories import an_alert, an_event, drain, resolved

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
OF_AN_ALERT: tuple[type[Model], ...] = (Alert, Event, Activity, Match, Delivery, Attempt)


@pytest.fixture(autouse=True)
def ninety_days(settings: Settings) -> None:
    settings.RETENTION_DAYS = 90


def left(*models: type[Model]) -> dict[str, int]:
    return {model.__name__: model._default_manager.count() for model in models}


def ended(days_ago: float, **fields: Any) -> Alert:
    """An alert that was delivered, closed and ended so many days ago."""
    alert = an_alert(**fields)
    for destination in Destination.objects.all():
        drain(destination)
    end(alert, AlertState.RESOLVED)
    for destination in Destination.objects.all():
        drain(destination)
    Alert.objects.filter(pk=alert.pk).update(ended_at=timezone.now() - days_ago * DAY)
    return alert


def old_alert(number: int) -> Alert:
    long_ago: datetime = timezone.now() - 100 * DAY
    return Alert(
        fingerprint=str(number),
        state=AlertState.RESOLVED,
        title=f"Alert {number}",
        occurred_at=long_ago,
        last_event_at=long_ago,
        ended_at=long_ago + timedelta(seconds=number),
    )


def test_an_alert_that_ended_long_ago_goes_with_all_that_belongs_to_it(
    destination: Destination,
) -> None:
    ended(91)
    assert all(left(*OF_AN_ALERT).values())
    assert prune(timezone.now()).is_complete
    assert not any(left(*OF_AN_ALERT).values())
    assert Destination.objects.exists()
    assert Rule.objects.exists()


def test_one_that_ended_lately_stays_as_it_is(destination: Destination) -> None:
    ended(89)
    before = left(*OF_AN_ALERT)
    prune(timezone.now())
    assert left(*OF_AN_ALERT) == before


def test_what_is_old_goes_and_what_is_not_stays_beside_it(destination: Destination) -> None:
    young, _ = ended(89, asset="young"), ended(91, asset="old")
    prune(timezone.now())
    assert Alert.objects.get() == young
    kept = Attempt.objects.filter(delivery__alert=young).count()
    assert kept == Attempt.objects.count() == 2


@pytest.mark.parametrize("state", ["triggered", "acknowledged", "snoozed"])
def test_an_open_alert_never_goes(destination: Destination, state: str) -> None:
    alert = an_alert()
    if state == "acknowledged":
        acknowledge(alert, "ada")
    if state == "snoozed":
        snooze(alert, 1, "ada")
    drain(destination)
    before = left(*OF_AN_ALERT)
    assert prune(timezone.now() + 1000 * DAY).is_complete
    assert left(*OF_AN_ALERT) == before
    assert Alert.objects.get().state == state


@pytest.mark.parametrize("state", [DeliveryState.PENDING, DeliveryState.SENDING])
def test_an_alert_of_which_something_is_still_to_be_sent_stays(
    destination: Destination, state: DeliveryState
) -> None:
    alert = ended(1000)
    Delivery.objects.filter(alert=alert, action="close").update(state=state)
    before = left(*OF_AN_ALERT)
    prune(timezone.now())
    assert left(*OF_AN_ALERT) == before


@pytest.mark.parametrize(
    "state", [DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SKIPPED]
)
def test_a_delivery_that_is_over_holds_nothing_back(
    destination: Destination, state: DeliveryState
) -> None:
    ended(91)
    Delivery.objects.update(state=state)
    prune(timezone.now())
    assert not any(left(*OF_AN_ALERT).values())


def test_an_end_without_an_alert_goes_when_it_is_old_enough() -> None:
    for asset, days in (("old", 91), ("young", 89)):
        ingest.record(resolved(asset=asset))
        Event.objects.filter(body__asset=asset).update(received_at=timezone.now() - days * DAY)
    prune(timezone.now())
    assert Event.objects.get().body["asset"] == "young"


def test_the_events_of_an_open_alert_stay_however_old_they_are(destination: Destination) -> None:
    an_alert()
    Event.objects.update(received_at=timezone.now() - 1000 * DAY)
    prune(timezone.now())
    assert Event.objects.count() == 1


def test_an_event_id_is_forgotten_with_its_alert(destination: Destination) -> None:
    event = an_event(event_id="e-1")
    alert = ended(91, event_id="e-1")
    assert ingest.record(event).status == "duplicate"
    prune(timezone.now())
    again = ingest.record(event)
    assert again.status == "accepted"
    assert again.alert_id != alert.pk


def test_expired_sessions_and_old_logins_go() -> None:
    now = timezone.now()
    for name, expires in (("over", now - DAY), ("valid", now + DAY)):
        Session.objects.create(session_key=name, session_data="", expire_date=expires)
    for model in (AccessAttempt, AccessLog):
        extra = {"failures_since_start": 1} if model is AccessAttempt else {}
        for days in (91, 89):
            row = model.objects.create(username=f"ada-{days}", path_info="/", **extra)
            model.objects.filter(pk=row.pk).update(attempt_time=now - days * DAY)
    prune(now)
    assert Session.objects.get().session_key == "valid"
    assert AccessAttempt.objects.get().username == "ada-89"
    assert AccessLog.objects.get().username == "ada-89"


def test_zero_days_keep_everything_for_ever(destination: Destination, settings: Settings) -> None:
    settings.RETENTION_DAYS = 0
    ended(10_000)
    before = left(*OF_AN_ALERT)
    assert prune(timezone.now()).is_complete
    assert left(*OF_AN_ALERT) == before


def test_a_second_call_finds_nothing(destination: Destination) -> None:
    ended(91)
    first, second = prune(timezone.now()), prune(timezone.now())
    assert first.rows["alerts"] == 1
    assert (second.rows.total(), second.is_complete) == (0, True)


def test_the_summary_of_a_storm_goes_after_its_members() -> None:
    summary, member = old_alert(1), old_alert(2)
    for alert in (summary, member):
        alert.save()
    member.part_of = Storm.objects.create(alert=summary, joined_at=timezone.now())
    member.ended_at = timezone.now()
    member.save()
    prune(timezone.now())
    assert left(Alert, Storm) == {"Alert": 2, "Storm": 1}
    prune(timezone.now() + 91 * DAY)
    assert left(Alert, Storm) == {"Alert": 0, "Storm": 0}


def test_no_table_that_points_at_an_alert_is_forgotten() -> None:
    """A new one has to be added to alerts/pruning.py, or alerts could no longer be deleted."""
    pointing = {
        relation.related_model.__name__
        for model in (Alert, Delivery, Storm)
        for relation in model._meta.related_objects
    }
    assert pointing == {
        "Event",
        "Activity",
        "Match",
        "Explanation",
        "Suppression",
        "Storm",
        "Delivery",
        "Attempt",
        "Alert",
    }


def test_the_command_deletes_all_at_once_and_tells_it(
    destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pruning, "BATCHES", 1)
    ended(91)
    said = StringIO()
    call_command("prune", stdout=said)
    assert not any(left(*OF_AN_ALERT).values())
    assert said.getvalue() == (
        "Deleted: 2 activities, 1 alerts, 2 attempts, 2 deliveries, 1 events, 1 matches.\n"
    )
    said = StringIO()
    call_command("prune", stdout=said)
    assert said.getvalue() == "Deleted: nothing.\n"
