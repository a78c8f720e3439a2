"""Custom fields of an incident: what may be sent, and how it comes back.

https://api-docs.incident.io/ ("Incidents V2", "Create": `custom_field_entries`). Only texts and
links can be set here: what a select offers is not built.
"""

from typing import Any

from sandbox.errors import Json, Problem, invalid, unknown_reference
from sandbox.reference_data import FIELD_BY_ID

NAME = "custom_field_entries"
_VALUES = {"text": "value_text", "link": "value_link"}


def wrong_entries(entries: Any) -> list[Problem]:
    if not isinstance(entries, list):
        return [invalid(NAME, "must be a list")]
    return [problem for place, entry in enumerate(entries) for problem in _wrong(place, entry)]


def _wrong(place: int, entry: Any) -> list[Problem]:
    path = f"{NAME}.{place}"
    if not isinstance(entry, dict):
        return [invalid(path, "must be an object")]
    field = FIELD_BY_ID.get(str(entry.get("custom_field_id")))
    if field is None:
        return [unknown_reference(f"{path}.custom_field_id")]
    values = entry.get("values")
    if not isinstance(values, list):
        return [invalid(f"{path}.values", "must be a list")]
    name = _VALUES.get(str(field["field_type"]), "value_option_id")
    return [
        invalid(f"{path}.values.{number}", f"a {field['field_type']} field takes {name}")
        for number, value in enumerate(values)
        if name not in _VALUES.values() or not _is_text(value, name)
    ]


def _is_text(value: Any, name: str) -> bool:
    return isinstance(value, dict) and isinstance(value.get(name), str) and set(value) == {name}


def as_kept(entries: Any) -> list[Json]:
    """The entries as an answer shows them: each field in full, the unset ones left out."""
    return [
        {"custom_field": _field(entry["custom_field_id"]), "values": entry["values"]}
        for entry in entries or []
        if entry["values"]
    ]


def _field(identifier: str) -> Json:
    names = ("id", "name", "description", "field_type")
    return {name: FIELD_BY_ID[identifier][name] for name in names} | {"options": []}
