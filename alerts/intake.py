"""One transaction's worth of events: what they need is looked up once, and written once.

A thousand events cost a handful of statements and one row each; one event costs the same few.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from accounts.models import ApiKey
from alerts import events, flapping, new_rows, rows
from alerts.judging import Judge
from alerts.lifecycle import end
from alerts.models import Activity, Alert, AlertState, Event, Verdict
from alerts.vocabulary import SEVERITY_RANK

# What a producer is told, by what the rules do with the alert.
STATUSES = {
    Verdict.MATCHED: "accepted",
    Verdict.WAITING: "accepted",
    Verdict.SUPPRESSED: "suppressed",
    Verdict.NOT_MATCHED: "unmatched",
}


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
        self._judge = Judge()
        self._earlier = {event.event_id: event for event in self._find_earlier()}
        self._prints = {event.fingerprint for event in batch if event.status != "resolved"}
        self._openings = flapping.Openings(self._prints)
        self._open = {alert.open_fingerprint: alert for alert in self._find_open()}
        # To be written: in this order, for each refers to those before it.
        self._alerts: dict[UUID, Alert] = {}
        self._activities: list[Activity] = []
        self._events: list[Event] = []

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
        # Sorted, so that two transactions lock what both of them need in the same order.
        return rows.find(Alert, "open_fingerprint", sorted(self._prints), lock=True)

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
        if is_news or not alert.is_matched or self._judge.rulebook.hears_repeats:
            self._judge.judge(alert, is_new=alert.pk in self._alerts)
        return alert, STATUSES[alert.all_in_all]

    def _open_alert(self, event: events.Event) -> Alert:
        alert = new_rows.alert(event)
        self._open[event.fingerprint] = self._alerts[alert.pk] = alert
        self._activities.append(Activity(alert_id=alert.pk, kind=Activity.Kind.DETECTED))
        if flaps := self._openings.note(alert):
            self._activities.append(flaps)
        return alert

    def _refresh(self, alert: Alert, event: events.Event) -> bool:
        """Counts a repeat. True if it is news: graver than all before, or not over after all. Then
        rules look at it again."""
        is_graver = SEVERITY_RANK[event.severity] > SEVERITY_RANK[alert.severity]
        if is_graver:
            note = f"{alert.severity} → {event.severity.value}"
            self._activities.append(
                Activity(alert_id=alert.pk, kind=Activity.Kind.ESCALATED, note=note)
            )
            alert.severity = event.severity
        alert.last_event_at = timezone.now()
        alert.count += 1
        alert.details = event.details or alert.details
        if alert.pk not in self._alerts:
            Alert.objects.filter(pk=alert.pk).update(
                count=F("count") + 1,
                last_event_at=alert.last_event_at,
                severity=alert.severity,
                details=alert.details,
            )
        is_back = alert.is_flapping and self._is_back(alert)
        return is_graver or is_back

    def _is_back(self, alert: Alert) -> bool:
        """Takes back that a flapping alert is over. Its row is asked: it may settle since this very
        batch."""
        settling = Alert.objects.filter(pk=alert.pk, settles_at__isnull=False)
        return bool(settling.update(settles_at=None))

    def _resolve(self, event: events.Event) -> tuple[Alert | None, str]:
        self._write()  # it may end what this very batch has opened
        meant = meant_by(event)
        for alert in meant:
            if flapping.is_held(alert):
                flapping.settle(alert)
            else:
                end(alert, AlertState.RESOLVED)
                self._open.pop(alert.fingerprint, None)
        return (meant[0], "accepted") if meant else (None, "unmatched")

    def _write(self) -> None:
        rows.insert(list(self._alerts.values()))
        rows.insert(self._activities)
        self._judge.write()
        rows.insert(self._events)
        self._alerts.clear()
        self._activities.clear()
        self._events.clear()


def meant_by(event: events.Event) -> list[Alert]:
    """The open alerts that a resolved event is about: the one with its fingerprint, or, when it
    names no changes and no dedup key, all of its event type on its asset."""
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
