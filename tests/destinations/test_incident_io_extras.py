"""What an incident gets beside its words: severity, type, custom fields, visibility and mode; and
that it is made without what the account refuses."""

from dataclasses import replace
from typing import Any

import pytest

from destinations.connectors.incident_io import IncidentIo
from destinations.errors import Rejected
from destinations.http import Door
from sandbox import keys
from sandbox.incidents import Incident
from sandbox.reference_data import CUSTOM_FIELDS, INCIDENT_TYPES, SEVERITIES, first_status
from sandbox.server import Sandbox
from tests.destinations import example

MESSAGE = replace(example.MESSAGE, data_source="prod-postgres")
SEVERITY = {severity["name"]: severity["id"] for severity in SEVERITIES}
TYPE = {kind["name"]: kind["id"] for kind in INCIDENT_TYPES}
FIELD = {field["name"]: field["id"] for field in CUSTOM_FIELDS}
GONE = "01FCNDV6P870EA6S7TK1DSYDG0"
CLOSED = first_status("closed")["id"]


def connector(**config: str) -> IncidentIo:
    return IncidentIo(config, {"api_key": keys.FULL}, Door([keys.FULL], 10))


def bodies(sandbox: Sandbox) -> list[dict[str, Any]]:
    return [entry.as_json()["body"] for entry in sandbox.journal.entries()]


def only(sandbox: Sandbox) -> Incident:
    (incident,) = sandbox.workspace.incidents()
    return incident


@pytest.mark.parametrize(
    ("severity", "name"), [("info", "Minor"), ("warning", "Major"), ("critical", "Critical")]
)
def test_each_severity_can_have_its_own(sandbox: Sandbox, severity: str, name: str) -> None:
    config = {
        "severity_info_id": SEVERITY["Minor"],
        "severity_warning_id": SEVERITY["Major"],
        "severity_critical_id": SEVERITY["Critical"],
    }
    connector(**config).create(replace(MESSAGE, severity=severity))
    found = only(sandbox).severity
    assert found
    assert found["name"] == name


def test_the_severity_for_all_is_for_those_without_their_own(sandbox: Sandbox) -> None:
    config = {"severity_id": SEVERITY["Minor"], "severity_critical_id": SEVERITY["Critical"]}
    connector(**config).create(replace(MESSAGE, severity="warning"))
    assert bodies(sandbox)[0]["severity_id"] == SEVERITY["Minor"]


def test_the_type_the_visibility_and_the_mode_are_those_that_were_chosen(sandbox: Sandbox) -> None:
    config = {"incident_type_id": TYPE["Security"], "visibility": "private", "mode": "test"}
    connector(**config).create(MESSAGE)
    incident = only(sandbox)
    assert (incident.type["name"], incident.visibility, incident.mode) == (
        "Security",
        "private",
        "test",
    )


def test_custom_fields_hold_what_the_alert_is_about(sandbox: Sandbox) -> None:
    config = {
        "custom_field_asset_id": FIELD["Affected asset"],
        "custom_field_data_source_id": FIELD["Data source"],
        "custom_field_event_type_id": FIELD["Kind of event"],
    }
    connector(**config).create(MESSAGE)
    said = {e["custom_field"]["name"]: e["values"] for e in only(sandbox).custom_field_entries}
    assert said == {
        "Affected asset": [{"value_text": "shop.public.orders"}],
        "Data source": [{"value_text": "prod-postgres"}],
        "Kind of event": [{"value_text": "schema_change"}],
    }


def test_a_custom_field_without_a_fact_is_not_sent(sandbox: Sandbox) -> None:
    config = {"custom_field_data_source_id": FIELD["Data source"]}
    connector(**config).create(replace(MESSAGE, data_source=""))
    assert "custom_field_entries" not in bodies(sandbox)[0]


@pytest.mark.parametrize(
    ("config", "named"),
    [
        ({"severity_id": GONE}, ["the severity"]),
        ({"severity_critical_id": GONE}, ["the severity"]),
        ({"incident_type_id": GONE}, ["the incident type"]),
        ({"custom_field_asset_id": GONE}, ["the custom fields"]),
        ({"custom_field_asset_id": FIELD["Affected team"]}, ["the custom fields"]),
        (
            {"severity_id": GONE, "incident_type_id": GONE, "custom_field_event_type_id": GONE},
            ["the severity", "the incident type", "the custom fields"],
        ),
    ],
)
def test_an_incident_is_made_without_what_the_account_does_not_have_any_more(
    sandbox: Sandbox, config: dict[str, str], named: list[str]
) -> None:
    receipt = connector(**config).create(MESSAGE)
    assert receipt.external_id == only(sandbox).id
    assert all(name in receipt.note for name in named)
    assert "Choose anew" in receipt.note
    first, second = bodies(sandbox)
    assert second["idempotency_key"] == first["idempotency_key"]
    assert second.items() <= first.items()


def test_only_what_was_refused_is_left_out(sandbox: Sandbox) -> None:
    config = {"severity_id": SEVERITY["Major"], "incident_type_id": TYPE["Data quality"]}
    receipt = connector(custom_field_asset_id=GONE, **config).create(MESSAGE)
    incident = only(sandbox)
    assert incident.severity
    assert (incident.severity["name"], incident.type["name"]) == ("Major", "Data quality")
    assert "the severity" not in receipt.note


def test_a_severity_of_its_own_that_is_gone_gives_way_to_the_one_for_all(sandbox: Sandbox) -> None:
    sandbox.workspace.settings.severity_required = True
    config = {"severity_id": SEVERITY["Major"], "severity_critical_id": GONE}
    receipt = connector(**config).create(MESSAGE)
    assert [body["severity_id"] for body in bodies(sandbox)] == [GONE, SEVERITY["Major"]]
    assert "the severity" in receipt.note


def test_both_severities_may_be_gone(sandbox: Sandbox) -> None:
    connector(severity_id=CLOSED, severity_critical_id=GONE).create(MESSAGE)
    assert [body.get("severity_id") for body in bodies(sandbox)] == [GONE, CLOSED, None]


def test_a_severity_that_is_asked_for_stays_the_error(sandbox: Sandbox) -> None:
    sandbox.workspace.settings.severity_required = True
    with pytest.raises(Rejected, match="A severity is required") as caught:
        connector(severity_id=GONE).create(MESSAGE)
    assert "set the Severity ID" in caught.value.advice
    assert len(bodies(sandbox)) == 2


def test_a_type_for_private_incidents_is_not_made_public(sandbox: Sandbox) -> None:
    with pytest.raises(Rejected) as caught:
        connector(incident_type_id=TYPE["Security"]).create(MESSAGE)
    assert "choose Private" in caught.value.advice
    assert sandbox.workspace.incidents() == []
    assert len(bodies(sandbox)) == 1


def test_a_refusal_without_a_field_is_not_asked_again(sandbox: Sandbox) -> None:
    sandbox.faults.add("status", route="create", status=400)
    with pytest.raises(Rejected):
        connector(severity_id=SEVERITY["Major"]).create(MESSAGE)
    assert len(bodies(sandbox)) == 1


def test_a_refusal_that_goes_on_ends(sandbox: Sandbox) -> None:
    """The fault names the severity, whether it was sent or not."""
    sandbox.faults.add("status", route="create", status=422)
    with pytest.raises(Rejected):
        connector(severity_id=GONE, severity_critical_id=CLOSED).create(MESSAGE)
    assert len(bodies(sandbox)) == 3


def test_a_test_says_as_well_what_was_left_out(sandbox: Sandbox) -> None:
    receipt = connector(incident_type_id=GONE, closed_status_id=CLOSED).test(MESSAGE)
    assert "the incident type" in receipt.note
    assert "closed again" in receipt.note


@pytest.mark.parametrize("category", ["closed", "declined", "merged", "canceled"])
def test_a_repeated_create_says_that_the_incident_is_over(sandbox: Sandbox, category: str) -> None:
    first = connector().create(MESSAGE)
    assert first.note == ""
    sandbox.workspace.move_by_hand(first.external_id, category)
    again = connector().create(MESSAGE)
    assert again.external_id == first.external_id
    assert again.note == f"It had been made before, and is {category} already."
