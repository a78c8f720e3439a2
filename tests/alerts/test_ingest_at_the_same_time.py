"""Many requests at the same time, with real commits."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import pytest
from django.db import connection

from accounts.models import ApiKey
from alerts import deliveries, ingest
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Delivery, DeliveryState, Event
from alerts.resending import send_again
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule, alerts, an_alert, an_event, create_of

pytestmark = pytest.mark.django_db(transaction=True)
REQUESTS = 50
Result = TypeVar("Result")


def at_once(count: int, work: Callable[[int], Result]) -> list[Result]:
    """Calls `work` in so many threads, which start together, each on a connection of its own."""
    barrier = threading.Barrier(count)

    def run(number: int) -> Result:
        try:
            barrier.wait(20)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(count) as threads:
        return list(threads.map(run, range(count)))


def test_fifty_equal_requests_open_one_alert_with_one_delivery() -> None:
    a_rule(a_destination())
    results = at_once(REQUESTS, lambda number: ingest.record(an_event(event_id=f"e-{number}")))
    assert {result.status for result in results} == {"accepted"}
    assert {result.alert_id for result in results} == {Alert.objects.get().pk}
    assert Alert.objects.get().count == REQUESTS == Event.objects.count()
    assert Delivery.objects.count() == 1


def test_fifty_requests_with_one_event_id_are_counted_once() -> None:
    a_rule(a_destination())
    key, _ = ApiKey.objects.issue("dbt")
    results = at_once(REQUESTS, lambda number: ingest.record(an_event(event_id="e"), key))
    assert sorted(result.status for result in results).count("accepted") == 1
    assert len({result.alert_id for result in results}) == 1
    assert (Alert.objects.get().count, Event.objects.count()) == (1, 1)
    assert Delivery.objects.count() == 1


def test_batches_in_opposite_orders_do_not_lose_each_other() -> None:
    a_rule(a_destination())
    assets = [f"shop.public.table_{number}" for number in range(6)]

    def report(number: int) -> None:
        names = assets if number % 2 else assets[::-1]
        ingest.record_all([an_event(asset=name) for name in names])

    at_once(4, report)
    assert list(Alert.objects.values_list("count", flat=True)) == [4] * 6
    assert Delivery.objects.count() == 6


def test_ends_at_the_same_time_plan_one_close() -> None:
    a_rule(a_destination())
    alert = an_alert()
    Delivery.objects.update(state=DeliveryState.DELIVERED, external_id="01X")
    at_once(8, lambda number: end(alert, AlertState.RESOLVED, f"user {number}"))
    assert Delivery.objects.filter(action=Action.CLOSE).count() == 1
    assert alert.activities.filter(kind="resolved").count() == 1


def test_no_delivery_is_claimed_by_two_workers() -> None:
    destination = a_destination()
    a_rule(destination)
    alerts(20)
    pending = Delivery.objects.filter(state=DeliveryState.PENDING)

    def claim_until_all_are_taken(number: int) -> list[Delivery]:
        taken: list[Delivery] = []
        while pending.exists():
            taken += deliveries.claim(destination, f"worker-{number}", 5)
        return taken

    taken = [delivery.pk for batch in at_once(6, claim_until_all_are_taken) for delivery in batch]
    assert len(taken) == len(set(taken)) == 20
    assert set(Delivery.objects.values_list("attempt_count", flat=True)) == {1}


def test_twenty_clicks_on_send_again_cause_one_try() -> None:
    a_rule(a_destination())
    alert = an_alert()
    Delivery.objects.update(state=DeliveryState.FAILED, next_attempt_at=None)
    at_once(20, lambda number: send_again(create_of(alert), f"user {number}"))
    assert alert.activities.filter(kind="sent_again").count() == 1
    assert create_of(alert).state == DeliveryState.PENDING
