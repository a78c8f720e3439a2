"""What detectors report: new problems, the same ones again, late ones, and ends."""

import uuid
from datetime import timedelta

from django.utils import timezone

from alerts import ingest
from alerts.models import Delivery
from tests.alerts.factories import an_event, resolved
from tests.machine.world import World

LATE = timedelta(days=3)


def trigger(world: World, asset: int, severity: str, is_late: bool = False) -> None:
    occurred_at = timezone.now() - (LATE if is_late else timedelta())
    event = an_event(
        event_id=uuid.uuid4().hex,
        asset=f"shop.t{asset}",
        severity=severity,
        occurred_at=occurred_at.isoformat(),
    )
    recorded = ingest.record(event, world.producer)
    assert recorded.alert_id is not None
    assert recorded.status == "accepted"
    if recorded.alert_id not in world.promised:
        world.promised[recorded.alert_id] = world.destinations
    world.events.append((event, recorded.alert_id))


def repeat(world: World, number: int) -> None:
    """The producer did not hear our answer: nothing may come of it."""
    if not world.events:
        return
    event, alert_id = world.events[number % len(world.events)]
    if alert_id in world.pruned:  # forgotten with its alert
        return
    before = Delivery.objects.count()
    recorded = ingest.record(event, world.producer)
    assert (recorded.status, recorded.alert_id) == ("duplicate", alert_id)
    assert Delivery.objects.count() == before


def resolve(world: World, asset: int) -> None:
    """It may come before its trigger: then there is nothing that it could end."""
    opened = [alert for alert in world.sight.alerts.values() if alert.asset == f"shop.t{asset}"]
    is_open = any(alert.is_open for alert in opened)
    event = resolved(
        event_id=uuid.uuid4().hex, asset=f"shop.t{asset}", occurred_at=timezone.now().isoformat()
    )
    recorded = ingest.record(event, world.producer)
    assert recorded.status == ("accepted" if is_open else "unmatched")
