"""What incident.io answers, read with care: its errors and its incidents.

The envelope of an error is `errors[].message`, `errors[].source.field`, `request_id`; the field is
a dotted path. What is branched on is the status, since one status has several codes.
https://api-docs.incident.io/#section/Errors
"""

import re
from http import HTTPStatus
from typing import Any

from destinations.errors import DestinationError, MalformedAnswer
from destinations.http import Answer
from destinations.messages import Receipt

Json = dict[str, Any]

ADVICE = {
    401: "Check the key in incident.io under Settings → API keys, or make a new one there.",
    403: "In incident.io, give the key the roles to create and to edit incidents.",
    404: "It is gone, or the key may not see it: private incidents need the role global_access.",
    422: "Test the destination: the test lists the statuses and severities that the account has.",
}
FIELD_ADVICE = {
    "severity_id": "The account asks for a severity: set the Severity ID of this destination.",
    "visibility": "Incidents of this type are private only: choose Private under Visibility.",
}


def error(answer: Answer) -> DestinationError:
    """The answer as an error, with the API's own sentences, and what to do."""
    envelope = _envelope(answer)
    advice = [FIELD_ADVICE[name] for name in refused_fields(answer) if name in FIELD_ADVICE]
    limit = envelope.get("rate_limit")
    return answer.error(
        detail="; ".join(str(e.get("message", "")) for e in objects(envelope.get("errors"))),
        advice=" ".join(advice) or ADVICE.get(answer.status_code, ""),
        request_id=str(envelope.get("request_id", "")),
        wait=str(limit.get("retry_after", "")) if isinstance(limit, dict) else "",
    )


def refused_fields(answer: Answer) -> list[str]:
    """The fields of the request that the answer objects to: of a path, its first part."""
    sources = objects([e.get("source") for e in objects(_envelope(answer).get("errors"))])
    paths = [str(source.get("field") or source.get("pointer") or "") for source in sources]
    return [found[0] for path in paths if (found := re.search(r"\w+", path))]


def is_unknown_call(answer: Answer) -> bool:
    """Whether this API, or this account, does not have the call yet."""
    if answer.status_code == HTTPStatus.FORBIDDEN:
        errors = objects(_envelope(answer).get("errors"))
        return any(e.get("code") == "api_not_yet_available" for e in errors)
    return answer.status_code in {HTTPStatus.NOT_FOUND, HTTPStatus.METHOD_NOT_ALLOWED}


def incident(data: Json) -> Json:
    """The incident in an answer. Raises MalformedAnswer."""
    return _thing(data, "incident", 200)


def update(data: Json) -> Json:
    """The incident update in an answer. Raises MalformedAnswer."""
    return _thing(data, "incident_update", 201)


def category(found: Json) -> str:
    """What an incident's status means, whatever the account calls it; empty if it is not said."""
    status = found.get("incident_status")
    return str(status.get("category", "")) if isinstance(status, dict) else ""


def receipt(found: Json, *notes: str) -> Receipt:
    return Receipt(
        external_id=found["id"],
        reference=str(found.get("reference") or ""),
        link=str(found.get("permalink") or ""),
        note=" ".join(note for note in notes if note),
    )


def objects(items: Any) -> list[Json]:
    """The objects in what should be a list of objects."""
    return [item for item in items if isinstance(item, dict)] if isinstance(items, list) else []


def _envelope(answer: Answer) -> Json:
    try:
        return answer.json()
    except MalformedAnswer:
        return {}


def _thing(data: Json, name: str, status: int) -> Json:
    found = data.get(name)
    if isinstance(found, dict) and isinstance(found.get("id"), str) and found["id"]:
        return found
    sentence = f"HTTP {status}, but the answer named no {name.replace('_', ' ')}."
    raise MalformedAnswer(sentence, status_code=status)
