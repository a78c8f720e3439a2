"""What the API accepts in the bodies of create and edit, and how it refuses the rest.

Fields and enumerations: https://api-docs.incident.io/ ("Incidents V2").
"""

from typing import Any

from sandbox.custom_fields import wrong_entries
from sandbox.errors import Json, Problem, invalid, required, unknown_reference, unprocessable
from sandbox.reference_data import SEVERITY_BY_ID, STATUS_BY_ID, TYPE_BY_ID

MODES = ("standard", "retrospective", "test", "tutorial")
VISIBILITIES = ("public", "private")
PAGE_SIZE = 25
# The schema says 500, its text and every other endpoint 250.
MAX_PAGE_SIZE = 250
# Which of the other categories a new incident may start in is not stated; a workspace's own
# form offers these.
CREATABLE = ("triage", "live", "learning", "closed")

_REFERENCES = {
    "severity_id": SEVERITY_BY_ID,
    "incident_status_id": STATUS_BY_ID,
    "incident_type_id": TYPE_BY_ID,
}
# What an update can do, and as which field of an edit that counts.
UPDATES = {
    "message": "",
    "to_incident_status_id": "incident_status_id",
    "to_severity_id": "severity_id",
}
_TEXTS = ("idempotency_key", "name", "summary", "call_url", *_REFERENCES)
# As the official client's documentation of the call lists them.
_EDIT_SCOPES = {
    "name": "incidents.update_name",
    "summary": "incidents.update_summary",
    "severity_id": "incidents.update_severity",
    "incident_status_id": "incidents.update_status",
    "custom_field_entries": "incidents.update_custom_fields",
    "incident_timestamp_values": "incidents.update_timestamps",
    "incident_role_assignments": "incidents.update_role_assignments",
    "call_url": "incident_calls.create",
}
# The workspace has no roles or timestamps, so every reference to one is unknown.
_EMPTY_LISTS = {
    "incident_role_assignments": "incident_role_id",
    "incident_timestamp_values": "incident_timestamp_id",
}


def check_create(body: Json) -> None:
    """Refuse a body whose shape is wrong, before the idempotency key is looked up."""
    _refuse(
        [required(name) for name in ("idempotency_key", "visibility") if not body.get(name)],
        _wrong_choice(body, "visibility", VISIBILITIES),
        _wrong_choice(body, "mode", MODES),
        _wrong_texts(body),
    )


def check_references(body: Json) -> None:
    _refuse(
        _unknown_references(body),
        wrong_entries(body.get("custom_field_entries") or []),
        _unknown_entries(body),
    )


def check_initial_status(status: Json) -> None:
    if status["category"] not in CREATABLE:
        message = f"an incident cannot be created with a status of category {status['category']}"
        raise unprocessable(invalid("incident_status_id", message))


def check_visibility(visibility: str, kind: Json) -> None:
    if kind["private_incidents_only"] and visibility != "private":
        message = "incidents of this type must be private"
        raise unprocessable(invalid("visibility", message))


def check_edit(body: Json) -> Json:
    """The fields to change; both top-level keys must be there."""
    names = ("incident", "notify_incident_channel")
    _refuse([required(name) for name in names if body.get(name) is None])
    fields, notify = body["incident"], body["notify_incident_channel"]
    _refuse(
        [] if isinstance(notify, bool) else [invalid(names[1], "must be a boolean")],
        [] if isinstance(fields, dict) else [invalid(names[0], "must be an object")],
    )
    _refuse(_wrong_texts(fields))
    return dict(fields)


def check_update(body: Json) -> None:
    """An update says something, moves the incident, or both."""
    _refuse([required(name) for name in ("idempotency_key", "incident_id") if not body.get(name)])
    names = ("idempotency_key", "incident_id", *UPDATES)
    _refuse(_wrong_texts(body, names))
    if not any(body.get(name) for name in UPDATES):
        raise unprocessable(required("message", f"at least one of {', '.join(UPDATES)}"))


def edit_scopes(fields: Json) -> list[str]:
    return [scope for name, scope in _EDIT_SCOPES.items() if name in fields]


def page_size(parameters: dict[str, list[str]]) -> int:
    text = parameters.get("page_size", [str(PAGE_SIZE)])[0]
    if not text.isdecimal() or not 1 <= int(text) <= MAX_PAGE_SIZE:
        message = f"must be a number from 1 to {MAX_PAGE_SIZE}"
        raise unprocessable(invalid("page_size", message))
    return int(text)


def _refuse(*groups: list[Problem]) -> None:
    problems = [problem for group in groups for problem in group]
    if problems:
        raise unprocessable(*problems)


def _wrong_choice(body: Json, name: str, choices: tuple[str, ...]) -> list[Problem]:
    value: Any = body.get(name)
    if not value or value in choices:
        return []
    return [invalid(name, f"must be one of {', '.join(choices)}")]


def _wrong_texts(body: Json, names: tuple[str, ...] = _TEXTS) -> list[Problem]:
    return [
        invalid(name, "must be a string")
        for name in names
        if body.get(name) is not None and not isinstance(body[name], str)
    ]


def _unknown_references(body: Json) -> list[Problem]:
    return [
        unknown_reference(name)
        for name, known in _REFERENCES.items()
        if body.get(name) and body[name] not in known
    ]


def _unknown_entries(body: Json) -> list[Problem]:
    return [
        unknown_reference(f"{name}.0.{reference}")
        for name, reference in _EMPTY_LISTS.items()
        if body.get(name)
    ]
