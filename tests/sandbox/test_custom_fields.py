from typing import Any

import pytest

from sandbox.reference_data import CUSTOM_FIELDS
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem

FIELD = {field["field_type"]: field for field in CUSTOM_FIELDS}
TEXT = FIELD["text"]["id"]


def entry(identifier: str, *values: dict[str, Any]) -> dict[str, Any]:
    return {"custom_field_id": identifier, "values": list(values)}


def test_the_fields_are_listed_without_options(api: Api) -> None:
    fields = api.get("/v2/custom_fields").json()["custom_fields"]
    assert fields == list(CUSTOM_FIELDS)
    assert not any("options" in field or "required" in field for field in fields)


@pytest.mark.parametrize(
    ("kind", "value"),
    [("text", {"value_text": "orders"}), ("link", {"value_link": "https://a.example"})],
)
def test_an_entry_comes_back_with_its_field(api: Api, kind: str, value: dict[str, str]) -> None:
    incident = api.created(custom_field_entries=[entry(FIELD[kind]["id"], value)])
    (found,) = incident["custom_field_entries"]
    assert found["values"] == [value]
    assert found["custom_field"] == {
        "options": [],
        **{name: FIELD[kind][name] for name in ("id", "name", "description", "field_type")},
    }


@pytest.mark.parametrize(
    ("entries", "path"),
    [
        ("text", ""),
        (["text"], ".0"),
        ([entry(TEXT), entry("01FCNDV6P870EA6S7TK1DSYDG0")], ".1.custom_field_id"),
        ([{"custom_field_id": TEXT}], ".0.values"),
        ([entry(TEXT, {"value_text": 5})], ".0.values.0"),
        ([entry(TEXT, {"value_link": "https://a.example"})], ".0.values.0"),
        ([entry(FIELD["single_select"]["id"], {"value_text": "Core"})], ".0.values.0"),
    ],
)
def test_a_wrong_entry_is_refused_by_its_place(
    sandbox: Sandbox, api: Api, entries: Any, path: str
) -> None:
    response = api.create(custom_field_entries=entries)
    assert response.status_code == 422
    assert problem(response)["source"]["field"] == f"custom_field_entries{path}"
    assert sandbox.workspace.incidents() == []


def test_an_edit_sets_and_unsets_a_field(api: Api) -> None:
    identifier = api.created()["id"]
    entries = [entry(TEXT, {"value_text": "orders"})]
    edited = api.edit(identifier, custom_field_entries=entries).json()["incident"]
    assert [e["values"] for e in edited["custom_field_entries"]] == [[{"value_text": "orders"}]]
    edited = api.edit(identifier, custom_field_entries=[entry(TEXT)]).json()["incident"]
    assert edited["custom_field_entries"] == []


def test_the_page_of_an_incident_shows_them_as_text(api: Api) -> None:
    api.created(custom_field_entries=[entry(TEXT, {"value_text": "<b>orders</b>"})])
    page = api.get("/incidents/1").text
    assert FIELD["text"]["name"] in page
    assert "&lt;b&gt;orders&lt;/b&gt;" in page
