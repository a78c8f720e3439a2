"""What becomes of the deliveries that a digest tells (alerts/digests.py): they end as it does.

A digest may carry very many. The first of them end in the transaction that records it, the rest in
batches of the sweeper's, so that nobody waits for them.
"""

import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Q, QuerySet

from alerts.digests import UNTOLD
from alerts.models import Delivery, DeliveryState
from alerts.wording import moment
from destinations.messages import Action

BATCH = 500
FINISH_SECONDS = 5.0
UNDER_WAY = (DeliveryState.PENDING, DeliveryState.SENDING)


@transaction.atomic
def end_some(leader_id: UUID) -> int:
    """Ends a batch of what the digest carries, if it has ended itself. Returns how many."""
    # Locked, so that nobody sends it again meanwhile.
    leader = Delivery.objects.select_for_update().defer("message", "digest").get(pk=leader_id)
    if leader.state in UNDER_WAY:
        return 0
    pks = list(_carried_by(leader).values_list("pk", flat=True)[:BATCH])
    return _carried_by(leader).filter(pk__in=pks).update(**_fate(leader)) if pks else 0


def finish() -> None:
    """Ends what is left of digests that have ended; more in the next round, if it is much."""
    ends = time.monotonic() + FINISH_SECONDS
    for leader_id in _unfinished():
        while end_some(leader_id) and time.monotonic() < ends:
            pass


def take_up(leader: Delivery) -> None:
    """The digest is sent again: what it has not told yet waits for it once more, and so does the
    end of what it may tell now. What it has told before, and the sweeper has not ended yet, is."""
    if leader.delivered_at:
        _carried_by(leader).update(**_fate_of_told(leader))
    untold = Delivery.objects.filter(
        carried_by=leader, state__in=(DeliveryState.FAILED, DeliveryState.SKIPPED)
    )
    untold.update(state=DeliveryState.PENDING, reason="")
    creates = Delivery.objects.filter(
        Q(pk=leader.pk) | Q(carried_by=leader), action=Action.CREATE, state=DeliveryState.PENDING
    )
    Delivery.objects.filter(
        alert__in=creates.values("alert"),
        destination=leader.destination_id,
        action=Action.CLOSE,
        state=DeliveryState.SKIPPED,
        reason=UNTOLD,
    ).update(state=DeliveryState.PENDING, reason="")


def _carried_by(leader: Delivery) -> QuerySet[Delivery]:
    return Delivery.objects.filter(carried_by=leader, state=DeliveryState.PENDING)


def _unfinished() -> Iterator[UUID]:
    """The digests that carry something which has not ended: from one to the next in the index
    delivery_unfinished, however many each of them carries."""
    leader_id = next_unfinished(UUID(int=0)).first()
    while leader_id:
        yield leader_id
        leader_id = next_unfinished(leader_id).first()


def next_unfinished(after: UUID) -> QuerySet[Delivery, UUID | None]:
    carried = Delivery.objects.filter(state=DeliveryState.PENDING, carried_by_id__gt=after)
    return carried.order_by("carried_by_id").values_list("carried_by_id", flat=True)


def _fate(leader: Delivery) -> dict[str, Any]:
    if leader.state == DeliveryState.DELIVERED:
        return _fate_of_told(leader)
    has_failed = leader.state == DeliveryState.FAILED
    why = f"The digest that tells it has failed: {leader.reason}" if has_failed else leader.reason
    return {"state": leader.state, "reason": why, "next_attempt_at": None}


def _fate_of_told(leader: Delivery) -> dict[str, Any]:
    of_its_time = f" of {moment(leader.digest_at)}" if leader.digest_at else ""
    return {
        "state": DeliveryState.DELIVERED,
        "reason": f"Told in the digest{of_its_time}.",
        "delivered_at": leader.delivered_at,
        "next_attempt_at": None,
    }
