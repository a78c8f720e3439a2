"""What every rule would say now, of an alert that is there or of an event that somebody thinks of.

Nothing is stored and no quota is taken: a question has no effects.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.utils import timezone

from alerts import new_rows, quotas, rules
from alerts.conditions import Conditions
from alerts.events import Event
from alerts.explaining import Said, in_order, said_now
from alerts.models import Alert, Rule, Verdict
from alerts.rulebook import Rulebook
from alerts.rules import Finding
from destinations.messages import Action
from destinations.models import Destination


@dataclass(frozen=True, slots=True)
class Hearer:
    """A destination that would hear of the alert."""

    destination: Destination
    rules: list[str]  # the names of those that send it there
    knows: bool  # it was told of this alert already


@dataclass(frozen=True, slots=True)
class Now:
    """What the rules say at this moment."""

    said: list[Said]
    hearers: list[Hearer]


def of_event(event: Event, now: datetime | None = None) -> Now:
    """As if the event were the first of its problem."""
    return of_alert(new_rows.alert(event), now)


def of_alert(alert: Alert, now: datetime | None = None) -> Now:
    """As if the alert, saved or not, were judged at this moment. What a rule has taken stays
    taken."""
    now, book = now or timezone.now(), Rulebook()
    findings = findings_on(alert, book.conditions, book, now)
    matched = [found for found in findings if found.verdict == Verdict.MATCHED and found.fits]
    said = in_order(said_now(finding, now) for finding in findings)
    return Now(said, _hearers(alert, matched, book))


def same_problem(event: Event) -> Alert | None:
    """The open alert on which the event would be counted, if there is one."""
    return Alert.objects.filter(open_fingerprint=event.fingerprint).first()


def findings_on(
    alert: Alert, asked: Iterable[Rule | Conditions], book: Rulebook, now: datetime
) -> list[Finding]:
    """What these rules say, quotas counted in."""
    taken = _taken(alert)
    found = rules.verdicts(
        alert, asked, now=now, breaking=book.breaking, quiet=book.quiet, taken=taken
    )
    fresh = [f.rule for f in found if f.verdict == Verdict.MATCHED and f.rule.pk not in taken]
    limited = [(rule, book.quiet.schedule_of(rule)) for rule in fresh]
    used_up = quotas.used_up(alert, limited, now)
    return [
        rules.suppressed(finding.rule, used_up[finding.rule.pk])
        if finding.rule.pk in used_up
        else finding
        for finding in found
    ]


def _taken(alert: Alert) -> set[UUID]:
    if alert._state.adding:
        return set()
    matched = alert.matches.filter(verdict=Verdict.MATCHED, rule__isnull=False)
    return set(matched.values_list("rule_id", flat=True))


def _hearers(alert: Alert, matched: Iterable[Finding], book: Rulebook) -> list[Hearer]:
    named: dict[UUID, list[str]] = {}
    for finding in matched:
        for destination in book.destinations_of(finding.rule):
            named.setdefault(destination, []).append(finding.rule.name)
    told = _told(alert)
    rows = Destination.objects.filter(pk__in=named).defer("config", "secrets").order_by("name")
    return [Hearer(row, sorted(named[row.pk]), row.pk in told) for row in rows]


def _told(alert: Alert) -> set[UUID]:
    if alert._state.adding:
        return set()
    creates = alert.deliveries.filter(action=Action.CREATE)
    return set(creates.values_list("destination_id", flat=True))
