"""Digests: one message per slot instead of one per alert, for destinations that are set so.

What a digest tells are deliveries like any other, planned with `digest_at`. When it is due, a lane
makes one of them the leader: it holds the Digest, and carries the others (`carried_by`). The leader
alone is sent, tried again, and recorded; the others end with it (alerts/carrying.py). How a
delivery goes is settled when it is planned, and a close goes the way of its create: so nothing is
lost or told twice when a destination changes from the one way to the other.
"""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from alerts.digest_contents import digest_of
from alerts.digest_slots import slot_after
from alerts.fates import was_recorded
from alerts.models import Delivery, DeliveryState, Lane
from destinations.messages import Action
from destinations.models import Destination

UNTOLD = "Its end is not told, because no digest has told its beginning."
# So long waits what comes while the last digest is still on its way, if there are no more slots.
PUT_OFF = timedelta(minutes=5)
PULL_BATCH = 1000
# In one digest, and written at once: for so many, all that comes in waits a second. What is
# more is told by the next digest, minutes later.
MEMBERS_LIMIT = 10_000
# Creates first: no end may be in an earlier digest than its beginning.
ORDER = ("-action", "created_at", "id")


def leave_close(close: Delivery, create: Delivery) -> None:
    """Leaves a close (not saved) to the next digest, as its create was left to one; or skips it."""
    is_over = create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED)
    # What was told stays told, also if somebody has sent the digest again in vain.
    if is_over and not create.delivered_at and not was_recorded(create):
        close.state, close.reason = DeliveryState.SKIPPED, UNTOLD
        return
    config = Destination.objects.only("config").get(pk=close.destination_id).config
    now = timezone.now()
    close.digest_at = close.next_attempt_at = slot_after(config, now) or now


@transaction.atomic
def gather(destination_id: UUID) -> None:
    """Makes one digest of all that is due to be told by one. Called by the holder of the lane."""
    Lane.objects.select_for_update().filter(destination=destination_id).first()
    destination = Destination.objects.get(pk=destination_id)
    now = timezone.now()
    waiting = _waiting(next_attempt_at__lte=now, destination=destination)
    last = _last(destination, now)
    if later := _later(destination, last, now):
        _some(waiting).update(next_attempt_at=later, digest_at=later)
        return
    _take_in_beginnings(waiting, destination, now)
    _skip_untold(waiting, destination)
    leader = waiting.select_for_update().order_by(*ORDER).first()
    if leader is None:
        return
    others = _some(waiting.exclude(pk=leader.pk), MEMBERS_LIMIT - 1)
    others.update(carried_by=leader, next_attempt_at=None, digest_at=now)
    leader.digest_at = now
    leader.digest = digest_of(leader, destination, last, now).to_json()
    leader.save(update_fields=["digest", "digest_at"])


def pull_in(now: datetime) -> int:
    """Nothing waits longer than for the next slot: after a change of the destination's timing, or
    of the clock. Returns how many did."""
    waiting = _waiting(next_attempt_at__gt=now, destination=OuterRef("pk"))
    moved = 0
    for destination in Destination.objects.only("config").filter(Exists(waiting)):
        slot = slot_after(destination.config, now)
        late = _waiting(next_attempt_at__gt=slot or now + PUT_OFF, destination=destination)
        due_at = slot or now
        while pks := list(late.values_list("pk", flat=True)[:PULL_BATCH]):
            moved += late.filter(pk__in=pks).update(next_attempt_at=due_at, digest_at=due_at)
    return moved


def _waiting(**conditions: Any) -> QuerySet[Delivery]:
    """What a digest is to tell, and no digest tells yet."""
    return Delivery.objects.filter(
        state=DeliveryState.PENDING,
        action__in=Action.values,  # the index delivery_next needs it
        digest_at__isnull=False,
        digest__isnull=True,
        **conditions,
    )


def _some(waiting: QuerySet[Delivery], limit: int | None = None) -> QuerySet[Delivery]:
    """No more than may be written at once. Two conditions: the outer one holds for rows that have
    changed in between, too."""
    some = waiting.order_by(*ORDER).values("pk")[: MEMBERS_LIMIT if limit is None else limit]
    return waiting.filter(pk__in=some)


def _last(destination: Destination, now: datetime) -> Delivery | None:
    """The leader of the destination's last digest."""
    leaders = Delivery.objects.filter(
        destination=destination, digest__isnull=False, digest_at__lte=now
    )
    return leaders.only("digest", "digest_at").order_by("-digest_at").first()


def _later(destination: Destination, last: Delivery | None, now: datetime) -> datetime | None:
    """One digest a slot, and one at a time: when to look again, if not now."""
    is_full = bool(last and _is_full(last))
    if _is_one_under_way(destination):
        slot = None if is_full else slot_after(destination.config, now)
        return slot or now + PUT_OFF
    if _is_one_unfinished(destination):
        return now + PUT_OFF
    if is_full or last is None or last.digest_at is None:
        return None
    following = slot_after(destination.config, last.digest_at)
    return following if following and following > now else None


def _is_full(leader: Delivery) -> bool:
    """Whether there was more to tell than that digest may carry."""
    digest = leader.digest or {}
    told: int = digest.get("opened", 0) + digest.get("ended", 0)
    return told >= MEMBERS_LIMIT


def _is_one_under_way(destination: Destination) -> bool:
    """Not only the last: an older one may have been sent again."""
    under_way = Delivery.objects.filter(
        destination=destination,
        digest__isnull=False,
        state__in=(DeliveryState.PENDING, DeliveryState.SENDING),
    )
    return under_way.exists()


def _take_in_beginnings(
    waiting: QuerySet[Delivery], destination: Destination, now: datetime
) -> None:
    """No end is told before its beginning: one that has been put off further is due with it."""
    ends = waiting.filter(action=Action.CLOSE)
    late = _waiting(next_attempt_at__gt=now, destination=destination)
    late.filter(action=Action.CREATE, alert__in=ends.values("alert")).update(
        next_attempt_at=now, digest_at=now
    )


def _is_one_unfinished(destination: Destination) -> bool:
    """Whether something waits for the sweeper to end it, as its digest has ended."""
    carried = Delivery.objects.filter(
        destination=destination, state=DeliveryState.PENDING, carried_by__isnull=False
    )
    return carried.exists()


def _skip_untold(waiting: QuerySet[Delivery], destination: Destination) -> None:
    """Skips the ends of what was not told, because it has failed or was only recorded."""
    untold = Q(state=DeliveryState.FAILED)
    if not destination.is_record_only:
        untold |= Q(state=DeliveryState.SKIPPED)
    creates = Delivery.objects.filter(
        untold,
        alert=OuterRef("alert"),
        destination=OuterRef("destination"),
        action=Action.CREATE,
        delivered_at=None,
    )
    waiting.filter(Exists(creates), action=Action.CLOSE).update(
        state=DeliveryState.SKIPPED, reason=UNTOLD, next_attempt_at=None
    )
