"""What a look at an incident.io account offers for the form, and what it finds wrong there."""

import pytest

from destinations.connectors.incident_io import IncidentIo
from destinations.errors import DestinationError
from destinations.http import Door
from destinations.messages import Check
from sandbox import keys
from sandbox.reference_data import CUSTOM_FIELDS, INCIDENT_TYPES, SEVERITIES
from sandbox.server import Sandbox

TYPE = {kind["name"]: kind["id"] for kind in INCIDENT_TYPES}
FIELD = {field["name"]: field["id"] for field in CUSTOM_FIELDS}
GONE = "01FCNDV6P870EA6S7TK1DSYDG0"
LISTED = (
    "closed_status_id",
    "severity_id",
    "severity_info_id",
    "severity_warning_id",
    "severity_critical_id",
    "incident_type_id",
    "custom_field_asset_id",
    "custom_field_data_source_id",
    "custom_field_event_type_id",
)
LATER = (*LISTED[2:], "visibility", "mode")
KEY = keys.FULL


def check(key: str = KEY, **config: str) -> Check:
    return IncidentIo(config, {"api_key": key}, Door([key], 10)).check()


def names(found: Check, field: str) -> list[str]:
    return [name for _, name in found.choices[field]]


def test_every_listed_field_gets_its_choices(sandbox: Sandbox) -> None:
    found = check()
    assert tuple(found.choices) == LISTED
    assert (found.warnings, found.field_errors) == ([], {})
    assert names(found, "severity_warning_id") == ["Minor", "Major", "Critical"]
    assert names(found, "incident_type_id") == ["Security", "Default", "Data quality"]
    assert {entry.method for entry in sandbox.journal.entries()} == {"GET"}


def test_only_texts_are_offered_for_custom_fields(sandbox: Sandbox) -> None:
    texts = ["Affected asset", "Data source", "Kind of event"]
    assert names(check(), "custom_field_asset_id") == texts


@pytest.mark.parametrize("field", LISTED)
def test_an_id_that_is_gone_is_found_beside_its_field(sandbox: Sandbox, field: str) -> None:
    found = check(**{field: GONE})
    assert list(found.field_errors) == [field]
    assert "no such ID" in found.field_errors[field]


def test_an_id_that_is_there_is_fine(sandbox: Sandbox) -> None:
    found = check(
        severity_critical_id=SEVERITIES[0]["id"],
        incident_type_id=TYPE["Default"],
        custom_field_asset_id=FIELD["Affected asset"],
    )
    assert (found.warnings, found.field_errors) == ([], {})


@pytest.mark.parametrize(
    ("name", "kind"), [("Affected team", "single_select"), ("Runbook", "link")]
)
def test_another_type_of_custom_field_is_explained(sandbox: Sandbox, name: str, kind: str) -> None:
    errors = check(custom_field_asset_id=FIELD[name]).field_errors
    assert errors["custom_field_asset_id"].startswith(f"“{name}” is a field of type {kind};")


def test_a_type_for_private_incidents_asks_for_private_ones(sandbox: Sandbox) -> None:
    errors = check(incident_type_id=TYPE["Security"]).field_errors
    assert "choose Private" in errors["incident_type_id"]
    assert not check(incident_type_id=TYPE["Security"], visibility="private").field_errors


def test_a_type_that_starts_in_triage_is_remarked_upon(sandbox: Sandbox) -> None:
    found = check(incident_type_id=TYPE["Data quality"])
    assert not found.field_errors
    (warning,) = found.warnings
    assert "“Data quality” start in triage" in warning


def test_private_incidents_take_a_key_that_may_read_them(sandbox: Sandbox) -> None:
    (warning,) = check(visibility="private").warnings
    assert "global_access" in warning
    roles = (keys.VIEWER, keys.CREATOR, keys.EDITOR, keys.OPT_OUT, keys.GLOBAL_ACCESS)
    assert not check(sandbox.keys.add("all", *roles), visibility="private").warnings


def test_test_mode_is_remarked_upon(sandbox: Sandbox) -> None:
    (warning,) = check(mode="test").warnings
    assert warning.startswith("Test mode is on")


@pytest.mark.parametrize("route", ["types", "fields"])
@pytest.mark.parametrize("status", [403, 404, 429, 503])
def test_a_list_that_nothing_was_chosen_from_is_not_missed(
    sandbox: Sandbox, route: str, status: int
) -> None:
    sandbox.faults.add("status", route=route, status=status)
    found = check()
    assert (found.warnings, found.field_errors) == ([], {})


def test_a_list_that_something_was_chosen_from_is_missed(sandbox: Sandbox) -> None:
    sandbox.faults.add("status", route="types", status=403, times=1)
    (warning,) = check(incident_type_id=TYPE["Default"]).warnings
    assert warning.startswith("Could not read incident types: HTTP 403")
    sandbox.faults.add("status", route="types", status=503)
    with pytest.raises(DestinationError, match="HTTP 503"):
        check(incident_type_id=TYPE["Default"])


def test_what_was_not_chosen_is_not_kept() -> None:
    given = {"api_key": KEY, "visibility": "public", "mode": "standard"}
    form = IncidentIo.Form(data=given | dict.fromkeys(LATER[:-2], ""))
    assert form.is_valid()
    assert form.cleaned_data == {"api_key": KEY, "closed_status_id": "", "severity_id": ""}


def test_what_was_chosen_is_kept() -> None:
    chosen = dict.fromkeys(LISTED, "01X") | {"visibility": "private", "mode": "test"}
    form = IncidentIo.Form(data={"api_key": KEY} | chosen)
    assert form.is_valid()
    assert form.cleaned_data == {"api_key": KEY} | chosen


@pytest.mark.parametrize(("field", "value"), [("visibility", "secret"), ("mode", "tutorial")])
def test_another_visibility_or_mode_is_refused(field: str, value: str) -> None:
    form = IncidentIo.Form(data={"api_key": KEY, field: value})
    assert list(form.errors) == [field]


def test_a_custom_field_holds_one_text() -> None:
    twice = {"custom_field_asset_id": "01X", "custom_field_event_type_id": "01X"}
    problems = IncidentIo.Form().problems(twice | {"custom_field_data_source_id": "01Y"})
    assert list(problems) == ["custom_field_event_type_id"]
