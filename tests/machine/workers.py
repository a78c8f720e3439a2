"""Workers as they are: they do what the doorbells in the queue ask of them, and nothing else."""

from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.utils import timezone
from django_q.models import OrmQ

from alerts import lanes, pruning, sweep
from alerts.models import Alert, Delivery, DeliveryState
from tests.machine.world import World


def answer_doorbells() -> None:
    """Those that hang there now; a lane that is out of time or calls rings again for the next."""
    for row in OrmQ.objects.order_by("pk"):
        task = row.task
        row.delete()
        if task["func"] == "alerts.tasks.drain":
            lanes.drain(*task["args"], lambda: False)


def lose_doorbells() -> None:
    """As when SECRET_KEY is changed: django-q2 then throws its queue away."""
    OrmQ.objects.all().delete()


def work() -> None:
    sweep.sweep()
    answer_doorbells()


def prune(world: World) -> None:
    """What goes is exactly what is over in every respect, and old enough."""
    now = timezone.now()
    before, over = _alerts(), _over(now - timedelta(days=settings.RETENTION_DAYS))
    while not pruning.prune(now).is_complete:
        pass
    gone = before - _alerts()
    assert gone == over
    world.pruned |= gone


def _alerts() -> set[UUID]:
    return set(Alert.objects.values_list("pk", flat=True))


def _over(before: datetime) -> set[UUID]:
    old = {a.pk for a in Alert.objects.all() if a.ended_at and a.ended_at < before}
    finished = {DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.SKIPPED}
    return old - {d.alert_id for d in Delivery.objects.all() if d.state not in finished}
