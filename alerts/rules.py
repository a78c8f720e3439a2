"""Verdicts of rules on alerts, with reasons. Pure: no database.

A rule that wants an alert may have to wait (alerts/conditions.py), or be kept quiet by something
(alerts/suppression.py). Cooldowns and daily limits are counted, so they are asked only where a
verdict has effects (alerts/quotas.py).
"""

from collections.abc import Callable, Collection, Iterable, Iterator
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from django.utils import timezone

from alerts.conditions import Conditions
from alerts.facts import Facts, facts_of
from alerts.models import HELD, Alert, Rule, Suppressor, Verdict
from alerts.suppression import Obstacle, QuietTimes
from alerts.vocabulary import BREAKING

NO_QUIET_TIMES = QuietTimes()


class Finding(NamedTuple):
    """One rule's verdict on one alert."""

    rule: Rule
    verdict: Verdict
    reason: str
    until: datetime | None = None  # of a wait or a suppression, if that is known
    obstacle: Obstacle | None = None
    # False: it took the alert before, and would not any more. Then nothing more is planned for it.
    fits: bool = True

    @property
    def suppressor(self) -> Suppressor | None:
        return self.obstacle.kind if self.obstacle else None

    @property
    def holders(self) -> Iterator[tuple[str, UUID]]:
        """The rows that hold the alert back: their kind and id."""
        if self.verdict in HELD:
            yield "rule", self.rule.pk
        if self.obstacle and self.obstacle.schedule:
            yield "schedule", self.obstacle.schedule.pk
        if self.obstacle and self.obstacle.blackout:
            yield "blackout", self.obstacle.blackout.pk


def verdicts(
    alert: Alert,
    rules: Iterable[Rule | Conditions],
    *,
    now: datetime | None = None,
    breaking: Collection[str] = BREAKING,
    quiet: QuietTimes = NO_QUIET_TIMES,
    taken: Collection[object] = (),
) -> list[Finding]:
    """What each rule says of the alert. `taken` are the ids of rules that took it before: nothing
    takes that back."""
    facts = facts_of(alert, now or timezone.now(), breaking)
    ready = (each if isinstance(each, Conditions) else Conditions(each) for each in rules)
    obstacle_of = quiet.at(facts)
    return [_verdict(facts, conditions, obstacle_of, taken) for conditions in ready]


def suppressed(rule: Rule, obstacle: Obstacle) -> Finding:
    return Finding(rule, Verdict.SUPPRESSED, obstacle.reason, obstacle.until, obstacle)


def _verdict(
    facts: Facts,
    conditions: Conditions,
    obstacle_of: Callable[[Rule], Obstacle | None],
    taken: Collection[object],
) -> Finding:
    rule = conditions.rule
    has_taken = bool(taken) and rule.id in taken
    for objection in conditions.objections(facts):
        if has_taken:
            reason = f"It took this alert before. Now: {objection}"
            return Finding(rule, Verdict.MATCHED, reason, fits=False)
        return Finding(rule, Verdict.NOT_MATCHED, objection)
    if not has_taken:
        if wait := conditions.wait(facts):
            return Finding(rule, Verdict.WAITING, *wait)
        if obstacle := obstacle_of(rule):
            return suppressed(rule, obstacle)
    return Finding(rule, Verdict.MATCHED, conditions.in_words())
