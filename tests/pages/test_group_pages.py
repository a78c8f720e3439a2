"""A group on the pages: its members, what they say of it, and the list."""

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from alerts import ingest
from alerts.models import Alert, DeliveryState, Storm
from alerts.sweep import sweep
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, an_event, resolve

pytestmark = pytest.mark.django_db
SKIPPED = "Part of a group: its incident speaks for this alert."


@pytest.fixture(autouse=True)
def rule() -> None:
    a_rule(a_destination(), is_grouped=True)


def the_group() -> Alert:
    return Storm.objects.select_related("alert").get().alert


def page(client: Client, path: str) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_group_lists_and_counts_its_members(person: Client) -> None:
    members = alerts(3)
    resolve(members[0])
    sweep()
    html = page(person, the_group().get_absolute_url())
    assert "Column removed from orders and 2 more" in html
    assert "Alerts in this group" in html
    assert "2 open, 1 ended." in html
    for member in members:
        assert f'href="{member.get_absolute_url()}"' in html
    assert f'href="/alerts/?storm={the_group().pk}&amp;state=all"' in html


def test_a_large_group_shows_the_newest_and_links_to_all(person: Client) -> None:
    ingest.record_all([an_event(asset=f"table_{number}") for number in range(60)])
    sweep()
    html = page(person, the_group().get_absolute_url())
    assert html.count('<li class="cluster">') == 20
    assert "The newest 20." in html
    assert "All 60" in html
    html = page(person, f"/alerts/?storm={the_group().pk}&state=all")
    assert "60 alerts, newest first" in html


def test_a_member_names_its_group_and_says_why_it_was_skipped(person: Client) -> None:
    member = alerts(2)[0]
    sweep()
    html = page(person, member.get_absolute_url())
    assert f'Part of a group: <a href="{the_group().get_absolute_url()}">' in html
    assert SKIPPED in html
    assert "Skipped" in html


def test_a_group_that_has_ended_says_so(person: Client) -> None:
    resolve(an_alert())
    sweep()
    html = page(person, the_group().get_absolute_url())
    assert "0 open, 1 ended." in html
    assert "All of its alerts have ended." in html


def test_the_list_tells_members_and_their_group_apart(person: Client) -> None:
    alerts(2)
    sweep()
    html = page(person, "/alerts/")
    assert html.count("· in a group") == 2
    assert html.count("· stands for 2 alerts") == 1
    assert "in a storm" not in html


def test_a_member_in_the_list_shows_the_incident_of_its_group(person: Client) -> None:
    alerts(2)
    sweep()
    create = the_group().deliveries.get()
    create.state, create.reference = DeliveryState.DELIVERED, "INC-42"
    create.save()
    html = page(person, "/alerts/")
    assert html.count("INC-42") == 3
    assert "Skipped" not in html.partition("<tbody")[2]


def test_a_group_of_one_is_listed_once(person: Client) -> None:
    alert = an_alert()
    sweep()
    html = page(person, "/alerts/?state=all")
    assert "1 alert, newest first" in html
    assert f'href="{alert.get_absolute_url()}"' in html
    assert "in a group" not in html


def test_the_pages_ask_as_much_for_many_as_for_few(person: Client) -> None:
    counts = []
    for batch in (range(2), range(2, 45)):
        ingest.record_all([an_event(asset=f"table_{number}") for number in batch])
        sweep()
        with CaptureQueriesContext(connection) as asked:
            page(person, "/alerts/")
            page(person, the_group().get_absolute_url())
        counts.append(len(asked))
    assert counts[0] == counts[1]


def test_the_delivery_of_a_member_says_what_became_of_it(person: Client) -> None:
    create = an_alert().deliveries.get()
    assert SKIPPED in page(person, create.get_absolute_url())


def test_the_groups_own_page_says_which_rules_brought_it(person: Client) -> None:
    an_alert()
    html = page(person, the_group().get_absolute_url())
    assert "The rule groups alerts of one burst." in html
