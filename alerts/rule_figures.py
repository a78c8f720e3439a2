"""What rules did of late, in numbers that cost the same whatever happened: each stops at 1,000.

One statement for all rules of a page. Its counts run along `match_rule_newest`; deliveries are
looked up for the newest matches only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.utils import timezone

from alerts.models import DeliveryState, Rule, Verdict
from alerts.rows import prepared
from destinations.messages import Action

PERIOD = timedelta(days=7)
LIMIT = 1000

MATCHES = """
    SELECT alert_id FROM alerts_match
    WHERE alerts_match.rule_id = alerts_rule.id AND verdict = %s AND evaluated_at >= %s
    ORDER BY evaluated_at DESC LIMIT %s"""
DELIVERIES = """
    SELECT 1 FROM ({matches}) AS matched
    JOIN alerts_delivery AS delivery
        ON delivery.alert_id = matched.alert_id AND delivery.action = %s AND delivery.state = %s
    JOIN alerts_rule_destinations AS named
        ON named.rule_id = alerts_rule.id AND named.destination_id = delivery.destination_id
    LIMIT %s""".replace("{matches}", MATCHES)
STATEMENT = """
    SELECT alerts_rule.id,
        (SELECT COUNT(*) FROM ({matches}) AS matched),
        (SELECT COUNT(*) FROM ({deliveries}) AS sent),
        (SELECT COUNT(*) FROM ({matches}) AS suppressed),
        (SELECT COUNT(*) FROM ({deliveries}) AS failed)
    FROM alerts_rule WHERE alerts_rule.id IN ({places})"""


@dataclass(frozen=True, slots=True)
class Figures:
    """Of one rule, since PERIOD ago. Sent and failed are creates, to its destinations of today."""

    matched: int = 0
    sent: int = 0
    suppressed: int = 0
    failed: int = 0

    def in_words(self) -> list[tuple[str, str]]:
        """Label and number; a number that was not counted to its end says so."""
        return [
            ("Matched", _capped(self.matched)),
            ("Sent", _capped(self.sent)),
            ("Suppressed", _capped(self.suppressed)),
            ("Failed", _capped(self.failed)),
        ]


def figures_of(rules: Iterable[Rule], now: datetime | None = None) -> dict[UUID, Figures]:
    """By the rules' ids. One query."""
    ids = [prepared(Rule, "id", rule.pk) for rule in rules]
    if not ids:
        return {}
    places = ", ".join(["%s"] * len(ids))
    statement = STATEMENT.format(matches=MATCHES, deliveries=DELIVERIES, places=places)
    with connection.cursor() as cursor:
        cursor.execute(statement, [*_parameters(now or timezone.now()), *ids])
        found = cursor.fetchall()
    return {Rule._meta.pk.to_python(pk): Figures(*counts) for pk, *counts in found}


def _parameters(now: datetime) -> list[Any]:
    since = connection.ops.adapt_datetimefield_value(now - PERIOD)
    matched = [Verdict.MATCHED.value, since]
    suppressed = [Verdict.SUPPRESSED.value, since, LIMIT + 1]
    create = Action.CREATE.value
    return [
        *(*matched, LIMIT + 1),
        *(*matched, LIMIT, create, DeliveryState.DELIVERED.value, LIMIT + 1),
        *suppressed,
        *(*matched, LIMIT, create, DeliveryState.FAILED.value, LIMIT + 1),
    ]


def _capped(count: int) -> str:
    return f"{LIMIT:,}+" if count > LIMIT else f"{count:,}"
