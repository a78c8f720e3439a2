"""What a rule would have done with the alerts of the last days."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from alerts.conditions import Conditions
from alerts.facts import facts_of
from alerts.groups import burst_of
from alerts.models import Alert, Rule, Suppressor
from alerts.previews.quiet_spells import QuietSpells
from alerts.previews.sampling import Stored
from alerts.previews.simulation import Fate, Outcome, Wanted, how_many, simulate
from alerts.quotas import asset_key
from alerts.rulebook import Rulebook

SAMPLES = 10
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Tally:
    """Numbers of alerts; those of `incidents` are for each destination."""

    matched: int
    incidents: int
    grouped: int  # told in the incident of another alert
    held: Mapping[Suppressor, int]  # never told, by what held them back first
    waiting: int  # ended before the rule had waited long enough, or it waits still
    late: int  # told only after they were held back


@dataclass(frozen=True, slots=True)
class Day:
    """What came on one day, in UTC."""

    date: date
    told: int
    held: int

    @property
    def matched(self) -> int:
        return self.told + self.held


@dataclass(frozen=True, slots=True)
class Sample:
    """One alert that the rule wants, and what would have become of it."""

    alert: Alert
    fate: Fate


@dataclass(frozen=True, slots=True)
class Past:
    """The answer. Numbers are estimates where `share`, of the alerts that were read, is below 1."""

    days: int
    counted: int
    share: float
    is_cut: bool
    tally: Tally
    saved: Tally | None  # of the rule as it is saved
    by_severity: Mapping[str, int]
    by_type: Mapping[str, int]
    by_day: Sequence[Day]
    samples: Sequence[Sample]

    @property
    def is_sampled(self) -> bool:
        return self.share < 1


def look_back(rule: Rule, days: int, now: datetime, saved: Rule | None = None) -> Past:
    """What the rule, saved or not, would have done in so many days, of which today is the last.
    Quiet times are those of now. `saved` is asked as well, for comparison."""
    since = now.replace(hour=0, minute=0, second=0, microsecond=0) - (days - 1) * DAY
    return _Look(rule, saved, since, now).past(days)


class _Look:
    """One pass over the stored alerts, for both rules."""

    def __init__(self, rule: Rule, saved: Rule | None, since: datetime, now: datetime) -> None:
        book = Rulebook()
        self._now, self._since = now, since
        self._quiet, self._breaking = book.quiet, book.breaking
        self._spells = QuietSpells(self._quiet.blackouts, since, now)
        self._rules = [rule, saved] if saved else [rule]
        self._stored = Stored(self._rules, since, now, self._spells.blackouts)
        self._wanted: list[list[Wanted]] = [[] for _ in self._rules]

    def past(self, days: int) -> Past:
        self._read()
        outcomes = [self._outcome(*one) for one in zip(self._rules, self._wanted, strict=True)]
        tallies = [self._tally(*one) for one in zip(self._wanted, outcomes, strict=True)]
        wanted, outcome = self._wanted[0], outcomes[0]
        return Past(
            days=days,
            counted=self._stored.counted,
            share=self._stored.share,
            is_cut=outcome.is_cut,
            tally=tallies[0],
            saved=tallies[1] if len(tallies) > 1 else None,
            by_severity=self._by("severity", wanted),
            by_type=self._by("event_type", wanted),
            by_day=list(self._by_day(days, wanted, outcome)),
            samples=_samples(wanted, outcome),
        )

    def _read(self) -> None:
        asked = [
            (Conditions(rule), found) for rule, found in zip(self._rules, self._wanted, strict=True)
        ]
        for page in self._stored.pages():
            for alert in page:
                facts = facts_of(alert, alert.created_at, self._breaking)
                for conditions, found in asked:
                    if next(conditions.objections(facts), None) is None:
                        covering = self._spells.that_cover(facts)
                        found.append(_wanted(conditions.rule, alert, covering))
        for found in self._wanted:
            found.sort(key=lambda each: (each.at, each.id))

    def _outcome(self, rule: Rule, wanted: list[Wanted]) -> Outcome:
        schedule = self._quiet.schedule_of(rule)
        return simulate(rule, schedule, self._spells, wanted, self._now, self._stored.share)

    def _tally(self, wanted: Sequence[Wanted], outcome: Outcome) -> Tally:
        fates = outcome.fates
        told = sum(fate.told for fate in fates)
        opened: float = sum(fate.opened for fate in fates)
        if outcome.bursts:
            opened = min(how_many(outcome.bursts, self._stored.share) * self._stored.share, told)
        held: dict[Suppressor, float] = defaultdict(float)
        for fate in fates:
            if fate.held_by:
                held[fate.held_by] += fate.untold
        return Tally(
            matched=self._all(len(wanted)),
            incidents=self._all(opened),
            grouped=self._all(told - opened),
            held={kind: count for kind in Suppressor if (count := self._all(held[kind]))},
            waiting=self._all(sum(fate.untold for fate in fates if not fate.held_by)),
            late=self._all(sum(fate.told for fate in fates if fate.is_late)),
        )

    def _by(self, name: str, wanted: Sequence[Wanted]) -> dict[str, int]:
        """How many of each, most first."""
        counts = Counter(getattr(each, name) for each in wanted).most_common()
        return {value: self._all(count) for value, count in counts}

    def _by_day(self, days: int, wanted: Sequence[Wanted], outcome: Outcome) -> Iterator[Day]:
        told: dict[date, float] = defaultdict(float)
        untold: dict[date, float] = defaultdict(float)
        for each, fate in zip(wanted, outcome.fates, strict=True):
            told[each.at.date()] += fate.told
            untold[each.at.date()] += fate.untold
        for number in range(days):
            day = (self._since + number * DAY).date()
            yield Day(day, self._all(told[day]), self._all(untold[day]))

    def _all(self, seen: float) -> int:
        """How many there are of what was seen so often among those that were read."""
        return round(seen / self._stored.share) if seen else 0


def _wanted(rule: Rule, alert: Alert, covering: tuple[int, ...]) -> Wanted:
    return Wanted(
        id=alert.pk,
        at=alert.created_at,
        ended_at=alert.ended_at,
        ready_at=_ready_at(rule, alert),
        event_type=alert.event_type,
        severity=alert.severity,
        asset=asset_key(alert) if rule.cooldown_minutes else "",
        burst=burst_of(alert) if rule.is_grouped else "",
        covering=covering,
    )


def _ready_at(rule: Rule, alert: Alert) -> datetime | None:
    """When the rule had waited long enough: either its number of events or its time is."""
    if not rule.min_events and not rule.min_minutes:
        return alert.created_at
    moments = []
    if rule.min_events and alert.count >= rule.min_events:
        # Only the first and the last event's times are at hand: the others lie evenly between.
        part = (rule.min_events - 1) / max(alert.count - 1, 1)
        moments.append(alert.created_at + part * (alert.last_event_at - alert.created_at))
    if rule.min_minutes:
        at = alert.created_at + timedelta(minutes=rule.min_minutes)
        moments += [at] if alert.ended_at is None or alert.ended_at > at else []
    return min(moments, default=None)


def _samples(wanted: Sequence[Wanted], outcome: Outcome) -> list[Sample]:
    """The newest."""
    newest = list(zip(wanted, outcome.fates, strict=True))[: -SAMPLES - 1 : -1]
    shown = ("title", "severity", "event_type", "asset", "asset_id", "created_at")
    rows: dict[UUID, Alert] = Alert.objects.only(*shown).in_bulk([each.id for each, _ in newest])
    return [Sample(rows[each.id], fate) for each, fate in newest if each.id in rows]
