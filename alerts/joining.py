"""How alerts join a storm or a group: it is found open and kept so, or opened, or told somewhere.

Who joins holds a share in the summary's row until the end of the transaction, and who ends the
summary waits for that (alerts/sums.py): so nobody joins what has ended. Many may join at once.
"""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from enum import Enum, auto
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection
from django.utils import timezone

from alerts import looks, planning
from alerts.fates import was_recorded
from alerts.models import (
    Activity,
    Alert,
    Delivery,
    DeliveryState,
    Match,
    Rule,
    Storm,
    Verdict,
)
from alerts.rows import prepared
from alerts.summaries import skip_reason
from destinations.messages import Action
from destinations.models import Destination

# The sweeper has a summary sent when it has gathered what it lists; this much later it goes anyway.
SLACK = timedelta(seconds=20)
GATHERING = "It gathers the alerts that it will list."
HOLD = "SELECT 1 FROM alerts_alert WHERE id = %s AND ended_at IS NULL"


class Place(Enum):
    """What a destination knows of a summary."""

    UNTOLD = auto()
    TOLD = auto()  # its incident is there, or will be
    IN_VAIN = auto()  # there will be none


def hold(storm: Storm) -> bool:
    """Whether it is open; then it stays so until the end of this transaction."""
    share = " FOR SHARE" if connection.features.has_select_for_update else ""
    with connection.cursor() as cursor:
        cursor.execute(HOLD + share, [prepared(Alert, "id", storm.pk)])
        return cursor.fetchone() is not None


def find(fingerprint: str) -> Storm | None:
    """The one whose summary has this fingerprint, held, if it is open."""
    found = Storm.objects.filter(alert__open_fingerprint=fingerprint)
    storm = found.select_related("alert", "rule").first()
    return storm if storm and hold(storm) else None


def open_one(alert: Alert, note: str, **fields: Any) -> Storm | None:
    """Opens one, with a new summary alert. None if somebody else was quicker: of two at the same
    time only one gets the fingerprint."""
    Alert.objects.bulk_create([alert], ignore_conflicts=True)
    if not Alert.objects.filter(pk=alert.pk).exists():
        return None
    Activity.objects.create(alert=alert, kind=Activity.Kind.DETECTED, note=note)
    return Storm.objects.create(alert=alert, joined_at=alert.occurred_at, **fields)


def place_of(storm: Storm, destination: UUID) -> Place:
    creates = Delivery.objects.filter(alert=storm.pk, destination=destination, action=Action.CREATE)
    create = creates.only("state", "reason").first()
    if create is None:
        return Place.UNTOLD
    if was_recorded(create):
        is_recording = Destination.objects.get(pk=destination).is_record_only
        return Place.TOLD if is_recording else Place.IN_VAIN
    ended_in_vain = create.state in (DeliveryState.FAILED, DeliveryState.SKIPPED)
    return Place.IN_VAIN if ended_in_vain else Place.TOLD


def tell(storm: Storm, destination: UUID, rules: Sequence[Rule], passed_by: Rule | None) -> None:
    """Plans the summary's create for a destination; the sweeper brings it up to date, and rings."""
    gathered_at = max(storm.alert.created_at + gather_time(storm), timezone.now())
    create = planning.new_create(
        storm.alert,
        destination,
        [rule.name for rule in rules],
        passed_by=passed_by.pk if passed_by else None,
        due_at=gathered_at + SLACK,
    )
    create.reason = GATHERING
    Delivery.objects.bulk_create([create], ignore_conflicts=True)
    planning.lanes_of([destination])
    looks.ask([storm.pk], gathered_at)


def note_rules(storm: Storm, rules: Iterable[Rule]) -> None:
    """The summary's page says which rules have brought its members."""
    reason = "The rule groups alerts of one burst."
    if not storm.burst:
        reason = "More alerts in a minute than its storm brake lets through."
    now = timezone.now()
    Match.objects.bulk_create(
        [
            Match(
                alert=storm.alert,
                rule=rule,
                rule_name=rule.name,
                verdict=Verdict.MATCHED,
                reason=reason,
                evaluated_at=now,
            )
            for rule in rules
        ],
        ignore_conflicts=True,
    )


def absorb(storm: Storm, alert: Alert, create: Delivery) -> None:
    """Makes the alert a member, and its create one that is not sent. Neither is saved."""
    alert.part_of = storm
    create.state, create.next_attempt_at = DeliveryState.SKIPPED, None
    create.reason = skip_reason(storm)


def gather_time(storm: Storm) -> timedelta:
    """For so long after it has opened, a summary waits for those that it can list."""
    seconds = settings.GROUP_GATHER if storm.burst else settings.STORM_GATHER
    return timedelta(seconds=seconds)
