"""What a person does to an alert: acknowledge, snooze, resolve, dismiss."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from alerts.lifecycle import end
from alerts.models import Activity, Alert, AlertState
from destinations.messages import Action
from tests.alerts.factories import an_alert, the
from tests.pages.cast import a_sent_alert, delivered

pytestmark = pytest.mark.django_db
NOUNS = {
    "acknowledgements": AlertState.ACKNOWLEDGED,
    "snoozes": AlertState.SNOOZED,
    "resolutions": AlertState.RESOLVED,
    "dismissals": AlertState.DISMISSED,
}


def press(client: Client, alert: Alert, noun: str, **typed: object) -> str:
    response = client.post(f"/alerts/{alert.pk}/{noun}/", {"hours": 4} | typed, follow=True)
    assert response.redirect_chain == [(alert.get_absolute_url(), 302)]
    alert.refresh_from_db()
    return response.content.decode()


@pytest.mark.parametrize("noun", NOUNS)
def test_it_is_done_in_the_name_of_who_asks(person: Client, noun: str) -> None:
    alert = an_alert()
    html = press(person, alert, noun, note="Looking at it")
    assert alert.state == NOUNS[noun]
    assert "notice--success" in html
    activity = Activity.objects.get(alert=alert, kind=NOUNS[noun].value)
    assert activity.actor == "bob"
    assert "Looking at it" in activity.note


def test_resolving_plans_the_close(person: Client) -> None:
    alert, create = a_sent_alert()
    delivered(create)
    press(person, alert, "resolutions")
    assert the(Action.CLOSE, alert).external_id == "01INC"


def test_after_the_end_there_is_nothing_to_press(person: Client) -> None:
    alert = an_alert()
    assert ">Resolve</button>" in person.get(alert.get_absolute_url()).content.decode()
    html = press(person, alert, "dismissals")
    for button in ("Resolve", "Dismiss", "Acknowledge", "Snooze"):
        assert f">{button}</button>" not in html
    assert "This alert was dismissed" in html
    assert "by bob" in html


@pytest.mark.parametrize("noun", NOUNS)
def test_a_late_click_is_told_and_changes_nothing(person: Client, noun: str) -> None:
    alert = an_alert()
    end(alert, AlertState.RESOLVED, "ada")
    html = press(person, alert, noun)
    assert "This alert was already resolved." in html
    assert alert.state == AlertState.RESOLVED
    assert Activity.objects.filter(actor="bob").count() == 0


def test_a_snooze_ends_after_its_hours(person: Client) -> None:
    alert = an_alert()
    html = press(person, alert, "snoozes", hours=72)
    assert alert.snoozed_until
    left = alert.snoozed_until - timezone.now()
    assert timedelta(hours=71) < left <= timedelta(hours=72)
    assert "Snoozed for 72 hours." in html


@pytest.mark.parametrize("hours", ["0", "721", "-1", "x", ""])
def test_an_impossible_snooze_is_told(person: Client, hours: str) -> None:
    alert = an_alert()
    html = press(person, alert, "snoozes", hours=hours)
    assert "Snooze takes 1 to 720 hours." in html
    assert alert.state == AlertState.TRIGGERED


def test_a_note_that_is_too_long_is_told(person: Client) -> None:
    alert = an_alert()
    html = press(person, alert, "resolutions", note="x" * 3000)
    assert "Nothing was changed." in html
    assert alert.state == AlertState.TRIGGERED


@pytest.mark.parametrize("noun", NOUNS)
def test_a_get_changes_nothing(person: Client, noun: str) -> None:
    assert person.get(f"/alerts/{an_alert().pk}/{noun}/").status_code == 405


@pytest.mark.parametrize("noun", NOUNS)
def test_strangers_and_forged_forms_change_nothing(client: Client, noun: str) -> None:
    alert = an_alert()
    path = f"/alerts/{alert.pk}/{noun}/"
    assert client.post(path).status_code == 302
    assert Client(enforce_csrf_checks=True).post(path).status_code == 403
    alert.refresh_from_db()
    assert alert.state == AlertState.TRIGGERED


@pytest.mark.parametrize("noun", NOUNS)
def test_an_unknown_alert_is_not_found(person: Client, noun: str) -> None:
    assert person.post(f"/alerts/{uuid4()}/{noun}/", {"hours": 4}).status_code == 404
