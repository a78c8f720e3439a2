"""From an alert to a Message, through redaction: the only way out of the house."""

import dataclasses
import functools
from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.urls import reverse

from alerts.models import Alert
from alerts.redaction import CHANGES_LIMIT, redactor_for
from alerts.vocabulary import BREAKING
from destinations.messages import Message


def create_message(
    alert: Alert, rule: str, idempotency_key: str, breaking: Collection[str] = BREAKING
) -> tuple[Message, int]:
    """What is said when the alert opens, and how many things were blanked in it. `breaking` names
    the change types that it marks so."""
    redactor = redactor_for(alert)
    message = Message(
        idempotency_key=idempotency_key,
        title=redactor.text(alert.title),
        description=redactor.text(alert.description),
        event_type=alert.event_type,
        severity=alert.severity,
        asset=redactor.name(alert.asset),
        asset_id=redactor.name(alert.asset_id),
        rule=rule,
        changes=tuple(
            redactor.change(change, breaking) for change in alert.changes[:CHANGES_LIMIT]
        ),
        occurred_at=alert.occurred_at,
        link=f"{settings.PUBLIC_URL}{_alerts_path()}{alert.pk}/",
        alert_id=str(alert.pk),
        data_source=redactor.name(alert.data_source),
    )
    return message, redactor.count


@functools.cache
def _alerts_path() -> str:
    # Looking a path up takes as long as redacting a text, and this one is asked for every event.
    return reverse("alerts")


def close_message(created: dict[str, Any], alert: Alert, ended_by: str, note: str) -> Message:
    """What is said when the alert ends, out of what was said when it opened."""
    message = Message.from_json(created)
    return dataclasses.replace(
        message,
        idempotency_key=f"{message.idempotency_key}-close",
        ended=alert.state,
        ended_at=alert.ended_at,
        ended_by=ended_by,
        ended_note=redactor_for(alert).text(note),
    )
