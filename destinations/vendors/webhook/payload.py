"""The body: all fields are always there, as texts that are empty where there is nothing to say.

{"event_type": "alert.triggered" (or alert.resolved, alert.dismissed, alert.test),
 "timestamp": when that happened, by which late news is known,
 "alert": {"id", "title", "description", "event_type": such as "schema_change", "severity",
           "state": "triggered", "resolved" or "dismissed", "data_source", "asset", "asset_id",
           "changes": list of texts, "rule", "occurred_at", "ended_at": null while it lasts,
           "ended_by", "reason", "url"}}
"""

from datetime import UTC, datetime
from typing import Any

from destinations.messages import Message, shorten

# Bodies should stay below 20 kB, says the specification of Standard Webhooks.
DESCRIPTION_LIMIT = 4000  # characters
CHANGES_LIMIT = 50
CHANGE_LIMIT = 200  # characters


def payload(message: Message, what: str) -> dict[str, Any]:
    ended_at = message.ended_at if message.ended else None
    return {
        "event_type": f"alert.{what}",
        "timestamp": _time(ended_at or message.occurred_at),
        "alert": {
            "id": message.alert_id,
            "title": message.title,
            "description": shorten(message.description, DESCRIPTION_LIMIT),
            "event_type": message.event_type,
            "severity": message.severity,
            "state": message.ended or "triggered",
            "data_source": message.data_source,
            "asset": message.asset,
            "asset_id": message.asset_id,
            "changes": _changes(message.changes),
            "rule": message.rule,
            "occurred_at": _time(message.occurred_at),
            "ended_at": ended_at and _time(ended_at),
            "ended_by": message.ended_by,
            "reason": message.ended_note,
            "url": message.link,
        },
    }


def _changes(changes: tuple[str, ...]) -> list[str]:
    kept = [shorten(change, CHANGE_LIMIT) for change in changes[:CHANGES_LIMIT]]
    more = len(changes) - len(kept)
    return [*kept, f"and {more} more changes"] if more else kept


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
