"""The list of alerts: what it shows first, and what it can be narrowed to."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.lifecycle import acknowledge, end
from alerts.models import Alert, AlertState
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.pages.cast import a_sent_alert, delivered

pytestmark = pytest.mark.django_db
HOSTILE = '"><script>alert(1)</script>'


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/alerts/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_it_shows_the_incident_beside_its_alert(person: Client) -> None:
    alert, create = a_sent_alert()
    delivered(create, "INC-42")
    html = page(person)
    assert alert.title in html
    assert 'href="https://app.incident.io/acme/incidents/INC-42"' in html


def test_it_says_when_no_rule_matched(person: Client) -> None:
    an_alert()
    assert "No rule matched" in page(person)


def test_it_starts_with_the_open_alerts(person: Client) -> None:
    opened, seen, over = (an_alert(title=t, dedup_key=t) for t in ("First", "Second", "Third"))
    acknowledge(seen, "bob")
    end(over, AlertState.RESOLVED)
    html = page(person)
    assert opened.title in html
    assert seen.title in html
    assert over.title not in html
    assert over.title in page(person, "?state=all")
    assert opened.title not in page(person, "?state=resolved")


@pytest.mark.parametrize(
    "query",
    ["?severity=critical", "?event_type=schema_change", "?text=ORDERS", "?text=shop.public"],
)
def test_each_filter_lets_through_what_fits(person: Client, query: str) -> None:
    an_alert(title="Orders lost a column")
    other = {"severity": "info", "event_type": "new_asset", "asset": "lake.raw.clicks"}
    an_alert(title="Clicks came", **other)
    html = page(person, query)
    assert "Orders lost a column" in html
    assert "Clicks came" not in html


def test_a_search_looks_at_the_last_30_days_and_says_so(person: Client) -> None:
    alert = an_alert(title="Ancient problem")
    Alert.objects.update(created_at=timezone.now() - timedelta(days=31))
    assert alert.title in page(person)
    html = page(person, "?text=ancient")
    assert alert.title not in html
    assert "in alerts of the last 30 days" in html


def test_a_bad_filter_is_told_beside_its_field_and_the_rest_still_holds(person: Client) -> None:
    an_alert(title="Grave", dedup_key="1")
    an_alert(title="Mild", dedup_key="2", severity="info")
    html = page(person, "?event_type=nonsense&severity=critical")
    assert 'id="id_event_type_error"' in html
    assert "Choose one from the list." in html
    assert "Grave" in html
    assert "Mild" not in html


def test_what_producers_and_people_type_is_escaped(person: Client) -> None:
    an_alert(title=HOSTILE, asset=HOSTILE)
    assert "<script>alert" not in page(person)
    assert "<script>alert" not in page(person, "?text=%22%3E%3Cscript%3Ealert(1)%3C/script%3E")


def test_the_first_page_ever_says_what_to_do(person: Client) -> None:
    html = page(person)
    assert "No alerts yet" in html
    assert 'href="/alerts/destinations/new/"' in html
    assert 'href="/alerts/rules/new/"' in html
    assert 'href="/api/v1/docs"' in html
    a_rule(a_destination())
    html = page(person)
    assert 'href="/alerts/destinations/new/"' not in html
    assert 'href="/alerts/rules/new/"' not in html


def test_without_open_alerts_it_offers_all(person: Client) -> None:
    end(an_alert(), AlertState.DISMISSED)
    html = page(person)
    assert "No open alerts" in html
    assert 'href="?state=all"' in html
    assert "No alerts fit this filter" in page(person, "?severity=info")


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    response = client.get("/alerts/")
    assert response.status_code == 302
    assert response.headers["Location"] == "/accounts/login/?next=/alerts/"


def test_the_list_is_only_read(person: Client) -> None:
    assert person.post("/alerts/").status_code == 405
