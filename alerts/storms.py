"""The storm brake: too many alerts of one rule in a minute become one summary alert.

A rule lets `STORM_LIMIT` creates a minute through to each of its destinations. What comes on top is
a member of a storm: an alert like any other, whose create is skipped because the storm's summary
speaks for it. The summary is an alert too, so that it is delivered, shown, and closed as all are.
It waits `STORM_GATHER` seconds before it is sent, and then lists the members that it has by then.
Sums and ends are the sweeper's work, so that events only ever add rows.
"""

import dataclasses
import hashlib
import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from alerts import lifecycle, planning
from alerts.messages import create_message
from alerts.models import (
    Activity,
    Alert,
    AlertState,
    Delivery,
    DeliveryState,
    Match,
    Rule,
    Storm,
    Verdict,
)
from alerts.redaction import redactor_for
from alerts.rows import prepared
from alerts.vocabulary import EventType
from destinations.messages import Action, Message

MINUTE = timedelta(minutes=1)
# A storm that nobody joined for so long is over: what comes then is a new one.
QUIET = timedelta(minutes=10)
JOINED_GRAIN = timedelta(seconds=10)
LIST_LIMIT = 40  # members that a summary names
END_BATCH = 50  # a transaction
END_SECONDS = 5.0
PASSED = """
    SELECT COUNT(*) FROM (
        SELECT 1 FROM alerts_delivery
        WHERE passed_by = %s AND destination_id = %s AND created_at > %s LIMIT %s) AS passed"""


class Brake:
    """Counts the creates that rules have let through in the last minute."""

    def __init__(self) -> None:
        self._counts: dict[tuple[UUID, UUID], int] = {}

    def passing(self, rules: Iterable[Rule], destination: UUID) -> Rule | None:
        """The first of the rules that lets one more create through to the destination."""
        return next((rule for rule in rules if self._lets_through(rule.pk, destination)), None)

    def _lets_through(self, rule: UUID, destination: UUID) -> bool:
        limit = settings.STORM_LIMIT
        if not limit:
            return True
        key = rule, destination
        if key not in self._counts:
            self._counts[key] = _passed(rule, destination, limit)
        if self._counts[key] >= limit:
            return False
        self._counts[key] += 1
        return True


def _passed(rule: UUID, destination: UUID, limit: int) -> int:
    since = prepared(Delivery, "created_at", timezone.now() - MINUTE)
    ids = prepared(Delivery, "passed_by", rule), prepared(Delivery, "destination", destination)
    with connection.cursor() as cursor:
        cursor.execute(PASSED, [*ids, since, limit])
        count: int = cursor.fetchone()[0]
        return count


def storm_of(rule: Rule, first: Alert) -> Storm:
    """The storm that alerts of the rule join now; `first` opens one if there is none."""
    now = timezone.now()
    storm = (
        Storm.objects.filter(rule=rule, alert__ended_at=None, joined_at__gt=now - QUIET)
        .select_related("alert")
        .order_by("-joined_at")
        .first()
    )
    if storm is None:
        return _open(rule, first, now)
    if storm.joined_at < now - JOINED_GRAIN:
        Storm.objects.filter(pk=storm.pk).update(joined_at=now)
    return storm


def _open(rule: Rule, first: Alert, now: datetime) -> Storm:
    # The minute lets two transactions that open it at once meet in the unique fingerprint.
    name = f"storm {rule.pk} {now:%Y-%m-%d %H:%M}"
    fingerprint = hashlib.sha256(name.encode()).hexdigest()
    alert = Alert.objects.create(
        fingerprint=fingerprint,
        open_fingerprint=fingerprint,
        event_type=EventType.CUSTOM,
        severity=first.severity,
        title=_title(rule.name, 1),
        description=_description(rule.name),
        is_matched=True,
        occurred_at=now,
        last_event_at=now,
    )
    Activity.objects.create(alert=alert, kind=Activity.Kind.DETECTED, note="by the storm brake")
    Match.objects.create(
        alert=alert,
        rule=rule,
        rule_name=rule.name,
        verdict=Verdict.MATCHED,
        reason="More alerts in a minute than its storm brake lets through.",
        evaluated_at=now,
    )
    return Storm.objects.create(alert=alert, rule=rule, joined_at=now)


def _title(rule: str, count: int) -> str:
    return f"Storm: {count} more alert{'' if count == 1 else 's'} of the rule {rule}"


def _description(rule: str) -> str:
    return (
        f"The rule {rule} let {settings.STORM_LIMIT} alerts a minute through. This incident stands"
        " for all that came on top: when it is resolved, they are, too."
    )


def tell(storm: Storm, rule: Rule, destination: UUID) -> None:
    """Plans the summary's create for a destination, unless it is planned."""
    alert = storm.alert
    if Delivery.objects.filter(alert=alert, destination=destination).exists():
        return
    due_at = alert.created_at + timedelta(seconds=settings.STORM_GATHER)
    planning.new_create(alert, destination, [rule.name], due_at=due_at).save()


def absorb(storm: Storm, alert: Alert, create: Delivery) -> None:
    """Makes the alert a member, and its create one that is not sent. Neither is saved."""
    alert.part_of = storm
    create.state, create.next_attempt_at = DeliveryState.SKIPPED, None
    create.reason = (
        f"Storm brake: more than {settings.STORM_LIMIT} alerts of this rule in a minute."
        " A summary speaks for it."
    )


def sweep() -> None:
    """Counts the members of storms that go on, and ends what ends together."""
    now = timezone.now()
    for storm in Storm.objects.filter(
        joined_at__gt=now - MINUTE - JOINED_GRAIN, alert__ended_at=None
    ).select_related("alert", "rule"):
        _recount(storm)
    _end_members()
    _end_storms(now)


@transaction.atomic
def _recount(storm: Storm) -> None:
    count = storm.members.count()
    if count == storm.alert.count and count > 1:
        return
    alert = storm.alert
    alert.count, alert.last_event_at = count, storm.joined_at
    alert.title = _title(storm.rule.name, count) if storm.rule else alert.title
    alert.save(update_fields=["count", "last_event_at", "title"])
    unsent = Delivery.objects.select_for_update().filter(
        alert=alert, action=Action.CREATE, state=DeliveryState.PENDING, attempt_count=0
    )
    for create in unsent:
        message, create.blanked = summary(storm, create.message["rule"], create.idempotency_key)
        create.message = message.to_json()
        create.save(update_fields=["message", "blanked"])


def summary(storm: Storm, rule: str, idempotency_key: str) -> tuple[Message, int]:
    """What is said of the storm, with the members that it has now, and how much was blanked."""
    message, blanked = create_message(storm.alert, rule, idempotency_key)
    members = list(storm.members.order_by("created_at", "id")[:LIST_LIMIT])
    lines = []
    for member in members:
        redactor = redactor_for(member)
        link = settings.PUBLIC_URL + member.get_absolute_url()
        lines.append(f"- {redactor.text(member.title)} {link}")
        blanked += redactor.count
    more = storm.alert.count - len(members)
    if more > 0:
        lines.append(f"… and {more} more: {message.link}")
    return dataclasses.replace(
        message, description="\n".join([message.description, "", *lines])
    ), blanked


def _end_members() -> None:
    """When a storm has ended, its members do, in the same way; the rest in the next round."""
    ends = time.monotonic() + END_SECONDS
    while _end_some_members() and time.monotonic() < ends:
        pass


@transaction.atomic
def _end_some_members() -> int:
    left = Alert.objects.filter(
        ended_at=None, part_of__isnull=False, part_of__alert__ended_at__isnull=False
    ).annotate(ending=F("part_of__alert__state"))
    members = list(left[:END_BATCH])
    for member in members:
        lifecycle.end(member, AlertState(member.ending), note="with its storm")
    return len(members)


def _end_storms(now: datetime) -> None:
    """When all members have ended, their storm has."""
    members = Alert.objects.filter(part_of=OuterRef("pk"), ended_at=None)
    over = Storm.objects.filter(
        ~Exists(members), alert__ended_at=None, joined_at__lt=now - MINUTE
    ).select_related("alert")
    for storm in over[:END_BATCH]:
        lifecycle.end(storm.alert, AlertState.RESOLVED, note="All of its alerts have ended.")
