"""An alert that flaps says so in the list and on its page, and when it will end."""

import pytest
from django.test import Client
from pytest_django.fixtures import Settings

from alerts import ingest
from alerts.lifecycle import end
from alerts.models import Alert, AlertState
from tests.alerts.factories import an_alert, an_event, resolved

pytestmark = pytest.mark.django_db
BADGE = "badge--flapping"


@pytest.fixture
def flapping(settings: Settings) -> Alert:
    settings.FLAP_LIMIT = 1
    ingest.record_all([an_event(), resolved()])
    return an_alert()


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_the_list_marks_it_and_no_other(person: Client, flapping: Alert) -> None:
    an_alert(asset="shop.public.calm")
    html = page(person, "/alerts/")
    assert html.count(BADGE) == 1
    assert html.count("<tr>") > 2


def test_its_page_says_how_often_it_has_opened(person: Client, flapping: Alert) -> None:
    html = page(person, flapping.get_absolute_url())
    assert BADGE in html
    assert "It has opened 2 times within 6 h." in html
    assert "Reported as over" not in html


def test_while_it_settles_its_page_says_when_it_ends(person: Client, flapping: Alert) -> None:
    ingest.record(resolved())
    flapping.refresh_from_db()
    html = page(person, flapping.get_absolute_url())
    assert flapping.settles_at is not None
    assert "Reported as over. It ends at" in html
    assert f"{flapping.settles_at:%H:%M} UTC</time>, unless it comes back" in html


def test_it_can_be_ended_at_once(person: Client, flapping: Alert) -> None:
    ingest.record(resolved())
    person.post(f"{flapping.get_absolute_url()}resolutions/")
    flapping.refresh_from_db()
    assert flapping.state == AlertState.RESOLVED
    assert "Reported as over. It ends" not in page(person, flapping.get_absolute_url())


def test_ended_it_stays_marked(person: Client, flapping: Alert) -> None:
    end(flapping, AlertState.DISMISSED, "bob")
    assert BADGE in page(person, flapping.get_absolute_url())


def test_a_calm_alert_has_no_mark(person: Client) -> None:
    assert BADGE not in page(person, an_alert().get_absolute_url())
