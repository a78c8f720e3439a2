"""What a digest says: the counts and lines of all that its leader carries."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.conf import settings
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

from alerts.fates import RECORDED_ONLY
from alerts.models import Alert, Delivery, DeliveryState
from alerts.vocabulary import SEVERITY_RANK, Severity
from destinations.messages import Action, Digest, DigestLine, shorten
from destinations.models import Destination

LINES_LIMIT = 50
TEXT_LIMIT = 200  # characters of a rule, an asset or a title
STILL_OPEN_LIMIT = 10_000  # counted so far


def digest_of(
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
    told = Q(pk=leader.pk) | Q(carried_by=leader) | Q(delivered_at__isnull=False)
    if destination.is_record_only:
        told |= Q(state=DeliveryState.SKIPPED, reason=RECORDED_ONLY)
    creates = Delivery.objects.filter(
        told, alert=OuterRef("pk"), destination=destination, action=Action.CREATE
    )
    return Alert.objects.filter(Exists(creates), ended_at=None)[:STILL_OPEN_LIMIT].count()
