import pytest

from sandbox import keys
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem


def test_a_key_learns_its_name_and_roles(api: Api) -> None:
    identity = api.get("/v1/identity").json()["identity"]
    assert identity == {
        "name": "full",
        "roles": ["viewer", "incident_creator", "incident_editor", "post_incident_flow_opt_out"],
        "team_roles": [],
        "teams": [],
        "dashboard_url": api.url,
    }


def test_a_request_without_a_key_is_told_that_it_brings_none(sandbox: Sandbox) -> None:
    with Api(sandbox, key=None) as api:
        response = api.get("/v1/identity")
    assert response.status_code == 401
    assert problem(response)["code"] == "missing_authorization_material"


@pytest.mark.parametrize("key", [keys.REVOKED, "inc_" + "0" * 64, "x"])
def test_a_key_that_is_not_accepted_is_invalid(sandbox: Sandbox, key: str) -> None:
    with Api(sandbox, key) as api:
        response = api.get("/v1/identity")
    assert response.status_code == 401
    assert response.json()["type"] == "authentication_error"
    assert problem(response)["code"] == "access_token_invalid"


def test_a_viewer_cannot_create_and_is_told_the_scope(sandbox: Sandbox) -> None:
    with Api(sandbox, keys.VIEWER_ONLY) as api:
        response = api.create()
    assert response.status_code == 403
    assert response.json()["type"] == "resource_forbidden"
    assert problem(response)["code"] == "missing_required_scope"
    assert problem(response)["metadata"] == {"scope": "incidents.create"}
    assert sandbox.workspace.incidents() == []


def test_a_creator_can_create_but_not_close(sandbox: Sandbox) -> None:
    with Api(sandbox, keys.CREATOR_ONLY) as api:
        response = api.close(api.created()["id"])
    assert response.status_code == 403
    assert problem(response)["metadata"] == {"scope": "incidents.update_status"}


def test_a_key_that_cannot_view_cannot_list_severities(sandbox: Sandbox) -> None:
    with Api(sandbox, sandbox.keys.add("blind", "incident_creator")) as api:
        response = api.get("/v1/severities")
        assert problem(response)["metadata"] == {"scope": "severities.view"}
        assert api.get("/v1/identity").ok


def test_skipping_a_required_flow_needs_its_own_role(sandbox: Sandbox, api: Api) -> None:
    sandbox.workspace.settings.post_incident_flow_required = True
    identifier = api.created()["id"]
    with Api(sandbox, keys.NO_OPT_OUT) as other:
        response = other.close(identifier)
    assert response.status_code == 403
    assert problem(response)["metadata"] == {"scope": "post_incident_flow_opt_out"}
    assert api.close(identifier).ok


def test_that_role_is_not_needed_where_no_flow_is_required(sandbox: Sandbox) -> None:
    with Api(sandbox, keys.NO_OPT_OUT) as api:
        assert api.close(api.created()["id"]).ok


def test_a_key_can_be_added_and_revoked_while_the_sandbox_runs(sandbox: Sandbox, api: Api) -> None:
    secret = api.post("/_sandbox/keys", {"name": "rota", "roles": ["viewer"]}).json()["key"]
    with Api(sandbox, secret) as other:
        assert other.get("/v1/severities").ok
        assert api.delete("/_sandbox/keys/rota").status_code == 204
        assert other.get("/v1/severities").status_code == 401


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v3/incidents"), ("DELETE", "/v2/incidents/1"), ("PATCH", "/v2/incidents/1")],
)
def test_an_unrouted_request_is_an_empty_404_even_without_a_key(
    sandbox: Sandbox, method: str, path: str
) -> None:
    with Api(sandbox, key=None) as api:
        response = api.session.request(method, sandbox.url + path, timeout=5)
    assert response.status_code == 404
    assert response.content == b""


def test_request_ids_come_in_both_forms(sandbox: Sandbox) -> None:
    with Api(sandbox, keys.REVOKED) as api:
        ids = [api.get("/v1/identity").json()["request_id"] for _ in range(4)]
    assert {len(request_id) for request_id in ids} == {8, 36}
    assert len(set(ids)) == 4
