"""The rows that an event makes, not saved yet."""

from datetime import datetime

from django.utils import timezone

from alerts.events import Event as Reported
from alerts.models import HELD, Alert, Event, Explanation, Match
from alerts.rules import Finding
from alerts.windows import NEVER

# What is written anew when a rule has looked at an alert again.
OF_A_VERDICT = [
    "rule_name",
    "verdict",
    "reason",
    "suppressor",
    "until",
    "look_again_at",
    "evaluated_at",
]


def event(reported: Reported, alert: Alert | None, api_key_id: int | None) -> Event:
    return Event(
        api_key_id=api_key_id,
        event_id=reported.event_id or None,
        alert_id=alert.pk if alert else None,
        status=reported.status,
        fingerprint=reported.fingerprint,
        body=reported.model_dump(mode="json", by_alias=True, exclude={"event_id", "status"}),
        occurred_at=reported.occurred_at,
    )


def alert(reported: Reported) -> Alert:
    return Alert(
        fingerprint=reported.fingerprint,
        open_fingerprint=reported.fingerprint,
        event_type=reported.event_type,
        severity=reported.severity,
        title=reported.title,
        description=reported.description,
        data_source=reported.data_source,
        schema=reported.schema_name,
        asset=reported.asset,
        asset_id=reported.asset_id,
        changes=[change.model_dump(mode="json") for change in reported.changes],
        tags=list(reported.tags),
        details=reported.details,
        occurred_at=reported.occurred_at,
        last_event_at=timezone.now(),
    )


def match(alert: Alert, finding: Finding, now: datetime) -> Match:
    is_held = finding.verdict in HELD
    return Match(
        alert_id=alert.pk,
        rule_id=finding.rule.pk,
        rule_name=finding.rule.name,
        verdict=finding.verdict,
        reason=finding.reason,
        suppressor=finding.suppressor or "",
        until=finding.until,
        look_again_at=(finding.until or NEVER) if is_held else None,
        evaluated_at=now,
    )


def explanation(alert: Alert, passed_over: list[Finding], now: datetime) -> Explanation:
    said = [(finding.rule.id.hex, finding.rule.name, finding.reason) for finding in passed_over]
    return Explanation.of(alert, said, now)
