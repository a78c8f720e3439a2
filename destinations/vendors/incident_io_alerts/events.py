"""Alert events. The description is markdown, metadata are flat texts, the title is required always.

An event may have 512 KB; within these limits it stays below, even if each character takes 12 bytes
as JSON.
"""

from typing import Any

from destinations.messages import SOURCE, Message, shorten, web_link

Json = dict[str, Any]

DESCRIPTION_LIMIT = 8000  # characters
FIELD_LIMIT = 1000  # characters
CHANGES_LIMIT = 40
CHANGE_LIMIT = 500  # characters
LINK_LIMIT = 2000  # characters
# Markup and links of a text become look-alikes. A backslash before such a character would be shown.
PLAIN = str.maketrans("<>[]`@", "‹›()'＠")  # noqa: RUF001 (look-alikes on purpose)
NO_LINK = {"://": ":∕∕", "www.": "www․"}  # noqa: RUF001 (look-alikes on purpose)
TEST = "This is a test. Nothing is wrong with your data."


def event(message: Message, *, is_test: bool) -> Json:
    """An event without status and key. A resolved one has it all, too: its title is required."""
    facts = {
        "product": SOURCE,
        "event_type": message.event_type,
        "severity": message.severity,
        "asset": message.asset,
        "asset_id": message.asset_id,
        "data_source": message.data_source,
        "rule": message.rule,
        "occurred_at": message.occurred_at.isoformat(),
        "ended": message.ended,
        "is_test": "true" if is_test else "",
    }
    link = web_link(message.link)
    return {
        "title": f"Test: {message.headline}" if is_test else message.headline,
        "description": TEST if is_test else _description(message),
        "metadata": {name: shorten(fact, FIELD_LIMIT) for name, fact in facts.items() if fact},
    } | ({"source_url": link} if 0 < len(link) <= LINK_LIMIT else {})


def _description(message: Message) -> str:
    changes = [f"- {shorten(_plain(c), CHANGE_LIMIT)}" for c in message.changes[:CHANGES_LIMIT]]
    if more := len(message.changes) - len(changes):
        changes.append(f"- and {more} more changes")
    parts = [
        _plain(message.ending),
        shorten(_plain(message.description), DESCRIPTION_LIMIT),
        "\n".join(["Changes:", "", *changes]) if changes else "",
    ]
    return "\n\n".join(part for part in parts if part)


def _plain(text: str) -> str:
    """`text` without any markup: markdown of one paragraph."""
    for active, inert in NO_LINK.items():
        text = text.replace(active, inert)
    return " ".join(text.translate(PLAIN).split())
