"""One delivery: its state, every attempt, and sending it again."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import timezone

from alerts.lifecycle import end
from alerts.models import AlertState, Delivery, DeliveryState
from destinations.errors import Outcome
from destinations.models import Destination
from sandbox import keys
from tests.alerts.factories import close_of
from tests.pages.cast import ADVICE, REFUSAL, a_sent_alert, an_attempt, delivered, failed, retrying

pytestmark = pytest.mark.django_db


def page(client: Client, delivery: Delivery) -> str:
    response = client.get(delivery.get_absolute_url())
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def test_a_failure_says_why_and_what_to_do(person: Client) -> None:
    html = page(person, failed(a_sent_alert()[1]))
    assert "Failed" in html
    assert REFUSAL in html
    assert f"<strong>What to do:</strong> {ADVICE}" in html
    assert "Send again</button>" in html


def test_every_attempt_is_there_newest_first(person: Client) -> None:
    html = page(person, failed(a_sent_alert()[1]))
    assert html.index("Attempt 2") < html.index("Attempt 1")
    for text in ("Refused", "HTTP 422", "req-7f3a", "1.2 s", "by hand", "Timeout", "scheduled"):
        assert text in html
    assert "A severity is required" in html


def test_what_was_sent_is_shown_with_its_key(person: Client) -> None:
    delivery = a_sent_alert(description="Contact ann@example.com")[1]
    html = page(person, delivery)
    assert "[AnomalyArmor] Column removed from orders" in html
    assert delivery.idempotency_key in html
    assert "1 value that may be data or a credential was blanked." in html
    assert "ann@example.com" not in html


def test_hostile_requests_and_answers_stay_text(person: Client) -> None:
    delivery = failed(a_sent_alert()[1])
    an_attempt(
        delivery,
        3,
        Outcome.MALFORMED_RESPONSE,
        exchanges=[
            {"method": "GET", "url": "https://x/", "body": None, "answer": "</pre><script>"}
        ],
    )
    html = page(person, delivery)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html
    assert "</pre><script>" not in html


def test_no_secret_is_on_the_page(person: Client) -> None:
    delivery = failed(a_sent_alert()[1])
    assert keys.FULL not in page(person, delivery)
    assert "sealed" not in page(person, delivery)


def test_sending_again_makes_it_due_with_the_same_key(person: Client) -> None:
    delivery = failed(a_sent_alert()[1])
    response = person.post(f"/alerts/history/{delivery.pk}/retries/", follow=True)
    assert "It is sent now." in response.content.decode()
    again = Delivery.objects.get()
    assert again.state == DeliveryState.PENDING
    assert again.idempotency_key == delivery.idempotency_key
    assert again.alert.activities.get(kind="sent_again").actor == "bob"


def test_a_waiting_one_can_be_sent_now(person: Client) -> None:
    delivery = retrying(a_sent_alert()[1])
    html = page(person, delivery)
    assert "Retry now</button>" in html
    assert 'hx-trigger="every 2s"' in html
    person.post(f"/alerts/history/{delivery.pk}/retries/")
    assert Delivery.objects.get().is_manual


def test_one_that_is_due_in_hours_is_not_asked_for_every_two_seconds(person: Client) -> None:
    delivery = retrying(a_sent_alert()[1])
    Delivery.objects.update(next_attempt_at=timezone.now() + timedelta(hours=2))
    assert "every 2s" not in page(person, delivery)


def test_one_whose_destination_is_paused_is_not_said_to_be_under_way(person: Client) -> None:
    delivery = retrying(a_sent_alert()[1])
    Destination.objects.update(is_active=False)
    html = page(person, delivery)
    assert "every 2s" not in html
    assert "is paused" in html


def test_one_that_cannot_be_sent_says_why_instead_of_offering_it(person: Client) -> None:
    delivery = failed(a_sent_alert()[1])
    delivery.destination.delete_softly()
    html = page(person, delivery)
    assert "The destination was deleted." in html
    assert "Send again</button>" not in html
    late = person.post(f"/alerts/history/{delivery.pk}/retries/", follow=True)
    assert "It was not sent again." in late.content.decode()
    assert Delivery.objects.get().state == DeliveryState.FAILED


def test_looking_at_a_close_does_not_pretend_that_it_is_due(person: Client) -> None:
    alert, create = a_sent_alert()
    failed(create)
    end(alert, AlertState.RESOLVED)
    close = close_of(alert)
    delivered(create, "INC-99")
    assert "INC-99" not in page(person, close)


def test_a_pending_one_says_what_it_waits_for(person: Client) -> None:
    delivery = retrying(a_sent_alert()[1])
    destination = delivery.destination
    destination.attention = "HTTP 401: Unauthorized"
    destination.save()
    assert "needs attention first: HTTP 401: Unauthorized" in page(person, delivery)
    destination.attention, destination.is_active = "", False
    destination.save()
    assert "is paused" in page(person, delivery)


def test_a_refresh_brings_news_only(person: Client) -> None:
    delivery = retrying(a_sent_alert()[1])
    url = delivery.get_absolute_url()
    headers = {"HX-Request": "true", "HX-Target": "live"}
    seen = person.get(url).context["version"]
    assert person.get(url, {"seen": seen}, headers=headers).status_code == 204
    delivered(delivery)
    fresh = person.get(url, {"seen": seen}, headers=headers).content.decode()
    assert "Delivered" in fresh
    assert "hx-trigger" not in fresh
    assert "<html" not in fresh


def test_a_get_sends_nothing(person: Client) -> None:
    delivery = failed(a_sent_alert()[1])
    assert person.get(f"/alerts/history/{delivery.pk}/retries/").status_code == 405


def test_unknown_deliveries_are_not_found(person: Client) -> None:
    assert person.get(f"/alerts/history/{uuid4()}/").status_code == 404
    assert person.post(f"/alerts/history/{uuid4()}/retries/").status_code == 404


def test_strangers_see_and_send_nothing(client: Client) -> None:
    delivery = failed(a_sent_alert()[1])
    assert client.get(delivery.get_absolute_url()).status_code == 302
    assert client.post(f"/alerts/history/{delivery.pk}/retries/").status_code == 302
    assert Delivery.objects.get().state == DeliveryState.FAILED
