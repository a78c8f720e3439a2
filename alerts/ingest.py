"""Takes events in: one short transaction from an event to its alert, verdicts and deliveries."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, OperationalError, transaction
from django.db.models import F, Prefetch
from django.utils import timezone

from accounts.models import ApiKey
from alerts import events, planning, rules
from alerts.lifecycle import end
from alerts.models import (
    Activity,
    Alert,
    AlertState,
    Event,
    Installation,
    Match,
    Rule,
    Verdict,
)
from alerts.vocabulary import SEVERITY_RANK
from destinations.models import Destination

# Losing a race against an equal request, or a deadlock on PostgreSQL: look again, and find it done.
TRIES = 5
DEADLOCK = "40P01"  # https://www.postgresql.org/docs/current/errcodes-appendix.html
_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one event: `accepted`, `duplicate`, `unmatched` or `suppressed`."""

    event_id: str
    alert_id: UUID | None
    status: str


def record(event: events.Event, api_key: ApiKey | None = None) -> Recorded:
    """Records one event. When it returns, everything is committed."""
    return record_all([event], api_key)[0]


def record_all(batch: Sequence[events.Event], api_key: ApiKey | None = None) -> list[Recorded]:
    """Records events in their order, all or none. When it returns, everything is committed.

    Raises OperationalError when the database cannot take them.
    """

    def work() -> list[Recorded]:
        active = _Rules()
        if len(batch) > 1:
            _wait_for_other_batches()
        return [_record(event, api_key, active) for event in batch]

    return _again_if_raced(work)


def _wait_for_other_batches() -> None:
    """PostgreSQL: two batches with the same problems in other orders would deadlock, again and
    again. The installation's row is the lock that they take turns with."""
    Installation.objects.select_for_update().first()


def _again_if_raced(work: Callable[[], _Result]) -> _Result:
    for tries_left in reversed(range(TRIES)):
        try:
            with transaction.atomic():
                return work()
        except IntegrityError:
            if not tries_left:
                raise
        except OperationalError as error:
            is_deadlock = getattr(error.__cause__, "sqlstate", "") == DEADLOCK
            if not tries_left or not is_deadlock:
                raise
    raise AssertionError("unreachable")


class _Rules:
    """The active rules, read when the first event of a batch needs them."""

    def __init__(self) -> None:
        self._rules: list[Rule] | None = None

    def __iter__(self):  # type: ignore[no-untyped-def]
        if self._rules is None:
            alive = Prefetch("destinations", Destination.objects.alive())
            self._rules = list(Rule.objects.prefetch_related(alive))
        return iter(self._rules)


def _record(event: events.Event, api_key: ApiKey | None, active: _Rules) -> Recorded:
    if earlier := _earlier(event, api_key):
        return Recorded(event.event_id or str(earlier.pk), earlier.alert_id, "duplicate")
    if event.status == "resolved":
        alert, status = _resolve(event)
    else:
        alert, status = _trigger(event, active)
    row = Event.objects.create(
        api_key=api_key,
        event_id=event.event_id or None,
        alert=alert,
        status=event.status,
        fingerprint=event.fingerprint,
        body=event.model_dump(mode="json", by_alias=True, exclude={"event_id", "status"}),
        occurred_at=event.occurred_at,
    )
    return Recorded(event.event_id or str(row.pk), alert.pk if alert else None, status)


def _earlier(event: events.Event, api_key: ApiKey | None) -> Event | None:
    if not event.event_id:
        return None
    return Event.objects.filter(api_key=api_key, event_id=event.event_id).first()


def _trigger(event: events.Event, active: _Rules) -> tuple[Alert, str]:
    alert = Alert.objects.select_for_update().filter(open_fingerprint=event.fingerprint).first()
    if alert is None:
        alert = _open(event)
        is_news = True
    else:
        is_news = _refresh(alert, event)
    if is_news or not alert.is_matched:
        _judge(alert, active)
    return alert, "accepted" if alert.is_matched else "unmatched"


def _open(event: events.Event) -> Alert:
    alert = Alert.objects.create(
        fingerprint=event.fingerprint,
        open_fingerprint=event.fingerprint,
        event_type=event.event_type,
        severity=event.severity,
        title=event.title,
        description=event.description,
        data_source=event.data_source,
        schema=event.schema_name,
        asset=event.asset,
        asset_id=event.asset_id,
        changes=[change.model_dump(mode="json") for change in event.changes],
        tags=list(event.tags),
        details=event.details,
        occurred_at=event.occurred_at,
        last_event_at=timezone.now(),
    )
    Activity.objects.create(alert=alert, kind=Activity.Kind.DETECTED)
    return alert


def _refresh(alert: Alert, event: events.Event) -> bool:
    """Counts a repeat. True if it is graver than all before: then rules look at it again."""
    is_graver = SEVERITY_RANK[event.severity] > SEVERITY_RANK[alert.severity]
    Alert.objects.filter(pk=alert.pk).update(
        count=F("count") + 1,
        last_event_at=timezone.now(),
        severity=event.severity if is_graver else alert.severity,
    )
    if is_graver:
        note = f"{alert.severity} → {event.severity.value}"
        Activity.objects.create(alert=alert, kind=Activity.Kind.ESCALATED, note=note)
        alert.severity = event.severity
    return is_graver


def _judge(alert: Alert, active: _Rules) -> None:
    """Stores what each rule says, and plans a delivery for each destination that a rule joins."""
    findings = rules.verdicts(alert, active)
    now = timezone.now()
    Match.objects.bulk_create(
        [
            Match(
                alert=alert,
                rule=finding.rule,
                rule_name=finding.rule.name,
                verdict=finding.verdict,
                reason=finding.reason,
                evaluated_at=now,
            )
            for finding in findings
        ],
        update_conflicts=True,
        unique_fields=["alert", "rule"],
        update_fields=["rule_name", "verdict", "reason", "evaluated_at"],
    )
    matched = [finding.rule for finding in findings if finding.verdict == Verdict.MATCHED]
    if matched and not alert.is_matched:
        alert.is_matched = True
        alert.save(update_fields=["is_matched"])
    planning.plan_creates(alert, matched)


def _resolve(event: events.Event) -> tuple[Alert | None, str]:
    ended = [end(alert, AlertState.RESOLVED) for alert in _meant_by(event)]
    return (ended[0], "accepted") if ended else (None, "unmatched")


def _meant_by(event: events.Event) -> list[Alert]:
    """The open alerts that a resolved event ends: the one with its fingerprint, or, when it names
    no changes and no dedup key, all of its event type on its asset."""
    still_open = Alert.objects.select_for_update().filter(ended_at=None)
    same = list(still_open.filter(open_fingerprint=event.fingerprint))
    if same or event.dedup_key or event.changes:
        return same
    return list(
        still_open.filter(
            event_type=event.event_type,
            data_source=event.data_source,
            **({"asset": event.asset} if event.asset else {"asset_id": event.asset_id}),
        ).order_by("created_at")
    )
