from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from alerts.models import Delivery, Heartbeat, Lane
from alerts.tasks import HEARTBEAT
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule, an_alert

pytestmark = pytest.mark.django_db


@pytest.fixture
def overdue(client: Client) -> None:
    """A delivery that should have gone out long ago, and a worker that is alive."""
    a_rule(a_destination())
    an_alert()
    Delivery.objects.update(next_attempt_at=timezone.now() - timedelta(minutes=6))
    Heartbeat.objects.create(name=HEARTBEAT, beaten_at=timezone.now())


def deliveries_check(client: Client) -> tuple[int, str]:
    answer = client.get("/readyz")
    return answer.status_code, answer.json()["checks"]["deliveries"]


@pytest.mark.usefixtures("overdue")
def test_an_overdue_delivery_is_not_ready(client: Client) -> None:
    assert deliveries_check(client) == (503, "a delivery is overdue by more than 5 minutes")


@pytest.mark.usefixtures("overdue")
def test_an_overdue_delivery_counts_also_after_a_wait_that_is_over(client: Client) -> None:
    Lane.objects.update(paused_until=timezone.now() - timedelta(hours=1))
    assert deliveries_check(client)[0] == 503


@pytest.mark.usefixtures("overdue")
def test_what_waits_for_the_provider_or_a_person_does_not_count(client: Client) -> None:
    Lane.objects.update(paused_until=timezone.now() + timedelta(minutes=1))
    assert deliveries_check(client) == (200, "ok")
    Lane.objects.update(paused_until=None)
    Destination.objects.update(attention="HTTP 401: Unauthorized")
    assert deliveries_check(client) == (200, "ok")


def test_without_a_worker_it_is_not_ready(client: Client) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["checks"]["worker"] == "no worker has run yet"


def test_it_lives_without_the_database_being_asked(
    client: Client, django_assert_num_queries: object
) -> None:
    with django_assert_num_queries(0):  # type: ignore[operator]
        assert client.get("/healthz").content == b"ok\n"
