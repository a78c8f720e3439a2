"""What every rule says of an alert, as it was stored when the rule was asked last."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from alerts.models import Alert, Explanation, Match, Suppressor, Verdict

LIMIT = 1000  # rules


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


def said_of(alert: Alert) -> list[Said]:
    """By the verdict, those that have effects first; then by the rule's name."""
    matches = alert.matches.order_by("rule_name")[:LIMIT]
    said = [*map(_of_match, matches), *_passed_over(alert)]
    order = list(Verdict)
    return sorted(said, key=lambda one: (order.index(one.verdict), one.rule_name))


def _of_match(match: Match) -> Said:
    return Said(
        match.rule_id,
        match.rule_name,
        Verdict(match.verdict),
        match.reason,
        Suppressor(match.suppressor) if match.suppressor else None,
        match.until,
        match.evaluated_at,
    )


def _passed_over(alert: Alert) -> list[Said]:
    explanation = Explanation.objects.filter(alert=alert).first()
    if explanation is None:
        return []
    at = explanation.evaluated_at
    return [
        Said(UUID(pk), name, Verdict.NOT_MATCHED, reason, None, None, at)
        for pk, name, reason in explanation.passed_over
    ]
