"""Digests: one message per slot instead of one per alert, for destinations that are set so.

What a digest tells are deliveries like any other, planned with `digest_at`. When it is due, a lane
makes one of them the leader: it holds the Digest, and carries the others (`carried_by`). The leader
alone is sent, tried again, and recorded; the others end with it (alerts/carrying.py). How a
delivery goes is settled when it is planned, and a close goes the way of its create: so nothing is
lost or told twice when a destination changes from the one way to the other.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import (
    Case,
    Count,
    Exists,
    F,
    Max,
    Min,
    OuterRef,
    Q,
    QuerySet,
    TextField,
    Value,
    When,
)
from django.db.models.fields.json import KT
from django.db.models.functions import Coalesce, Concat, NullIf
from django.urls import reverse
from django.utils import timezone

from alerts.digest_slots import slot_after
from alerts.fates import RECORDED_ONLY, was_recorded
from alerts.models import Alert, Delivery, DeliveryState, Lane
from alerts.vocabulary import SEVERITY_RANK, Severity
from destinations.messages import Action, Digest, DigestLine, shorten
from destinations.models import Destination

UNTOLD = "Its end is not told, because no digest has told its beginning."
LINES_LIMIT = 50
TEXT_LIMIT = 200  # characters of a rule, an asset or a title
STILL_OPEN_LIMIT = 10_000  # counted so far
# So long waits what comes while the last digest is still on its way, if there are no more slots.
PUT_OFF = timedelta(minutes=5)
PULL_BATCH = 1000


def leave_close(close: Delivery, create: Delivery) -> None:
    """Leaves a close (not saved) to the next digest, as its create was left to one; or skips it."""
    if create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED) and not was_recorded(create):
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
        waiting.update(next_attempt_at=later, digest_at=later)
        return
    _skip_untold(waiting, destination)
    leader = waiting.select_for_update().order_by("created_at", "id").first()
    if leader is None:
        return
    waiting.exclude(pk=leader.pk).update(carried_by=leader, next_attempt_at=None, digest_at=now)
    leader.digest_at = now
    leader.digest = _digest(leader, destination, last, now).to_json()
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


def _last(destination: Destination, now: datetime) -> Delivery | None:
    """The leader of the destination's last digest."""
    leaders = Delivery.objects.filter(
        destination=destination, digest__isnull=False, digest_at__lte=now
    )
    return leaders.only("state", "digest_at").order_by("-digest_at").first()


def _later(destination: Destination, last: Delivery | None, now: datetime) -> datetime | None:
    """One digest a slot, and one at a time: when to look again, if not now."""
    if last is None or last.digest_at is None:
        return None
    if last.state in (DeliveryState.PENDING, DeliveryState.SENDING):
        return slot_after(destination.config, now) or now + PUT_OFF
    following = slot_after(destination.config, last.digest_at)
    return following if following and following > now else None


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
    )
    waiting.filter(Exists(creates), action=Action.CLOSE).update(
        state=DeliveryState.SKIPPED, reason=UNTOLD, next_attempt_at=None
    )


def _digest(
    leader: Delivery, destination: Destination, last: Delivery | None, now: datetime
) -> Digest:
    told = Delivery.objects.filter(Q(pk=leader.pk) | Q(carried_by=leader))
    sums = told.aggregate(
        opened=Count("pk", filter=Q(action=Action.CREATE)),
        ended=Count("pk", filter=Q(action=Action.CLOSE)),
        first=Min("created_at"),
    )
    groups = _groups(told)
    lines = tuple(_lines(groups))
    return Digest(
        idempotency_key=f"{leader.idempotency_key}-digest",
        # A clock that was set back may have left times that are still to come.
        since=last.digest_at if last and last.digest_at else min(sums["first"], now),
        until=now,
        opened=sums["opened"],
        ended=sums["ended"],
        still_open=_still_open(leader, destination),
        lines=lines,
        more=groups.count() - LINES_LIMIT if len(lines) == LINES_LIMIT else 0,
        link=settings.PUBLIC_URL + reverse("alerts"),
    )


def _groups(told: QuerySet[Delivery]) -> QuerySet[Delivery, Any]:
    """By rule and asset, out of the messages, which hold nothing but what may leave; the gravest
    first, then the busiest."""
    ranks = (
        When(alert__severity=severity, then=Value(str(rank)))
        for severity, rank in SEVERITY_RANK.items()
    )
    rank = Case(*ranks, default=Value("0"), output_field=TextField())
    return (
        told.values(
            rule=KT("message__rule"),
            asset=Coalesce(
                NullIf(KT("message__asset"), Value("", TextField())), KT("message__asset_id")
            ),
        )
        .annotate(
            opened=Count("pk", filter=Q(action=Action.CREATE)),
            ended=Count("pk", filter=Q(action=Action.CLOSE)),
            rank=Max(rank),
            # Behind its rank, so that it is the title of one of the gravest.
            ranked_title=Max(Concat(rank, KT("message__title"), output_field=TextField())),
        )
        .order_by("-rank", -(F("opened") + F("ended")), "asset", "rule")
    )


def _lines(groups: QuerySet[Delivery, Any]) -> Iterator[DigestLine]:
    severities = list(Severity.values)
    for group in groups[:LINES_LIMIT]:
        yield DigestLine(
            rule=shorten(group["rule"], TEXT_LIMIT),
            asset=shorten(group["asset"], TEXT_LIMIT),
            severity=severities[int(group["rank"])],
            opened=group["opened"],
            ended=group["ended"],
            title=shorten(group["ranked_title"][1:], TEXT_LIMIT),
        )


def _still_open(leader: Delivery, destination: Destination) -> int:
    """How many alerts the destination has been told of, this time or before, that go on."""
    told = Q(pk=leader.pk) | Q(carried_by=leader) | Q(state=DeliveryState.DELIVERED)
    if destination.is_record_only:
        told |= Q(state=DeliveryState.SKIPPED, reason=RECORDED_ONLY)
    creates = Delivery.objects.filter(
        told, alert=OuterRef("pk"), destination=destination, action=Action.CREATE
    )
    return Alert.objects.filter(Exists(creates), ended_at=None)[:STILL_OPEN_LIMIT].count()
