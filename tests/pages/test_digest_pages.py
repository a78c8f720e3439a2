"""A delivery's page tells what its digest says, or which digest has told it."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.lifecycle import end
from alerts.models import AlertState, Delivery, DeliveryState
from destinations.errors import Outcome, Rejected
from tests.alerts.conftest import board
from tests.alerts.factories import alerts, close_of, create_of, drain
from tests.alerts.noticeboard import Board, a_reader, leader

__all__ = ["board"]
pytestmark = pytest.mark.django_db


def page(client: Client, delivery: Delivery) -> str:
    response = client.get(delivery.get_absolute_url())
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


def told(board: Board, count: int = 3) -> tuple[Delivery, list[Delivery]]:
    """A digest's deliveries: the one that was sent, and those that it carried."""
    reader = a_reader()
    alerts(count)
    Delivery.objects.update(next_attempt_at=timezone.now())
    drain(reader)
    return leader(), list(Delivery.objects.filter(carried_by__isnull=False))


def test_the_one_that_was_sent_shows_the_digest(person: Client, board: Board) -> None:
    sent, _ = told(board)
    html = page(person, sent)
    assert "[AnomalyArmor] Digest: 3 opened, 0 ended, 3 still open" in html
    assert "It stands for 3 deliveries of Readers, this one among them" in html
    assert "Critical: Column removed from orders, shop.public.table_1 (All to Readers): 1" in html
    assert "Send the digest again</button>" in html


def test_a_digest_of_one_stands_for_one(person: Client, board: Board) -> None:
    sent, _ = told(board, count=1)
    assert "It stands for 1 delivery of Readers." in page(person, sent)


def test_another_says_where_it_was_told(person: Client, board: Board) -> None:
    sent, [carried, _] = told(board)
    html = page(person, carried)
    assert "Told in the digest of" in html
    assert f'<a href="{sent.get_absolute_url()}">the digest of' in html
    assert "Nothing was sent yet." not in html


def test_one_that_waits_says_for_which(person: Client, board: Board) -> None:
    a_reader()
    alert = alerts(1)[0]
    create = create_of(alert)
    html = page(person, create)
    assert f"It waits for the digest of {create.digest_at:%Y-%m-%d %H:00} UTC." in html
    assert "Send it alone now</button>" in html
    end(alert, AlertState.RESOLVED)
    html = page(person, close_of(alert))
    assert "It is told by a digest, and not by itself." in html
    assert "</button>" not in html.partition('id="live"')[2].partition("</section>")[0]


def test_one_that_is_carried_by_a_digest_on_its_way_says_so(person: Client, board: Board) -> None:
    sent, [carried, _] = told(board)
    rows = Delivery.objects.all()
    later = timezone.now() + timedelta(minutes=5)
    rows.update(state=DeliveryState.PENDING, reason="", delivered_at=None)
    rows.filter(pk=sent.pk).update(next_attempt_at=later)
    assert "It waits for the digest that tells it." in page(person, carried)
    assert "Retry the digest now</button>" in page(person, carried)


def test_sending_again_from_any_of_them_sends_the_digest(person: Client, board: Board) -> None:
    board.next = [Rejected("HTTP 400: Bad Request", outcome=Outcome.NON_2XX)]
    sent, [carried, _] = told(board)
    assert "The digest that tells it has failed: HTTP 400: Bad Request" in page(person, carried)
    answer = person.post(f"/alerts/history/{carried.pk}/retries/", follow=True)
    assert "It is sent now." in answer.content.decode()
    drain(sent.destination)
    assert len(board.digests) == 2
    carried.refresh_from_db()
    assert carried.state == DeliveryState.DELIVERED


def test_hostile_titles_stay_text(person: Client, board: Board) -> None:
    reader = a_reader()
    alert = alerts(1)[0]
    create = create_of(alert)
    create.message["title"] = "<script>alert(1)</script>"
    create.next_attempt_at = timezone.now()
    create.save()
    drain(reader)
    html = page(person, create)
    assert "&lt;script&gt;alert(1)" in html
    assert "<script>alert" not in html


def test_the_history_lists_them_without_asking_for_each(
    person: Client, board: Board, django_assert_max_num_queries: object
) -> None:
    told(board, count=12)
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        html = person.get("/alerts/history/").content.decode()
    assert html.count("Told in the digest of") == 11
