"""Eight workers reach for one delivery at the same moment, again and again: one has it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from alerts import deliveries
from alerts.models import Delivery, DeliveryState
from destinations.models import Destination
from tests.alerts.factories import an_alert, create_of

pytestmark = pytest.mark.django_db(transaction=True)
WORKERS, ROUNDS = 8, 100


def test_one_of_them_has_it_and_the_attempt_is_counted_once(destination: Destination) -> None:
    alert = an_alert()
    barrier = threading.Barrier(WORKERS, lambda: offer(alert.pk), timeout=60)

    def claim_always(worker: int) -> list[int]:
        try:
            return [claim(worker) for _ in range(ROUNDS)]
        finally:
            connection.close()

    def claim(worker: int) -> int:
        barrier.wait()
        taken = len(deliveries.claim(destination, f"worker-{worker}", 5))
        barrier.wait()
        return taken

    with ThreadPoolExecutor(WORKERS) as threads:
        claims = list(threads.map(claim_always, range(WORKERS)))
    assert [sum(round_) for round_ in zip(*claims, strict=True)] == [1] * ROUNDS
    assert create_of(alert).attempt_count == ROUNDS


def offer(alert_id: object) -> None:
    """Between the rounds, when nobody is reaching for it: it is free again."""
    Delivery.objects.filter(alert=alert_id).update(state=DeliveryState.PENDING, lease_token="")
    connection.close()
