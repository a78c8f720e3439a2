import pytest

from sandbox.reference_data import CATEGORIES, STATUSES, first_status
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem

ALLOWED = {
    ("triage", "learning"),
    ("triage", "closed"),
    ("live", "learning"),
    ("live", "closed"),
    ("learning", "closed"),
} | {(category, category) for category in CATEGORIES}


@pytest.mark.parametrize("old", sorted(CATEGORIES))
@pytest.mark.parametrize("new", sorted(CATEGORIES))
def test_a_key_can_only_move_an_incident_forward(
    sandbox: Sandbox, api: Api, old: str, new: str
) -> None:
    identifier = api.created()["id"]
    sandbox.workspace.move_by_hand(identifier, old)
    response = api.edit(identifier, incident_status_id=first_status(new)["id"])
    reached = api.get(f"/v2/incidents/{identifier}").json()["incident"]["incident_status"]
    if (old, new) in ALLOWED:
        assert response.status_code == 200
        assert reached["category"] == new
    else:
        assert response.status_code == 422
        assert problem(response)["source"]["field"] == "incident_status_id"
        assert reached["category"] == old


def test_a_status_of_the_same_category_can_be_chosen(api: Api) -> None:
    monitoring = next(status for status in STATUSES if status["name"] == "Monitoring")
    response = api.edit(api.created()["id"], incident_status_id=monitoring["id"])
    assert response.json()["incident"]["incident_status"] == monitoring


def test_only_the_fields_that_are_sent_change(api: Api) -> None:
    before = api.created(name="Orders", summary="Stale")
    after = api.edit(before["id"], summary="Fresh again").json()["incident"]
    changed = {name for name in before if before[name] != after[name]}
    assert changed == {"summary", "updated_at", "last_activity_at"}
    assert after["summary"] == "Fresh again"


def test_a_refused_edit_changes_nothing(api: Api) -> None:
    identifier = api.created(name="Orders")["id"]
    response = api.edit(
        identifier, name="Changed", incident_status_id=first_status("declined")["id"]
    )
    assert response.status_code == 422
    assert api.get(f"/v2/incidents/{identifier}").json()["incident"]["name"] == "Orders"


@pytest.mark.parametrize("missing", ["incident", "notify_incident_channel"])
def test_both_keys_of_an_edit_are_required(api: Api, missing: str) -> None:
    body = {"incident": {"name": "x"}, "notify_incident_channel": False}
    del body[missing]
    response = api.post(f"/v2/incidents/{api.created()['id']}/actions/edit", body)
    assert response.status_code == 422
    assert problem(response)["source"]["field"] == missing


def test_an_unknown_closed_status_is_refused_by_field(api: Api) -> None:
    response = api.edit(api.created()["id"], incident_status_id="01FCNDV6P870EA6S7TK1DSYDG0")
    assert response.status_code == 422
    assert problem(response)["message"] == "referenced resource not found in scope"


def test_an_incident_is_found_by_id_and_by_the_number_of_its_reference(api: Api) -> None:
    incident = api.created()
    assert api.get("/v2/incidents/1").json() == {"incident": incident}
    assert api.get(f"/v2/incidents/{incident['id']}").json() == {"incident": incident}
    assert api.close("1").ok


@pytest.mark.parametrize("identifier", ["INC-1", "2", "0", "-1", "01FCNDV6P870EA6S7TK1DSYDG0"])
def test_an_unknown_incident_is_not_found(api: Api, identifier: str) -> None:
    api.created()
    response = api.get(f"/v2/incidents/{identifier}")
    assert response.status_code == 404
    assert problem(response) == {"code": "not_found", "message": "Resource not found"}
