"""One transaction's worth of events: what they need is looked up once, and written once.

A thousand events cost a handful of statements and one row each; one event costs the same few.
"""

import functools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.models import ApiKey
from alerts import events, new_rows, planning, rows, rules, storms
from alerts.lifecycle import end
from alerts.models import Activity, Alert, AlertState, Delivery, Event, Match, Rule, Storm, Verdict
from alerts.rulebook import Rulebook
from alerts.vocabulary import SEVERITY_RANK
from destinations.messages import Action


@dataclass(frozen=True, slots=True)
class Recorded:
    """What became of one event: `accepted`, `duplicate`, `unmatched` or `suppressed`."""

    event_id: str
    alert_id: UUID | None
    status: str


class Intake:
    """Takes events in their order. All of its work is done inside the caller's transaction."""

    def __init__(self, batch: Sequence[events.Event], api_key: ApiKey | None) -> None:
        self._batch, self._api_key = batch, api_key
        self._rulebook, self._brake = Rulebook(), storms.Brake()
        self._storms: dict[UUID, Storm] = {}
        self._told: set[tuple[UUID, UUID]] = set()
        self._earlier = {event.event_id: event for event in self._find_earlier()}
        self._open = {alert.open_fingerprint: alert for alert in self._find_open()}
        # To be written: in this order, for each refers to those before it.
        self._alerts: dict[UUID, Alert] = {}
        self._activities: list[Activity] = []
        self._matches: dict[UUID, list[Match]] = {}
        self._deliveries: dict[UUID, dict[UUID, Delivery]] = {}
        self._events: list[Event] = []
        self._to_ring: set[UUID] = set()
        self._to_wait: set[UUID] = set()

    def run(self) -> list[Recorded]:
        """Records the events, and says what became of each."""
        recorded = [self._take(event) for event in self._batch]
        self._write()
        return recorded

    def _find_earlier(self) -> list[Event]:
        ids = {event.event_id for event in self._batch if event.event_id}
        wanted = ("id", "event_id", "alert")
        return rows.find(Event, "event_id", ids, only=wanted, api_key=self._api_key_id)

    @property
    def _api_key_id(self) -> int | None:
        return self._api_key.pk if self._api_key else None

    def _find_open(self) -> list[Alert]:
        prints = {event.fingerprint for event in self._batch if event.status != "resolved"}
        # Sorted, so that two transactions lock what both of them need in the same order.
        return rows.find(Alert, "open_fingerprint", sorted(prints), lock=True)

    def _take(self, event: events.Event) -> Recorded:
        if event.event_id and (earlier := self._earlier.get(event.event_id)):
            return Recorded(event.event_id, earlier.alert_id, "duplicate")
        if event.status == "resolved":
            alert, status = self._resolve(event)
        else:
            alert, status = self._trigger(event)
        row = new_rows.event(event, alert, self._api_key_id)
        self._events.append(row)
        if event.event_id:
            self._earlier[event.event_id] = row
        return Recorded(event.event_id or str(row.pk), alert.pk if alert else None, status)

    def _trigger(self, event: events.Event) -> tuple[Alert, str]:
        alert = self._open.get(event.fingerprint)
        if alert is None:
            alert = self._open_alert(event)
            is_news = True
        else:
            is_news = self._refresh(alert, event)
        if is_news or not alert.is_matched:
            self._judge(alert)
        return alert, "accepted" if alert.is_matched else "unmatched"

    def _open_alert(self, event: events.Event) -> Alert:
        alert = new_rows.alert(event)
        self._open[event.fingerprint] = self._alerts[alert.pk] = alert
        self._activities.append(Activity(alert_id=alert.pk, kind=Activity.Kind.DETECTED))
        return alert

    def _refresh(self, alert: Alert, event: events.Event) -> bool:
        """Counts a repeat. True if it is graver than all before: then rules look at it again."""
        is_graver = SEVERITY_RANK[event.severity] > SEVERITY_RANK[alert.severity]
        if is_graver:
            note = f"{alert.severity} → {event.severity.value}"
            self._activities.append(
                Activity(alert_id=alert.pk, kind=Activity.Kind.ESCALATED, note=note)
            )
            alert.severity = event.severity
        alert.last_event_at = timezone.now()
        if alert.pk in self._alerts:
            alert.count += 1
        else:
            Alert.objects.filter(pk=alert.pk).update(
                count=F("count") + 1, last_event_at=alert.last_event_at, severity=alert.severity
            )
        return is_graver

    def _judge(self, alert: Alert) -> None:
        """Notes what each rule says, and plans a delivery to each destination that one joins."""
        findings = rules.verdicts(alert, self._rulebook)
        self._matches[alert.pk] = [new_rows.match(alert, finding) for finding in findings]
        matched = [finding.rule for finding in findings if finding.verdict == Verdict.MATCHED]
        if matched and not alert.is_matched:
            alert.is_matched = True
            if alert.pk not in self._alerts:
                alert.save(update_fields=["is_matched"])
        self._plan(alert, matched)

    def _plan(self, alert: Alert, matched: Iterable[Rule]) -> None:
        """One create for each destination that the rules name, if it has none yet."""
        named: dict[UUID, list[Rule]] = {}
        for rule in matched:
            for destination in self._rulebook.destinations_of(rule):
                named.setdefault(destination, []).append(rule)
        for destination in named.keys() - self._planned(alert):
            self._plan_create(alert, destination, named[destination])

    @functools.cached_property
    def _installation(self) -> UUID:
        return planning.installation_id()

    def _planned(self, alert: Alert) -> set[UUID]:
        planned = self._deliveries.get(alert.pk, {}).keys()
        if alert.pk in self._alerts:
            return set(planned)
        return planned | {
            create.destination_id
            for create in rows.find(
                Delivery, "alert", [alert.pk], only=("id", "destination", "action")
            )
            if create.action == Action.CREATE
        }

    def _plan_create(self, alert: Alert, destination: UUID, named_by: list[Rule]) -> None:
        # A digest gathers by itself: it needs no brake.
        slot = self._rulebook.slot_of(destination)
        passing = None if slot else self._brake.passing(named_by, destination)
        create = planning.new_create(
            alert,
            destination,
            [rule.name for rule in named_by],
            passed_by=passing.pk if passing else None,
            digest_at=slot,
            installation=self._installation,
        )
        if slot:
            self._to_wait.add(destination)
        elif passing:
            self._to_ring.add(destination)
        else:
            storms.absorb(self._storm(alert, named_by[0], destination), alert, create)
            if alert.pk not in self._alerts:
                alert.save(update_fields=["part_of"])
        self._deliveries.setdefault(alert.pk, {})[destination] = create

    def _storm(self, alert: Alert, rule: Rule, destination: UUID) -> Storm:
        if rule.pk not in self._storms:
            self._storms[rule.pk] = storms.storm_of(rule, alert)
        storm = self._storms[rule.pk]
        if (storm.pk, destination) not in self._told:
            self._told.add((storm.pk, destination))
            storms.tell(storm, rule, destination)
        return storm

    def _resolve(self, event: events.Event) -> tuple[Alert | None, str]:
        self._write()  # it may end what this very batch has opened
        ended = [end(alert, AlertState.RESOLVED) for alert in meant_by(event)]
        for alert in ended:
            self._open.pop(alert.fingerprint, None)
        return (ended[0], "accepted") if ended else (None, "unmatched")

    def _write(self) -> None:
        rows.insert(list(self._alerts.values()))
        rows.insert(self._activities)
        self._write_matches()
        rows.insert([create for to in self._deliveries.values() for create in to.values()])
        rows.insert(self._events)
        planning.ring(self._to_ring)
        planning.lanes_of(self._to_wait)
        for written in (self._alerts, self._activities, self._matches, self._deliveries):
            written.clear()
        self._events.clear()
        self._to_ring.clear()
        self._to_wait.clear()

    def _write_matches(self) -> None:
        """New alerts have none yet; the verdicts on others are replaced."""
        fresh = [m for pk, found in self._matches.items() if pk in self._alerts for m in found]
        again = [m for pk, found in self._matches.items() if pk not in self._alerts for m in found]
        rows.insert(fresh)
        Match.objects.bulk_create(
            again,
            update_conflicts=True,
            unique_fields=["alert", "rule"],
            update_fields=["rule_name", "verdict", "reason", "evaluated_at"],
        )


def meant_by(event: events.Event) -> list[Alert]:
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
