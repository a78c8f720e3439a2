from typing import Any

import pytest

from sandbox import keys
from sandbox.reference_data import SEVERITIES, first_status
from sandbox.server import Sandbox
from tests.sandbox.api import CLOSED, Api, problem

PATH = "/v2/incident_updates"


def update(api: Api, incident_id: str, key: str = "update-1", **fields: Any) -> Any:
    return api.post(PATH, {"idempotency_key": key, "incident_id": incident_id, **fields})


def test_an_update_says_and_moves_in_one(sandbox: Sandbox, api: Api) -> None:
    identifier = api.created()["id"]
    response = update(api, identifier, message="It is over.", to_incident_status_id=CLOSED)
    assert response.status_code == 201
    made = response.json()["incident_update"]
    assert (made["incident_id"], made["message"]) == (identifier, "It is over.")
    assert made["new_incident_status"] == first_status("closed")
    assert "new_severity" not in made
    incident = sandbox.workspace.find(identifier)
    assert incident.category == "closed"
    assert incident.activity[-1].what == "wrote: It is over."
    assert sandbox.journal.entries()[-1].asks_about == identifier


def test_a_used_key_says_and_moves_nothing_more(sandbox: Sandbox, api: Api) -> None:
    identifier = api.created()["id"]
    first = update(api, identifier, to_incident_status_id=CLOSED).json()
    sandbox.workspace.move_by_hand(identifier, "live")
    assert update(api, identifier, to_incident_status_id=CLOSED).json() == first
    assert sandbox.workspace.find(identifier).category == "live"


def test_a_refused_update_uses_no_key_and_changes_nothing(sandbox: Sandbox, api: Api) -> None:
    identifier = api.created()["id"]
    refused = update(
        api,
        identifier,
        message="No.",
        to_severity_id=SEVERITIES[0]["id"],
        to_incident_status_id=first_status("declined")["id"],
    )
    assert refused.status_code == 422
    incident = sandbox.workspace.find(identifier)
    assert (incident.category, incident.severity, len(incident.activity)) == ("live", None, 1)
    assert update(api, identifier, message="Yes.").status_code == 201


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"message": ""}, "message"),
        ({"message": 5}, "message"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"incident_id": ""}, "incident_id"),
        ({"incident_id": "01FCNDV6P870EA6S7TK1DSYDG0"}, "incident_id"),
        ({"to_incident_status_id": "01FCNDV6P870EA6S7TK1DSYDG0"}, "to_incident_status_id"),
        ({"to_severity_id": "01FCNDV6P870EA6S7TK1DSYDG0"}, "to_severity_id"),
    ],
)
def test_an_invalid_update_is_refused_by_field(
    api: Api, change: dict[str, Any], field: str
) -> None:
    body = {"idempotency_key": "k", "incident_id": api.created()["id"], "message": "Hi."}
    response = api.post(PATH, body | change)
    assert response.status_code == 422
    assert problem(response)["source"]["field"] == field


@pytest.mark.parametrize(
    ("fields", "scope"),
    [
        ({"to_incident_status_id": CLOSED}, "incidents.update_status"),
        ({"to_severity_id": SEVERITIES[0]["id"]}, "incidents.update_severity"),
    ],
)
def test_a_move_takes_the_editors_role(
    sandbox: Sandbox, api: Api, fields: dict[str, str], scope: str
) -> None:
    identifier = api.created()["id"]
    with Api(sandbox, keys.CREATOR_ONLY) as creator:
        response = update(creator, identifier, **fields)
    assert response.status_code == 403
    assert problem(response)["metadata"] == {"scope": scope}


def test_a_required_flow_cannot_be_skipped_by_an_update(sandbox: Sandbox, api: Api) -> None:
    sandbox.workspace.settings.post_incident_flow_required = True
    identifier = api.created()["id"]
    with Api(sandbox, keys.NO_OPT_OUT) as other:
        assert update(other, identifier, to_incident_status_id=CLOSED).status_code == 403
    assert sandbox.workspace.find(identifier).is_open


def test_an_older_api_has_never_heard_of_it(sandbox: Sandbox, api: Api) -> None:
    identifier = api.created()["id"]
    assert api.post("/_sandbox/settings", {"has_incident_updates": False}).status_code == 204
    with Api(sandbox, "inc_unknown") as stranger:
        response = update(stranger, identifier, message="Hi.")
    assert (response.status_code, response.content) == (404, b"")
