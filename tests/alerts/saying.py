"""What one rule says of one alert: no database is touched."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

from alerts.models import Alert, Rule, Verdict
from alerts.rules import Finding, verdicts
from alerts.vocabulary import BREAKING

NOW = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)
ALERT: dict[str, Any] = {
    "event_type": "schema_change",
    "severity": "critical",
    "data_source": "prod-postgres",
    "schema": "public",
    "asset": "prod-postgres.shop.public.orders",
    "asset_id": "a-17",
    "changes": [{"change_type": "column_removed"}, {"change_type": "column_added"}],
    "tags": ["production", "team:sales"],
}


def finding(
    rule: dict[str, Any],
    *,
    now: datetime = NOW,
    breaking: Collection[str] = BREAKING,
    **alert: Any,
) -> Finding:
    (found,) = verdicts(
        Alert(**(ALERT | alert)), [Rule(name="R", **rule)], now=now, breaking=breaking
    )
    return found


def verdict(rule: dict[str, Any], **options: Any) -> tuple[Verdict, str]:
    found = finding(rule, **options)
    return found.verdict, found.reason


def fits(rule: dict[str, Any], **options: Any) -> bool:
    return finding(rule, **options).verdict == Verdict.MATCHED


def objection(rule: dict[str, Any], **options: Any) -> str:
    """Why the rule does not want the alert."""
    found = finding(rule, **options)
    assert found.verdict == Verdict.NOT_MATCHED
    return found.reason
