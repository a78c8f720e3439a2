"""The API's endpoints: which there are, what they demand of a key, and what they answer.

Paths and scopes: https://api-docs.incident.io/. Its paths mix versions 1 and 2.
"""

from collections.abc import Callable
from dataclasses import dataclass

from sandbox import alert_events
from sandbox.errors import ApiError, Json, invalid_token, missing_authorization, missing_scope
from sandbox.faults import Fault
from sandbox.identifiers import request_id
from sandbox.incidents import Incident
from sandbox.journal import Entry
from sandbox.keys import CREATOR, EDITOR, VIEWER, ApiKey
from sandbox.limits import rfc3339_after, too_many_requests
from sandbox.listing import page
from sandbox.reference_data import CUSTOM_FIELDS, INCIDENT_TYPES, SEVERITIES, STATUSES
from sandbox.service import Service
from sandbox.validation import UPDATES, check_edit, check_update, edit_scopes
from sandbox.wire import Request, Response, json_response

INCIDENTS = "/v2/incidents"
EDIT = "/actions/edit"
UPDATES_PATH = "/v2/incident_updates"


@dataclass(frozen=True)
class Call:
    """One API request on its way through the sandbox."""

    request: Request
    route: "Route | None"
    identifier: str
    key: ApiKey | None
    entry: Entry
    fault: Fault


Handler = Callable[[Service, Call, ApiKey], Json]


@dataclass(frozen=True)
class Route:
    """An endpoint; `scope` is what a 403 names when the key lacks the role."""

    name: str
    role: str | None
    scope: str
    handle: Handler
    status: int = 200


def identity(service: Service, call: Call, key: ApiKey) -> Json:
    return {
        "identity": {
            "name": key.name,
            "roles": list(key.roles),
            "team_roles": [],
            "teams": [],
            "dashboard_url": call.request.base_url,
        }
    }


def statuses(service: Service, call: Call, key: ApiKey) -> Json:
    return {"incident_statuses": STATUSES}


def severities(service: Service, call: Call, key: ApiKey) -> Json:
    return {"severities": SEVERITIES}


def incident_types(service: Service, call: Call, key: ApiKey) -> Json:
    return {"incident_types": INCIDENT_TYPES}


def custom_fields(service: Service, call: Call, key: ApiKey) -> Json:
    return {"custom_fields": CUSTOM_FIELDS}


def list_incidents(service: Service, call: Call, key: ApiKey) -> Json:
    request = call.request
    seen = [incident for incident in service.workspace.incidents() if incident.is_seen_by(key)]
    return page(seen, request.parameters, request.base_url)


def create(service: Service, call: Call, key: ApiKey) -> Json:
    return _one(call, service.workspace.create(call.request.payload, key))


def show(service: Service, call: Call, key: ApiKey) -> Json:
    return _one(call, service.workspace.find(call.identifier, key))


def edit(service: Service, call: Call, key: ApiKey) -> Json:
    """Each property that is changed has its own scope; the editor's role holds them all."""
    fields = check_edit(call.request.payload)
    _demand_editor(key, fields)
    return _one(call, service.workspace.edit(call.identifier, fields, key))


def update(service: Service, call: Call, key: ApiKey) -> Json:
    """Which permission it takes depends on what it does, as for an edit."""
    body = call.request.payload
    check_update(body)
    _demand_editor(key, {UPDATES[name]: body[name] for name in UPDATES if body.get(name)})
    made = service.workspace.update(body, key)
    call.entry.incident_id = made.incident.id
    return {"incident_update": made.as_json()}


def alert_event(service: Service, call: Call, key: ApiKey) -> Json:
    """Never called: a source has a token of its own, and answers before keys are looked at."""
    raise missing_authorization()


def _demand_editor(key: ApiKey, fields: Json) -> None:
    if EDITOR not in key.roles:
        for scope in edit_scopes(fields):
            raise missing_scope(scope)


def _one(call: Call, incident: Incident) -> Json:
    call.entry.incident_id = incident.id
    return {"incident": incident.as_json(call.request.base_url)}


ALERT_EVENT = Route("alert_event", None, "", alert_event, 202)
ROUTES: dict[tuple[str, str], Route] = {
    ("GET", "/v1/identity"): Route("identity", None, "", identity),
    ("GET", "/v1/incident_statuses"): Route("statuses", VIEWER, "incident_statuses.view", statuses),
    ("GET", "/v1/severities"): Route("severities", VIEWER, "severities.view", severities),
    ("GET", "/v1/incident_types"): Route("types", VIEWER, "incident_types.view", incident_types),
    ("GET", "/v2/custom_fields"): Route("fields", VIEWER, "custom_fields.view", custom_fields),
    ("GET", INCIDENTS): Route("list", VIEWER, "incidents.view", list_incidents),
    ("POST", INCIDENTS): Route("create", CREATOR, "incidents.create", create),
    ("GET", f"{INCIDENTS}/{{id}}"): Route("show", VIEWER, "incidents.view", show),
    ("POST", f"{INCIDENTS}/{{id}}{EDIT}"): Route("edit", VIEWER, "incidents.view", edit),
    ("POST", UPDATES_PATH): Route("update", VIEWER, "incidents.view", update, 201),
    ("POST", f"{alert_events.PATH}{{id}}"): ALERT_EVENT,
}


def find_route(method: str, path: str) -> tuple[Route | None, str]:
    """The endpoint of a request, and the identifier in its path."""
    identifier = ""
    if path.startswith(f"{INCIDENTS}/"):
        rest = path.removeprefix(f"{INCIDENTS}/")
        identifier, slash, action = rest.partition("/")
        path = f"{INCIDENTS}/{{id}}{slash}{action}" if identifier else path
    elif path.startswith(alert_events.PATH):
        identifier = path.removeprefix(alert_events.PATH)
        path = f"{alert_events.PATH}{{id}}"
    return ROUTES.get((method, path)), identifier


def answer(service: Service, call: Call) -> Response:
    """An unrouted path or wrong method gets an empty 404, before the key is looked at."""
    if call.route is None or not _is_built(service, call.route):
        return Response(404)
    if call.route is ALERT_EVENT:
        sources, sequence = service.alert_sources, call.entry.sequence
        return alert_events.answer(sources, call.identifier, call.request, sequence)
    headers: dict[str, str] = {}
    try:
        key = _authenticate(call)
        allowance = service.limiter.take(key.id)
        headers = allowance.headers
        if not allowance.granted:
            return _refuse_for_now(service, call, key, allowance.wait_seconds, headers)
        if call.route.role and call.route.role not in key.roles:
            raise missing_scope(call.route.scope)
        return json_response(call.route.status, call.route.handle(service, call, key), headers)
    except ApiError as error:
        body = error.body(request_id(call.entry.sequence))
        return json_response(error.status, body, headers)


def _is_built(service: Service, route: Route) -> bool:
    return route.name != "update" or service.workspace.settings.has_incident_updates


def _authenticate(call: Call) -> ApiKey:
    if call.request.bearer is None:
        raise missing_authorization()
    if call.key is None:
        raise invalid_token()
    return call.key


def _refuse_for_now(
    service: Service, call: Call, key: ApiKey, seconds: int, headers: dict[str, str]
) -> Response:
    moment = rfc3339_after(seconds)
    body = too_many_requests(
        request_id(call.entry.sequence), key.name, service.limiter.burst, moment
    )
    return json_response(429, body, headers)
