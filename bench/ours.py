"""The product at work in this process: a stay in a lane, measured from outside of it.

Called in child processes (`Stage.call`), where Django is set up.
"""

from django.conf import settings

from alerts import lanes
from alerts.models import Attempt, Delivery, DeliveryState, Lane
from bench.cost import Meter, postmaster
from destinations.connectors.incident_io import IncidentIo


def drain(lane: int, count: int) -> dict[str, float]:
    """Sends exactly `count` deliveries of the lane in one stay, and makes sure that they are
    stored with their attempts.

    The lane's own token bucket is what ends the stay: it starts with `count` and never fills.
    """
    IncidentIo.RATE_PER_SECOND, IncidentIo.BURST = 0.0, float(count)
    settings.LANE_LINGER = 0.0
    Lane.objects.filter(pk=lane).update(tokens=None, tokens_at=None)
    before = stored()
    with Meter(postmaster()) as meter:
        lanes.drain(lane, lambda: False)
    done = {
        name: now - then
        for (name, now), then in zip(stored().items(), before.values(), strict=True)
    }
    if done != {"delivered": count, "attempts": count}:
        raise AssertionError(f"Asked to send {count}, and stored {done}.")
    return meter.per(count)


def stored() -> dict[str, int]:
    """How many deliveries have arrived, and how many attempts there are."""
    delivered = Delivery.objects.filter(state=DeliveryState.DELIVERED).count()
    return {"delivered": delivered, "attempts": Attempt.objects.count()}
