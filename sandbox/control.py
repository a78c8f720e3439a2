"""The sandbox's own endpoints under `/_sandbox`, for tests, and the pages for people."""

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs

from sandbox import pages
from sandbox.errors import ApiError, Json, invalid, not_found, unprocessable
from sandbox.faults import MODES
from sandbox.identifiers import request_id
from sandbox.reference_data import CATEGORIES
from sandbox.service import Service
from sandbox.wire import Request, Response, json_response

PREFIX = "/_sandbox"
STYLE = (Path(__file__).parent / "style.css").read_bytes()
# Browsers ask for it unbidden; it must not stand in the journal.
FAVICON = "/favicon.ico"
_FORM = "application/x-www-form-urlencoded"


def owns(path: str) -> bool:
    return path in ("/", FAVICON) or path.startswith((f"{PREFIX}/", "/incidents/"))


def answer(service: Service, request: Request) -> Response:
    try:
        return _find(request)(service, request)
    except ApiError as error:
        return json_response(error.status, error.body(request_id(0)))
    except (KeyError, TypeError, ValueError) as error:
        refusal = unprocessable(invalid("body", repr(error)))
        return json_response(422, refusal.body(request_id(0)))


def journal(service: Service, request: Request) -> Response:
    since = int(request.parameters.get("since", ["0"])[0])
    return json_response(
        200, {"entries": [entry.as_json() for entry in service.journal.entries(since)]}
    )


def incidents(service: Service, request: Request) -> Response:
    """All of every mode, with what the API never says: the key, and how often it was sent."""
    found = [
        incident.as_json(request.base_url)
        | {
            "idempotency_key": incident.idempotency_key,
            "create_requests": service.journal.requests_with_key(incident.idempotency_key),
        }
        for incident in service.workspace.incidents()
    ]
    return json_response(200, {"incidents": found})


def alerts(service: Service, request: Request) -> Response:
    """What came of the events that were posted to alert sources."""
    return json_response(200, {"alerts": [a.as_json() for a in service.alert_sources.alerts]})


def state(service: Service, request: Request) -> Response:
    return json_response(200, _counts(service))


def _counts(service: Service) -> Json:
    found = service.workspace.incidents()
    entries = service.journal.entries()
    still_open = sum(incident.is_open for incident in found)
    statuses = Counter("none" if entry.status is None else str(entry.status) for entry in entries)
    return {
        "incidents": len(found),
        "idempotency_keys": service.journal.distinct_idempotency_keys(),
        "open": still_open,
        "closed": len(found) - still_open,
        "by_category": Counter(incident.category for incident in found),
        "requests": len(entries),
        "requests_by_status": statuses,
    }


def reset(service: Service, request: Request) -> Response:
    service.reset()
    return Response(204)


def list_faults(service: Service, request: Request) -> Response:
    return json_response(
        200, {"faults": [fault.as_json() for fault in service.faults.all()], "modes": MODES}
    )


def add_fault(service: Service, request: Request) -> Response:
    return json_response(201, service.faults.add_json(request.payload).as_json())


def clear_faults(service: Service, request: Request) -> Response:
    service.faults.clear()
    return Response(204)


def list_keys(service: Service, request: Request) -> Response:
    return json_response(200, {"keys": service.keys.names()})


def add_key(service: Service, request: Request) -> Response:
    body = request.payload
    secret = service.keys.add(str(body["name"]), *body.get("roles", []), secret=body.get("key"))
    return json_response(201, {"name": body["name"], "key": secret})


def revoke_key(service: Service, request: Request) -> Response:
    if not service.keys.revoke(request.path.rpartition("/")[2]):
        raise not_found()
    return Response(204)


def change_settings(service: Service, request: Request) -> Response:
    body, settings = request.payload, service.workspace.settings
    names = ("severity_required", "post_incident_flow_required", "has_incident_updates")
    for name in names:
        setattr(settings, name, bool(body.get(name, getattr(settings, name))))
    service.delay_seconds = float(body.get("delay_ms", service.delay_seconds * 1000)) / 1000
    if "rate" in body or "burst" in body:
        limiter = service.limiter
        limiter.configure(body.get("rate", limiter.rate), body.get("burst", limiter.burst))
    return Response(204)


def move(service: Service, request: Request) -> Response:
    """What a person does in the app; a form gets its page back, anything else JSON."""
    identifier = request.path.removeprefix(f"{PREFIX}/incidents/").removesuffix("/status")
    is_form = request.headers.get("content-type", "").startswith(_FORM)
    category = _category(request, is_form)
    incident = service.workspace.move_by_hand(identifier, category)
    if is_form:
        return Response(303, headers={"Location": f"/incidents/{incident.number}"})
    return json_response(200, {"incident": incident.as_json(request.base_url)})


def _category(request: Request, is_form: bool) -> str:
    if is_form:
        category = parse_qs(request.body.decode()).get("category", [""])[0]
    else:
        category = str(request.payload.get("category"))
    if category not in CATEGORIES:
        raise unprocessable(invalid("category", f"must be one of {', '.join(sorted(CATEGORIES))}"))
    return category


def home(service: Service, request: Request) -> Response:
    return pages.home(service)


def incident_page(service: Service, request: Request) -> Response:
    identifier = request.path.removeprefix("/incidents/")
    return pages.incident(service, service.workspace.find(identifier))


def no_icon(service: Service, request: Request) -> Response:
    return Response(204)


def style(service: Service, request: Request) -> Response:
    return Response(200, STYLE, {"Content-Type": "text/css", "Cache-Control": "max-age=60"})


Action = Callable[[Service, Request], Response]
ACTIONS: dict[tuple[str, str], Action] = {
    ("GET", "/"): home,
    ("GET", FAVICON): no_icon,
    ("GET", f"{PREFIX}/style.css"): style,
    ("GET", f"{PREFIX}/journal"): journal,
    ("GET", f"{PREFIX}/incidents"): incidents,
    ("GET", f"{PREFIX}/alerts"): alerts,
    ("GET", f"{PREFIX}/state"): state,
    ("POST", f"{PREFIX}/reset"): reset,
    ("GET", f"{PREFIX}/faults"): list_faults,
    ("POST", f"{PREFIX}/faults"): add_fault,
    ("DELETE", f"{PREFIX}/faults"): clear_faults,
    ("GET", f"{PREFIX}/keys"): list_keys,
    ("POST", f"{PREFIX}/keys"): add_key,
    ("POST", f"{PREFIX}/settings"): change_settings,
}


def _find(request: Request) -> Action:
    method, path = request.method, request.path
    if method == "GET" and path.startswith("/incidents/"):
        return incident_page
    if method == "DELETE" and path.startswith(f"{PREFIX}/keys/"):
        return revoke_key
    if method == "POST" and path.startswith(f"{PREFIX}/incidents/") and path.endswith("/status"):
        return move
    action = ACTIONS.get((method, path))
    if action is None:
        raise not_found()
    return action
