"""A clock that was set back must not make anything wait for the old time to come again.

Times in rows are compared with this host's clock. One that lies further ahead than any rule could
have put it was written by a clock that ran ahead, and is pulled in.
"""

from datetime import datetime, timedelta

from django.conf import settings
from django.db.models import Q

from alerts.models import (
    HELD,
    Alert,
    Cooldown,
    Delivery,
    DeliveryState,
    Heartbeat,
    Lane,
    Match,
    Rule,
)
from destinations.messages import Action
from destinations.models import Destination


def pull_in(now: datetime) -> int:
    """Returns how many rows had a time from another clock: none, on a good day."""
    longest = max(settings.RETRY_SCHEDULE) * (1 + settings.RETRY_JITTER)
    next_try = now + timedelta(seconds=max(longest, settings.RETRY_AFTER_LIMIT))
    lease = now + timedelta(seconds=2 * settings.LEASE)
    pause = now + timedelta(seconds=max(settings.RETRY_AFTER_LIMIT, settings.BREAKER_PAUSE))
    soon = now + timedelta(seconds=settings.DOORBELL_TIMEOUT)
    deliveries, lanes, destinations = Delivery.objects, Lane.objects, Destination.objects
    by_itself = Q(digest_at=None) | Q(digest__isnull=False)  # what waits for a digest may wait long
    return (
        deliveries.filter(
            by_itself,
            state=DeliveryState.PENDING,
            action__in=Action.values,
            next_attempt_at__gt=next_try,
        ).update(next_attempt_at=now)
        + deliveries.filter(state=DeliveryState.SENDING, lease_until__gt=lease).update(
            lease_until=now
        )
        + lanes.filter(lease_until__gt=lease).update(lease_until=now)
        + lanes.filter(paused_until__gt=pause).update(paused_until=None, pause_reason="")
        + lanes.filter(rung_at__gt=soon).update(rung_at=None)
        + lanes.filter(tokens_at__gt=soon).update(tokens_at=now)
        # Else a refused key would not be blamed on the key of now, and be tried again and again.
        + destinations.filter(secrets_changed_at__gt=soon).update(secrets_changed_at=now)
        + destinations.filter(failing_since__gt=lease).update(failing_since=now)
        + destinations.filter(told_at__gt=lease).update(told_at=now)
        + Heartbeat.objects.filter(
            asked_at__gt=now + timedelta(seconds=settings.STALL_TIMEOUT)
        ).update(asked_at=None, beaten_at=None)
        + _pull_in_what_is_held(now, soon)
    )


def _pull_in_what_is_held(now: datetime, soon: datetime) -> int:
    settle = timedelta(seconds=settings.FLAP_SETTLE)
    # A wait may rightly be long: who wrote it tells. By rule, for that is how the index goes.
    from_ahead = Match.objects.filter(
        rule__in=Rule.objects.all(),
        verdict__in=HELD,
        evaluated_at__gt=soon,
        look_again_at__gt=now,
    )
    return (
        Alert.objects.filter(settles_at__gt=soon + settle).update(settles_at=now + settle)
        + from_ahead.update(look_again_at=now)
        + Cooldown.objects.filter(taken_at__gt=soon).update(taken_at=now)
    )
