import pytest

from sandbox import keys
from sandbox.server import Sandbox
from tests.sandbox.api import CLOSED, Api, problem


@pytest.fixture
def identifier(api: Api) -> str:
    return str(api.created(visibility="private")["id"])


def test_a_private_incident_is_not_there_for_an_ordinary_key(api: Api, identifier: str) -> None:
    shown = api.get(f"/v2/incidents/{identifier}")
    assert (shown.status_code, problem(shown)["code"]) == (404, "not_found")
    assert api.close(identifier).status_code == 404
    body = {"idempotency_key": "k", "incident_id": identifier, "to_incident_status_id": CLOSED}
    assert api.post("/v2/incident_updates", body).status_code == 422
    assert api.get("/v2/incidents").json()["incidents"] == []


def test_a_key_with_global_access_sees_it(sandbox: Sandbox, identifier: str) -> None:
    roles = (keys.VIEWER, keys.CREATOR, keys.EDITOR, keys.GLOBAL_ACCESS)
    with Api(sandbox, sandbox.keys.add("sees all", *roles)) as api:
        assert api.get(f"/v2/incidents/{identifier}").ok
        assert len(api.get("/v2/incidents").json()["incidents"]) == 1
        assert api.close(identifier).ok
