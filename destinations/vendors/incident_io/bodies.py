"""What a create asks for, with what less it is content, and what is said at the end."""

from collections.abc import Iterable, Mapping
from typing import Any

from destinations.messages import Message
from destinations.vendors.incident_io.account import CUSTOM_FIELDS
from destinations.vendors.incident_io.answers import Json

# An update is markdown, and names of people and their reasons are to be no more than text. A
# backslash before such a character would be shown.
PLAIN = str.maketrans("<>[]`@", "‹›()'＠")  # noqa: RUF001 (look-alikes on purpose)
# What a create can do without. An incident that lacks one of them is better than none.
EXTRAS = {
    "severity_id": "the severity",
    "incident_type_id": "the incident type",
    "custom_field_entries": "the custom fields",
}


def create(config: Mapping[str, Any], message: Message, mode: str) -> Json:
    """The body of a create, with the extras that the destination is set to."""
    own = config.get(f"severity_{message.severity}_id")
    facts = (message.asset, message.data_source, message.event_type)
    extras = {
        "severity_id": own or config.get("severity_id"),
        "incident_type_id": config.get("incident_type_id"),
        "custom_field_entries": [
            {"custom_field_id": config[name], "values": [{"value_text": fact}]}
            for name, fact in zip(CUSTOM_FIELDS, facts, strict=True)
            if config.get(name) and fact
        ],
    }
    return {
        "idempotency_key": message.idempotency_key,
        "name": message.headline,
        "summary": message.summary,
        "mode": mode,
        "visibility": config.get("visibility") or "public",
    } | {name: value for name, value in extras.items() if value}


def without(config: Mapping[str, Any], refused: Iterable[str], body: Json) -> Json:
    """The body without the extras that were refused. A severity first gives way to the one that is
    meant for all."""
    refused = set(refused)
    left = {k: v for k, v in body.items() if k not in refused or k not in EXTRAS}
    usual = config.get("severity_id")
    if usual and "severity_id" in body.keys() - left.keys() and body["severity_id"] != usual:
        left["severity_id"] = usual
    return left


def note(refused: Iterable[str]) -> str:
    """What a person should know of an incident that was made without these; empty for none."""
    names = [EXTRAS[name] for name in dict.fromkeys(refused)]
    if not names:
        return ""
    told = f"incident.io refused {' and '.join(names)}, so it was made without."
    return f"{told} Choose anew on the destination's page."


def update(incident: Json, message: Message, ending: str, status: str) -> Json:
    """The body of an update that says `ending` and sets the status."""
    said = (ending.translate(PLAIN), message.link)
    return {
        # A used key does nothing: somebody may have opened the incident again since it was used.
        "idempotency_key": f"{message.idempotency_key}-{incident.get('updated_at', '')}",
        "incident_id": incident["id"],
        "message": "\n\n".join(part for part in said if part),
        "to_incident_status_id": status,
    }
