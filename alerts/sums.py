"""Counts the members of storms and groups, has their summaries sent, and ends what ends together.

The sweeper's work, by the looks that others have asked for (alerts/looks.py). Each look is a
transaction that locks the summary's row, so that nobody is joining meanwhile.
"""

import time
from collections import defaultdict
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from alerts import joining, lifecycle, looks
from alerts.models import Alert, AlertState, Delivery, DeliveryState, Look, Match, Storm
from alerts.storms import MINUTE
from alerts.summaries import message_of, sum_of, title_of
from destinations.messages import Action

BATCH = 500  # looks that are read at once
END_BATCH = 50  # members that end in one transaction
SECONDS = 2.0
# A look this much further ahead than any is asked for: from a clock that was set back since.
AHEAD = timedelta(minutes=10)
SOON = timedelta(seconds=1)


def sweep() -> None:
    """Does the looks that are due; the rest in the next round, if there are many."""
    ends = time.monotonic() + SECONDS
    while due := _due(timezone.now()):
        for storm, ids in due.items():
            _look(storm, ids)
            if time.monotonic() > ends:
                return


def _due(now: datetime) -> dict[UUID, list[int]]:
    """The ids of looks that are due, by what they are at."""
    longest = timedelta(seconds=max(settings.GROUP_GATHER, settings.STORM_GATHER))
    due = Look.objects.filter(Q(due_at__lte=now) | Q(due_at__gt=now + longest + AHEAD))
    found: dict[UUID, list[int]] = defaultdict(list)
    for storm, pk in due.order_by("due_at").values_list("storm_id", "pk")[:BATCH]:
        found[storm].append(pk)
    return found


@transaction.atomic
def _look(pk: UUID, ids: list[int]) -> None:
    storms = Storm.objects.select_related("alert", "rule").select_for_update(of=("alert",))
    storm = storms.filter(pk=pk).first()
    Look.objects.filter(pk__in=ids).delete()
    if storm is None:
        return
    if storm.alert.is_open:
        _count(storm, timezone.now())
    else:
        _end_members(storm)


def _count(storm: Storm, now: datetime) -> None:
    alert = storm.alert
    total = sum_of(storm.members.all())
    first = storm.members.order_by("created_at", "id").values_list("title", flat=True).first()
    alert.title = title_of(storm, total.count, first or alert.title)
    alert.count = max(total.count, 1)
    alert.severity, alert.last_event_at = total.severity, total.last_at or alert.last_event_at
    alert.save(update_fields=["title", "count", "severity", "last_event_at"])
    if total.open_count:
        _tell(storm, now)
    elif not storm.burst and now - MINUTE < storm.joined_at <= now:
        looks.ask([storm.pk], storm.joined_at + MINUTE)  # it goes on for a minute, whatever ends
        _tell(storm, now)
    else:
        lifecycle.end(alert, AlertState.RESOLVED, note="All of its alerts have ended.")


def _tell(storm: Storm, now: datetime) -> None:
    """Brings what was not sent yet up to date; and has it sent, once it has gathered enough."""
    created_at = storm.alert.created_at
    is_gathering = created_at <= now < created_at + joining.gather_time(storm)
    for create in _unsent(storm):
        rule = _rules_naming(storm, create.destination_id) or create.message["rule"]
        message, create.blanked = message_of(
            storm, create.destination_id, rule, create.idempotency_key
        )
        create.message = message.to_json()
        if not is_gathering:
            create.next_attempt_at, create.reason = now, ""
        create.save(update_fields=["message", "blanked", "next_attempt_at", "reason"])


def _unsent(storm: Storm) -> QuerySet[Delivery]:
    return Delivery.objects.select_for_update().filter(
        alert=storm.pk, action=Action.CREATE, state=DeliveryState.PENDING, attempt_count=0
    )


def _rules_naming(storm: Storm, destination: UUID) -> str:
    """The names of the rules that have brought members and send them there."""
    named = Match.objects.filter(alert=storm.pk, rule__destinations=destination)
    return ", ".join(named.order_by("rule_name").values_list("rule_name", flat=True))


def _end_members(storm: Storm) -> None:
    """Some of those that are left end as it did. Each asks for the next look."""
    left = Alert.objects.filter(part_of=storm.pk, ended_at=None)
    # Skipping those that somebody holds, who may wait for one of these.
    free = list(left.select_for_update(skip_locked=True)[:END_BATCH])
    for member in free:
        lifecycle.end(member, AlertState(storm.alert.state), note=f"with its {storm.kind}")
    if not free and left.exists():
        looks.ask([storm.pk], timezone.now() + SOON)
