"""The list of alerts: what it shows first, and what it can be narrowed to."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts.filters import AlertFilter
from alerts.lifecycle import acknowledge, end
from alerts.models import Alert, AlertState, Schedule
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


def held_back() -> tuple[Alert, Alert, Alert, Alert]:
    """Alerts that were sent, suppressed, waited for, and wanted by nobody."""
    a_rule(a_destination(), name="Sends", tags=["send"])
    a_rule(name="Closed hours", tags=["quiet"], schedule=never_open())
    a_rule(name="Patient", tags=["wait"], min_events=3)
    tags = ("send", "quiet", "wait", "none")
    sent, suppressed, waiting, unmatched = (
        an_alert(title=f"Alert to {tag}", dedup_key=tag, tags=[tag]) for tag in tags
    )
    return sent, suppressed, waiting, unmatched


def never_open() -> Schedule:
    """Open on a day that is neither today nor tomorrow."""
    day = (timezone.now() + timedelta(days=3)).isoweekday()
    windows = [{"days": [day], "start": "00:00", "end": "00:00"}]
    return Schedule.objects.create(name="Office", windows=windows)


def test_what_is_held_back_says_by_what_and_until_when(person: Client) -> None:
    held_back()
    html = page(person)
    assert "Outside the operating hours of Office until" in html
    assert "It waits for 3 events in a row (1 so far)." in html
    for badge in ("suppressed", "waiting", "unmatched"):
        assert html.count(f"badge badge--{badge}") == 1


def test_what_was_sent_after_all_is_not_held_back(person: Client) -> None:
    a_rule(a_destination(), name="Sends")
    a_rule(name="Closed hours", schedule=never_open())
    an_alert()
    html = page(person)
    assert "badge--suppressed" not in html
    assert "Closed hours" not in html


@pytest.mark.parametrize(
    ("routing", "shown"),
    [
        ("suppressed", "Alert to quiet"),
        ("waiting", "Alert to wait"),
        ("unmatched", "Alert to none"),
    ],
)
def test_the_list_is_narrowed_by_what_the_rules_did(
    person: Client, routing: str, shown: str
) -> None:
    titles = [alert.title for alert in held_back()]
    html = page(person, f"?routing={routing}")
    assert [title for title in titles if title in html] == [shown]


def test_suppressed_alerts_stay_in_the_list_when_they_have_ended(person: Client) -> None:
    _, suppressed, _, _ = held_back()
    end(suppressed, AlertState.RESOLVED)
    assert suppressed.title not in page(person, "?routing=suppressed")
    assert suppressed.title in page(person, "?routing=suppressed&state=all")


def test_alerts_from_before_verdicts_were_kept_are_unmatched_or_not(person: Client) -> None:
    sent, *_, unmatched = held_back()
    Alert.objects.update(verdict="")
    html = page(person, "?routing=unmatched")
    assert unmatched.title in html
    assert sent.title not in html


def test_a_wrong_routing_is_told_beside_its_field(person: Client) -> None:
    assert 'id="id_routing_error"' in page(person, "?routing=elsewhere")


def test_the_queries_do_not_grow_with_the_rows(person: Client) -> None:
    held_back()
    with CaptureQueriesContext(connection) as few:
        page(person)
    for number in range(30):
        an_alert(dedup_key=f"more {number}", tags=[("send", "quiet", "wait", "none")[number % 4]])
    with CaptureQueriesContext(connection) as many:
        page(person)
    assert len(many) == len(few)


def test_of_many_rules_that_hold_an_alert_the_list_names_one(person: Client) -> None:
    schedule = never_open()
    for number in range(20):
        a_rule(name=f"Rule {number}", schedule=schedule)
    an_alert()
    assert page(person).count("Outside the operating hours") == 1


@pytest.mark.parametrize(
    ("routing", "index"),
    [
        ("suppressed", "alert_held_newest"),
        ("waiting", "alert_held_newest"),
        ("unmatched", "alert_unmatched_newest"),
    ],
)
def test_each_routing_has_its_index(routing: str, index: str) -> None:
    rows = AlertFilter({"state": "all", "routing": routing}).narrow(Alert.objects.all())
    if connection.vendor == "postgresql":
        connection.cursor().execute("SET LOCAL enable_seqscan = off")
    assert index in rows.order_by("-created_at", "-id")[:51].explain()
