"""`GET /v2/incidents`: filters, order and pages.

https://api-docs.incident.io/ ("Incidents V2", "List"). Filters on dates, roles and custom fields
are not built; unknown parameters are ignored, as by the API.
"""

from collections.abc import Callable
from typing import Any

from sandbox.errors import Json
from sandbox.incidents import Incident
from sandbox.validation import page_size

Parameters = dict[str, list[str]]

DEFAULT_MODES = ["standard", "retrospective"]

_FILTERS: dict[str, Callable[[Incident], Any]] = {
    "status_category": lambda incident: incident.category,
    "status": lambda incident: incident.status["id"],
    "severity": lambda incident: (incident.severity or {}).get("id"),
    "incident_type": lambda incident: incident.type["id"],
}


def page(incidents: list[Incident], parameters: Parameters, base_url: str) -> Json:
    """One page of the matching incidents, the newest first unless asked otherwise."""
    size = page_size(parameters)
    if parameters.get("sort_by") != ["created_at_oldest_first"]:
        incidents = incidents[::-1]
    matching = [incident for incident in incidents if _matches(incident, parameters)]
    start = _start(matching, parameters)
    shown = matching[start : start + size]
    meta: Json = {"page_size": size, "total_record_count": len(matching)}
    if start + size < len(matching):
        meta["after"] = shown[-1].id
    return {
        "incidents": [incident.as_json(base_url) for incident in shown],
        "pagination_meta": meta,
    }


def _matches(incident: Incident, parameters: Parameters) -> bool:
    """Test and tutorial incidents stay hidden unless their mode is asked for."""
    if incident.mode not in parameters.get("mode[one_of]", DEFAULT_MODES):
        return False
    verdicts = list(_verdicts(incident, parameters))
    if parameters.get("filter_mode") == ["any"] and verdicts:
        return any(verdicts)
    return all(verdicts)


def _verdicts(incident: Incident, parameters: Parameters) -> list[bool]:
    verdicts = []
    for name, value_of in _FILTERS.items():
        wanted = parameters.get(f"{name}[one_of]")
        unwanted = parameters.get(f"{name}[not_in]")
        if wanted:
            verdicts.append(value_of(incident) in wanted)
        if unwanted:
            verdicts.append(value_of(incident) not in unwanted)
    return verdicts


def _start(matching: list[Incident], parameters: Parameters) -> int:
    after = parameters.get("after", [""])[0]
    places = (place for place, incident in enumerate(matching) if incident.id == after)
    return next(places, -1) + 1
