from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from sandbox.reference_data import SEVERITIES, STATUSES, first_status
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem

MINOR = next(severity for severity in SEVERITIES if severity["name"] == "Minor")


def test_a_new_incident_is_answered_with_200_and_everything_the_schema_requires(api: Api) -> None:
    incident = api.created(name="Orders is stale", summary="2 h late", severity_id=MINOR["id"])
    assert incident["reference"] == "INC-1"
    assert incident["permalink"] == f"{api.url}/incidents/1"
    assert incident["incident_status"] == first_status("live")
    assert incident["severity"] == MINOR
    assert incident["creator"]["api_key"]["name"] == "full"
    assert len(incident["id"]) == 26
    assert incident["team_ids"] == []
    assert incident["last_activity_at"] == incident["updated_at"]
    assert "idempotency_key" not in incident


def test_what_was_not_given_is_absent_and_not_null(api: Api) -> None:
    incident = api.created()
    assert not {"severity", "summary", "call_url"} & incident.keys()
    assert None not in incident.values()


def test_a_second_create_with_the_same_key_returns_the_first_incident(api: Api) -> None:
    first = api.created("key-1", name="First")
    second = api.created("key-1", name="Second")
    assert (second["id"], second["name"]) == (first["id"], "First")
    assert api.created("key-2")["id"] != first["id"]


def test_a_repeated_create_shows_the_incident_as_it_is_now(api: Api) -> None:
    api.close(api.created()["id"])
    assert api.created()["incident_status"]["category"] == "closed"


def test_creates_at_the_same_moment_with_one_key_make_one_incident(
    sandbox: Sandbox, api: Api
) -> None:
    with ThreadPoolExecutor(16) as pool:
        ids = set(pool.map(lambda _: api.created("key-1")["id"], range(64)))
    assert len(ids) == 1
    assert len(sandbox.workspace.incidents()) == 1


@pytest.mark.parametrize("field", ["idempotency_key", "visibility"])
def test_a_create_without_a_required_field_is_refused(api: Api, field: str) -> None:
    body = {"idempotency_key": "key-1", "visibility": "public"}
    del body[field]
    response = api.post("/v2/incidents", body)
    assert response.status_code == 422
    assert problem(response)["code"] == "is_required"
    assert problem(response)["source"]["field"] == field


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("visibility", "secret"),
        ("mode", "rehearsal"),
        ("name", 5),
        ("severity_id", "01FCNDV6P870EA6S7TK1DSYDG0"),
        ("incident_status_id", "01FCNDV6P870EA6S7TK1DSYDG0"),
        ("incident_type_id", "01FCNDV6P870EA6S7TK1DSYDG0"),
        ("incident_status_id", first_status("paused")["id"]),
    ],
)
def test_an_invalid_value_is_refused_by_field(
    sandbox: Sandbox, api: Api, field: str, value: Any
) -> None:
    response = api.create(**{field: value})
    assert response.status_code == 422
    assert response.json()["type"] == "validation_error"
    assert problem(response)["code"] == "invalid_value"
    assert problem(response)["source"]["field"] == field
    assert sandbox.workspace.incidents() == []


def test_an_unknown_severity_is_called_out_of_scope(api: Api) -> None:
    response = api.create(severity_id="01FCNDV6P870EA6S7TK1DSYDG0")
    assert problem(response)["message"] == "referenced resource not found in scope"


def test_an_unknown_custom_field_is_refused_by_its_place(api: Api) -> None:
    response = api.create(custom_field_entries=[{"custom_field_id": "x", "values": []}])
    assert problem(response)["source"]["field"] == "custom_field_entries.0.custom_field_id"


def test_a_workspace_can_demand_a_severity(sandbox: Sandbox, api: Api) -> None:
    sandbox.workspace.settings.severity_required = True
    response = api.create()
    assert response.status_code == 422
    assert problem(response)["message"] == "A severity is required to open an incident"
    assert problem(response)["source"]["field"] == "severity_id"
    assert api.create(severity_id=MINOR["id"]).status_code == 200


def test_an_incident_in_triage_needs_no_severity(sandbox: Sandbox, api: Api) -> None:
    sandbox.workspace.settings.severity_required = True
    kinds = api.get("/v1/incident_types").json()["incident_types"]
    triaged = next(kind for kind in kinds if kind["create_in_triage"] == "always")
    incident = api.created(incident_type_id=triaged["id"])
    assert incident["incident_status"]["category"] == "triage"


def test_a_type_for_private_incidents_refuses_public_ones(api: Api) -> None:
    kinds = api.get("/v1/incident_types").json()["incident_types"]
    private = next(kind for kind in kinds if kind["private_incidents_only"])
    assert problem(api.create(incident_type_id=private["id"]))["source"]["field"] == "visibility"
    assert api.create(incident_type_id=private["id"], visibility="private").ok


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"\xff", b"[" * 100_000])
def test_a_body_that_is_no_json_object_is_a_bad_request(api: Api, body: bytes) -> None:
    response = api.post("/v2/incidents", data=body)
    assert response.status_code == 400
    assert response.json()["type"] == "invalid_request_error"


def test_the_statuses_have_every_category_and_are_not_in_rank_order(api: Api) -> None:
    statuses = api.get("/v1/incident_statuses").json()["incident_statuses"]
    assert statuses == list(STATUSES)
    ranks = [status["rank"] for status in statuses]
    assert ranks != sorted(ranks)
    assert min(ranks) < 0
    assert " " in [status["description"] for status in statuses]
    categories = [status["category"] for status in statuses]
    assert set(categories) == {
        *("triage", "declined", "merged", "canceled", "live", "learning", "closed", "paused")
    }
    assert (categories.count("live"), categories.count("learning")) == (3, 2)


def test_the_severities_are_not_in_rank_order(api: Api) -> None:
    severities = api.get("/v1/severities").json()["severities"]
    ranks = {severity["name"]: severity["rank"] for severity in severities}
    assert ranks == {"Minor": 0, "Major": 1, "Critical": 2}
    assert list(ranks.values()) != sorted(ranks.values())
