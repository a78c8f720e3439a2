"""What is in the database before a measurement: written fast, but as the product would write it.

Called in child processes (`Stage.call`), where Django is set up.
"""

import uuid
from datetime import timedelta
from typing import Any

from django.db import connection, transaction
from django.utils import timezone

from accounts.models import ApiKey
from alerts import tasks
from alerts.messages import create_message
from alerts.models import Alert, Delivery, DeliveryState, Lane, Rule
from destinations.messages import Action
from destinations.models import Destination
from sandbox.keys import FULL
from sandbox.reference_data import STATUSES

CHUNK = 5000
CLOSED = next(status["id"] for status in STATUSES if status["category"] == "closed")


def set_up(destinations: int = 1) -> dict[str, Any]:
    """Destinations with a lane and a rule each, and an API key.

    The rule of destination N takes the schema changes on assets that begin with `dN.`.
    """
    made = [_destination(number) for number in range(destinations)]
    return {
        "key": ApiKey.objects.issue("bench")[1],
        "destinations": [str(destination.pk) for destination in made],
        "lanes": [Lane.objects.get_or_create(destination=each)[0].pk for each in made],
    }


def event(name: str, destination: int = 0) -> dict[str, Any]:
    """An event that the rule of the destination with this number matches."""
    return {
        "event_id": name,
        "event_type": "schema_change",
        "severity": "critical",
        "title": f"Column removed from {name}",
        "description": f"The column customer_email of {name} was removed.",
        "data_source": "prod-postgres",
        "schema": "public",
        "asset": f"d{destination}.{name}",
        "changes": [{"change_type": "column_removed", "column": "customer_email"}],
        "occurred_at": timezone.now().isoformat(),
    }


def fill(count: int, destination: str, prefix: str = "waiting", state: str = "pending") -> int:
    """So many alerts with a create for the destination, in chunks; the oldest is due longest."""
    lane = Destination.objects.get(pk=destination)
    tag = uuid.uuid4().hex[:8]
    for start in range(0, count, CHUNK):
        names = [f"{prefix}-{tag}-{n}" for n in range(start, min(start + CHUNK, count))]
        _fill_chunk(names, lane, DeliveryState(state), timedelta(seconds=count - start))
    return count


def tidy() -> None:
    """PostgreSQL: what autovacuum would do soon after, so that it does not come in between."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")


def hold(destination: str) -> None:
    """Pauses the destination, as a person may: nothing is sent until `release`."""
    Destination.objects.filter(pk=destination).update(is_active=False)


def release(destination: str, tokens: float | None = None) -> None:
    """Goes on, and rings. The lane's bucket is full, or holds so many `tokens`."""
    now = timezone.now()
    with transaction.atomic():
        Destination.objects.filter(pk=destination).update(is_active=True)
        lane = Lane.objects.get(destination__pk=destination)
        Lane.objects.filter(pk=lane.pk).update(tokens=tokens, tokens_at=now)
        tasks.ring(lane, now)


def _destination(number: int) -> Destination:
    made = Destination(kind="incident_io", name=f"incident.io {number}")
    made.config = {"closed_status_id": CLOSED}
    made.set_secret("api_key", FULL)
    made.save()
    rule = Rule.objects.create(name=f"Schema changes {number}", event_types=["schema_change"])
    rule.assets = [f"d{number}.*"]
    rule.save()
    rule.destinations.add(made)
    return made


def _fill_chunk(
    names: list[str], destination: Destination, state: DeliveryState, age: timedelta
) -> None:
    alerts = Alert.objects.bulk_create([_alert(name) for name in names], batch_size=500)
    Delivery.objects.bulk_create(
        [_delivery(alert, destination, state, age) for alert in alerts], batch_size=500
    )


def _alert(name: str) -> Alert:
    now = timezone.now()
    return Alert(
        fingerprint=name,
        open_fingerprint=name,
        event_type="schema_change",
        severity="critical",
        title=f"Column removed from {name}",
        description=f"The column customer_email of {name} was removed.",
        data_source="prod-postgres",
        schema="public",
        asset=name,
        changes=[{"change_type": "column_removed", "column": "customer_email"}],
        is_matched=True,
        occurred_at=now,
        last_event_at=now,
    )


def _delivery(
    alert: Alert, destination: Destination, state: DeliveryState, age: timedelta
) -> Delivery:
    message, blanked = create_message(alert, "Schema changes", f"bench-{alert.pk}")
    return Delivery(
        alert=alert,
        destination=destination,
        action=Action.CREATE,
        state=state,
        event_type=alert.event_type,
        idempotency_key=message.idempotency_key,
        message=message.to_json(),
        blanked=blanked,
        next_attempt_at=timezone.now() - age if state == DeliveryState.PENDING else None,
    )
