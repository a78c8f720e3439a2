"""Events in PagerDuty's common format: https://support.pagerduty.com/main/docs/pd-cef.

Texts are shown as they are, so nothing is escaped. An event may have 512 KB; within these limits it
stays below, even if each character takes 12 bytes as JSON.
"""

from typing import Any

from destinations.messages import SOURCE, Message, shorten, web_link

Json = dict[str, Any]

SEVERITIES = ("info", "warning", "error", "critical")
SUMMARY_LIMIT = 1024  # characters
TEXT_LIMIT = 8000  # characters
FIELD_LIMIT = 500  # characters
CHANGES_LIMIT = 40
LINK_LIMIT = 2000  # characters
TEST = "This is a test. Nothing is wrong with your data."


def event(message: Message, severity: str, *, is_test: bool) -> Json:
    """All of an event but its key and action. A resolve has it too, for the alert's log."""
    told = {"payload": _payload(message, severity, is_test), "client": SOURCE}
    link = web_link(message.link)
    if not 0 < len(link) <= LINK_LIMIT:
        return told
    name = "View destinations" if is_test else "View alert"
    return told | {"client_url": link, "links": [{"href": link, "text": name}]}


def _payload(message: Message, severity: str, is_test: bool) -> Json:
    summary = f"Test: {message.headline}" if is_test else message.headline
    optional = {
        "component": message.asset.rpartition(".")[2],
        "group": message.data_source,
        "class": message.event_type,
    }
    return {
        "summary": shorten(summary, SUMMARY_LIMIT),
        "source": shorten(message.asset or message.data_source or SOURCE.lower(), FIELD_LIMIT),
        "severity": severity if severity in SEVERITIES else "error",
        "timestamp": message.occurred_at.isoformat(),
        "custom_details": _details(message, is_test),
    } | _filled(optional)


def _details(message: Message, is_test: bool) -> Json:
    """What the alert's page shows as a table."""
    description = TEST if is_test else shorten(message.description, TEXT_LIMIT)
    facts = {
        "rule": message.rule,
        "event_type": message.event_type,
        "severity": message.severity,
        "asset": message.asset,
        "asset_id": message.asset_id,
        "data_source": message.data_source,
        "ended": message.ending,
        "ended_at": message.ended_at.isoformat() if message.ended and message.ended_at else "",
    }
    changes = [shorten(change, FIELD_LIMIT) for change in message.changes[:CHANGES_LIMIT]]
    if more := len(message.changes) - len(changes):
        changes.append(f"and {more} more")
    return (
        ({"description": description} if description else {})
        | _filled(facts)
        | ({"changes": changes} if changes else {})
    )


def _filled(facts: dict[str, str]) -> dict[str, str]:
    return {name: shorten(fact, FIELD_LIMIT) for name, fact in facts.items() if fact}
