"""One alert's story: who did what, what was reported again, and every try to tell somebody."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from alerts.models import Activity, Alert, Attempt, Delivery, DeliveryState, Suppression
from alerts.windows import NEVER
from alerts.wording import listed, moment
from destinations.errors import Outcome
from destinations.messages import Action
from destinations.models import Destination

# Of each kind; an alert that repeats every minute for a month has many events.
ENTRIES_LIMIT = 50
SUPPRESSIONS_LIMIT = 1000  # a rule each
DELIVERIES_LIMIT = 200
SOON = timedelta(minutes=2)
ENDINGS = (Activity.Kind.RESOLVED, Activity.Kind.DISMISSED)


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `mark` is the word whose icon stands beside it."""

    at: datetime
    mark: str
    sentence: str
    note: str = ""
    link: str = ""


@dataclass(slots=True)
class Legs:
    """What an alert asks of one destination: a create, and once it has ended a close."""

    destination: Destination
    create: Delivery | None = None
    close: Delivery | None = None

    @property
    def deliveries(self) -> list[Delivery]:
        return [leg for leg in (self.create, self.close) if leg]

    @property
    def incident(self) -> Delivery | None:
        """The leg that knows what was made there."""
        return next((leg for leg in self.deliveries if leg.reference), None)


def legs_of(alert: Alert) -> list[Legs]:
    """The alert's deliveries, one line a destination."""
    rows = alert.deliveries.select_related("destination", "destination__lane").defer(
        "message", "digest"
    )
    legs: dict[Destination, Legs] = {}
    for delivery in rows.order_by("destination__name", "created_at", "id")[:DELIVERIES_LIMIT]:
        line = legs.setdefault(delivery.destination, Legs(delivery.destination))
        if delivery.action == Action.CREATE:
            line.create = delivery
        else:
            line.close = delivery
    return list(legs.values())


def is_live(deliveries: Iterable[Delivery]) -> bool:
    """Whether something is still on its way, so that the page should look again."""
    return any(_is_on_its_way(delivery) for delivery in deliveries)


def _is_on_its_way(delivery: Delivery) -> bool:
    """Sent now or soon. What a person has to free first, or is due in hours, is not."""
    if delivery.state != DeliveryState.PENDING:
        return bool(delivery.state == DeliveryState.SENDING)
    destination = delivery.destination
    is_held = destination.deleted_at or destination.attention or not destination.is_active
    soon = timezone.now() + SOON
    return not is_held and delivery.next_attempt_at is not None and delivery.next_attempt_at < soon


def version(deliveries: Sequence[Delivery]) -> str:
    """Changes whenever one of the deliveries does, or stops moving. Says nothing else."""
    return f"{int(is_live(deliveries))}." + ".".join(
        f"{d.state[0]}{d.attempt_count}-{d.next_attempt_at.timestamp() if d.next_attempt_at else 0}"
        for d in deliveries
    )


def ending_of(alert: Alert) -> Activity | None:
    """Who ended the alert, if it has ended."""
    if alert.is_open:
        return None
    return alert.activities.filter(kind__in=ENDINGS).order_by("-created_at").first()


def timeline_of(alert: Alert) -> list[Entry]:
    """The newest entries of each kind, newest first."""
    entries = [*_activities(alert), *_suppressions(alert), *_repeats(alert), *_attempts(alert)]
    return sorted(entries, key=lambda entry: entry.at, reverse=True)


def _activities(alert: Alert) -> Iterator[Entry]:
    for activity in alert.activities.order_by("-created_at", "-id")[:ENTRIES_LIMIT]:
        by = f" by {activity.actor}" if activity.actor else ""
        if not by and activity.kind in ENDINGS:
            by = " by an event"
        sentence = f"{activity.get_kind_display()}{by}"
        yield Entry(activity.created_at, activity.kind, sentence, activity.note)


def _suppressions(alert: Alert) -> Iterator[Entry]:
    """Every time that something held it back, also if it was sent later: one line for all rules."""
    rows = alert.suppressions.select_related("window").order_by("-created_at", "-id")
    same: dict[tuple[Any, ...], list[Suppression]] = {}
    for row in rows[:SUPPRESSIONS_LIMIT]:
        same.setdefault((row.kind, row.window_id, row.until), []).append(row)
    for held in list(same.values())[:ENTRIES_LIMIT]:
        names = sorted(row.rule_name for row in held)
        whom = f"{'rule' if len(names) == 1 else 'rules'} {listed(names)}"
        yield Entry(held[-1].created_at, "suppressed", f"Suppressed for {whom} by {_by(held[0])}")


def _by(held: Suppression) -> str:
    """`blackout Migration until 2026-11-25 08:00 UTC`."""
    name = f" {held.window.name}" if held.window else ""
    until = f" until {moment(held.until)}" if held.until < NEVER else ""
    return f"{held.get_kind_display().lower()}{name}{until}"


def _repeats(alert: Alert) -> Iterator[Entry]:
    """Every event but the first, which is the alert's own beginning."""
    events = alert.events.filter(status="triggered").order_by("-received_at")
    received = list(events.values_list("received_at", flat=True)[: ENTRIES_LIMIT + 1])
    for at in received[:-1]:
        yield Entry(at, "event", "Reported again")


def _attempts(alert: Alert) -> Iterator[Entry]:
    rows = Attempt.objects.filter(delivery__alert=alert).order_by("-started_at", "-id")
    rows = rows.select_related("delivery__destination")
    rows = rows.defer("exchanges", "delivery__message", "delivery__digest")
    for attempt in rows[:ENTRIES_LIMIT]:
        delivery = attempt.delivery
        yield Entry(
            attempt.started_at,
            attempt.outcome,
            f"{_what(attempt)}, attempt {attempt.number}: {_how(attempt)}",
            attempt.error,
            delivery.get_absolute_url(),
        )


def _what(attempt: Attempt) -> str:
    if attempt.delivery.digest_at:
        return f"Digest to {attempt.delivery.destination.name}"
    verb = "Create at" if attempt.delivery.action == Action.CREATE else "Close at"
    return f"{verb} {attempt.delivery.destination.name}"


def _how(attempt: Attempt) -> str:
    if attempt.outcome == Outcome.SUCCESS:
        return "delivered"
    return str(attempt.get_outcome_display())
