"""The delivery history: what it shows, and what it can be narrowed to."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.lifecycle import end
from alerts.models import AlertState, Delivery
from tests.pages.cast import REFUSAL, a_sent_alert, delivered, failed, retrying

pytestmark = pytest.mark.django_db


def page(client: Client, query: str = "") -> str:
    response = client.get(f"/alerts/history/{query}")
    assert response.status_code == 200
    return response.content.decode()


def test_each_state_shows_what_matters_of_it(person: Client) -> None:
    delivered(a_sent_alert(dedup_key="1")[1], "INC-42")
    failed(a_sent_alert(dedup_key="2")[1])
    retrying(a_sent_alert(dedup_key="3")[1])
    html = page(person)
    assert 'href="https://app.incident.io/acme/incidents/INC-42"' in html
    assert REFUSAL in html
    assert "HTTP 503: Service Unavailable" in html
    assert "from now" in html


@pytest.mark.parametrize(
    "query",
    [
        "?state=delivered",
        "?action=create&state=delivered",
        "?event_type=schema_change",
        "?text=customer",
        "?text=inc-42",
        "?text=SHOP.PUBLIC",
    ],
)
def test_each_filter_lets_through_what_fits(person: Client, query: str) -> None:
    wanted = {"title": "Customers lost a column", "asset": "shop.public.customers"}
    delivered(a_sent_alert(**wanted)[1], "INC-42")
    failed(a_sent_alert(title="Clicks are stale", event_type="freshness", asset="lake.clicks")[1])
    html = page(person, query)
    assert wanted["title"] in html
    assert "Clicks are stale" not in html


def test_a_deleted_destination_can_be_chosen_by_its_name(person: Client) -> None:
    alert, create = a_sent_alert("Old workspace", title="To the old one")
    a_sent_alert("On-call", title="To the new one", dedup_key="2")
    create.destination.delete_softly()
    Delivery.objects.filter(destination=create.destination).exclude(alert=alert).delete()
    html = page(person, f"?destination={create.destination_id}")
    assert "Old workspace (deleted)" in html
    assert alert.title in html
    assert "To the new one" not in html


def test_times_bound_it_on_both_sides(person: Client) -> None:
    alert, create = a_sent_alert(title="Of that day")
    at = timezone.now().replace(year=2026, month=3, day=1, hour=12)
    Delivery.objects.filter(pk=create.pk).update(created_at=at)
    assert alert.title in page(person, "?since=2026-03-01T11:00&until=2026-03-01T13:59")
    assert alert.title not in page(person, "?since=2026-03-01T14:00")
    assert alert.title not in page(person, "?until=2026-03-01T11:00")


def test_a_search_without_a_from_time_looks_at_the_last_30_days(person: Client) -> None:
    alert, create = a_sent_alert(title="Ancient problem")
    long_ago = timezone.now() - timedelta(days=40)
    Delivery.objects.filter(pk=create.pk).update(created_at=long_ago)
    html = page(person, "?text=ancient")
    assert alert.title not in html
    assert "of the last 30 days" in html
    assert alert.title in page(person, f"?text=ancient&since={long_ago:%Y-%m-%d}")


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("?state=nonsense", "state"),
        ("?since=yesterday", "since"),
        ("?until=2026-99-99", "until"),
        ("?since=2026-03-02&until=2026-03-01", "until"),
        ("?destination=nonsense", "destination"),
        ("?text=" + "x" * 201, "text"),
        ("?text=%00", "text"),
    ],
)
def test_a_bad_filter_is_told_beside_its_field(person: Client, query: str, field: str) -> None:
    alert, _ = a_sent_alert()
    html = page(person, f"{query}&action=create")
    assert f'id="id_{field}_error"' in html
    assert '<option value="create" selected>' in html
    assert alert.title in page(person, "?action=create&state=nonsense")


def test_an_empty_history_says_what_will_be_here(person: Client) -> None:
    assert "Nothing was sent yet" in page(person)
    a_sent_alert()
    assert "No deliveries fit this filter" in page(person, "?state=failed")


def test_hostile_text_stays_text(person: Client) -> None:
    _, create = a_sent_alert("<b>On-call</b>", title="<script>alert(1)</script>")
    Delivery.objects.filter(pk=create.pk).update(reason="<script>alert(2)</script>")
    html = page(person, "?text=<script>")
    assert "<script>alert" not in html
    assert "<b>On-call" not in html


def test_create_and_close_are_two_rows(person: Client) -> None:
    alert, create = a_sent_alert()
    delivered(create)
    end(alert, AlertState.RESOLVED)
    html = page(person)
    assert "2 deliveries" in html
    assert "Close" in page(person, "?action=close")


def test_strangers_are_sent_to_the_login(client: Client) -> None:
    assert client.get("/alerts/history/").status_code == 302
