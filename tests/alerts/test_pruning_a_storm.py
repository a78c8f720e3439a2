"""A storm of 5,000 alerts is deleted in small batches, so that events come in meanwhile."""

from datetime import datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import pruning
from alerts.models import Activity, Alert, Attempt, Delivery, DeliveryState, Event, Match
from alerts.pruning import BATCH, BATCHES, prune
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule
from tests.alerts.test_pruning import OF_AN_ALERT, left, old_alert

pytestmark = pytest.mark.django_db
STORM = 5_000


@pytest.fixture
def storm() -> None:
    """Alerts that ended long ago, each with an event, a match, an activity and an attempt."""
    destination = a_destination()
    rule = a_rule(destination)
    now = timezone.now()
    alerts = Alert.objects.bulk_create([old_alert(n) for n in range(STORM)], BATCH)
    Event.objects.bulk_create(
        [Event(alert=alert, status="triggered", body={}, occurred_at=now) for alert in alerts],
        BATCH,
    )
    Activity.objects.bulk_create([Activity(alert=a, kind="detected") for a in alerts], BATCH)
    Match.objects.bulk_create(
        [Match(alert=a, rule=rule, rule_name=rule.name, evaluated_at=now) for a in alerts], BATCH
    )
    deliveries = Delivery.objects.bulk_create(
        [
            Delivery(
                alert=alert,
                destination=destination,
                action=Action.CREATE,
                state=DeliveryState.DELIVERED,
                idempotency_key=str(alert.pk),
                message={},
            )
            for alert in alerts
        ],
        BATCH,
    )
    Attempt.objects.bulk_create(
        [Attempt(delivery=delivery, number=1, started_at=now) for delivery in deliveries], BATCH
    )


@pytest.mark.usefixtures("storm")
def test_a_storm_is_deleted_in_small_batches_of_a_few_statements() -> None:
    now, batches = timezone.now(), 0
    before = sum(left(*OF_AN_ALERT).values())
    pruned = prune(now)
    assert not pruned.is_complete
    assert 0 < pruned.rows.total() <= BATCHES * BATCH
    assert sum(left(*OF_AN_ALERT).values()) == before - pruned.rows.total()
    while count := _statements_of_a_batch(now):
        batches += 1
        assert count <= 12
    assert BATCHES + batches <= 8 * STORM / BATCH
    assert not any(left(*OF_AN_ALERT).values())


def _statements_of_a_batch(now: datetime) -> int:
    """How many there were; 0 when nothing was left to delete."""
    with CaptureQueriesContext(connection) as asked:
        _, rows = pruning._prune_batch(now)
    assert rows <= BATCH
    assert sum(query["sql"].startswith("DELETE") for query in asked) <= 1
    return len(asked) if rows else 0
