"""An answer to "why?": what every rule says of an alert, as it was stored when it was judged last.

What the rules would say now is another question (alerts/asking.py).
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import QuerySet

from alerts.models import HELD, Alert, Explanation, Match, Rule, Suppressor, Verdict
from alerts.rules import Finding

LIMIT = 1000  # rules
# On a page. With 500 rules, those that did not match are by far the most.
SHOWN = 200
ORDER = {verdict: place for place, verdict in enumerate(Verdict)}


@dataclass(frozen=True, slots=True)
class Said:
    """One rule's verdict, and what stands behind it."""

    rule_id: UUID | None  # None: the rule was deleted
    rule_name: str
    verdict: Verdict
    reason: str
    suppressor: Suppressor | None
    until: datetime | None
    evaluated_at: datetime

    @property
    def is_held(self) -> bool:
        """Whether it may still be sent, later."""
        return self.verdict in HELD


@dataclass(frozen=True, slots=True)
class Answer:
    """What all rules say: first those that take the alert or hold it back."""

    with_effects: list[Said]
    passed_over: list[Said]

    @property
    def is_empty(self) -> bool:
        return not self.with_effects and not self.passed_over

    @property
    def shown(self) -> list[Said]:
        return self.with_effects[:SHOWN]

    @property
    def folded(self) -> list[Said]:
        return self.passed_over[: SHOWN - len(self.shown)]

    @property
    def left_out(self) -> int:
        """How many are not on the page."""
        count = len(self.with_effects) + len(self.passed_over)
        return count - len(self.shown) - len(self.folded)

    @property
    def evaluated_at(self) -> datetime | None:
        """When the rules were asked last."""
        return max(
            (said.evaluated_at for said in [*self.with_effects, *self.passed_over]), default=None
        )


def answer_of(said: Iterable[Said]) -> Answer:
    """Sorts what was said by what comes of it."""
    answer = Answer([], [])
    for one in said:
        is_passed_over = one.verdict == Verdict.NOT_MATCHED
        (answer.passed_over if is_passed_over else answer.with_effects).append(one)
    return answer


def said_of(alert: Alert) -> list[Said]:
    """By the verdict, those that have effects first; then by the rule's name."""
    matches = alert.matches.order_by("rule_name")[:LIMIT]
    return in_order([*map(said_in, matches), *_passed_over(alert)])


def first_held() -> QuerySet[Match]:
    """Of each alert that is held back as a whole, one of the verdicts that hold it, for a list."""
    held = Match.objects.filter(verdict__in=HELD, alert__verdict__in=HELD)
    return held.only("alert_id", "rule_name", "reason", "until").order_by("verdict", "until")[:1]


def said_in(match: Match) -> Said:
    """What a stored match says."""
    return Said(
        match.rule_id,
        match.rule_name,
        Verdict(match.verdict),
        match.reason,
        Suppressor(match.suppressor) if match.suppressor else None,
        match.until,
        match.evaluated_at,
    )


def said_now(finding: Finding, now: datetime) -> Said:
    """What a rule says that was asked just now."""
    rule = finding.rule
    return Said(
        rule.pk,
        rule.name,
        finding.verdict,
        finding.reason,
        finding.suppressor,
        finding.until,
        now,
    )


def in_order(said: Iterable[Said]) -> list[Said]:
    return sorted(said, key=lambda one: (ORDER[one.verdict], one.rule_name))


def _passed_over(alert: Alert) -> list[Said]:
    explanation = Explanation.objects.filter(alert=alert).first()
    packed = explanation.passed_over if explanation else []
    alive = _alive(UUID(pk) for pk, _, _ in packed)
    return [
        Said(
            UUID(pk) if UUID(pk) in alive else None,
            name,
            Verdict.NOT_MATCHED,
            reason,
            None,
            None,
            explanation.evaluated_at,
        )
        for pk, name, reason in packed
        if explanation
    ]


def _alive(ids: Iterable[UUID]) -> Collection[UUID]:
    """Those of the rules that are still there."""
    wanted = list(ids)
    return set(Rule.objects.filter(pk__in=wanted).values_list("pk", flat=True)) if wanted else ()
