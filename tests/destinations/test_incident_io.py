"""The incident.io connector against the stand-in, over real HTTP."""

import dataclasses

import pytest

from destinations.connectors.incident_io import IncidentIo
from destinations.errors import NeedsAttention, Rejected
from destinations.http import Door
from destinations.messages import Action
from sandbox import keys
from sandbox.reference_data import SEVERITIES, first_status
from sandbox.server import Sandbox
from tests.destinations.example import MESSAGE

CLOSED = first_status("closed")["id"]


def connector(key: str = keys.FULL, closed_status_id: str = CLOSED, **config: str) -> IncidentIo:
    secrets = {"api_key": key} if key else {}
    return IncidentIo({"closed_status_id": closed_status_id} | config, secrets, Door([key], 10))


def routes(sandbox: Sandbox) -> list[str | None]:
    return [entry.route for entry in sandbox.journal.entries()]


def test_a_create_makes_one_incident_and_tells_its_name(sandbox: Sandbox) -> None:
    receipt = connector().create(MESSAGE)
    (incident,) = sandbox.workspace.incidents()
    assert (receipt.external_id, receipt.reference) == (incident.id, "INC-1")
    assert receipt.link.startswith("http")
    assert (incident.name, incident.mode, incident.visibility) == (
        "[AnomalyArmor] Column removed from orders",
        "standard",
        "public",
    )
    assert incident.summary == MESSAGE.summary
    assert connector().create(MESSAGE) == receipt
    assert len(sandbox.workspace.incidents()) == 1


def test_another_key_makes_another_incident(sandbox: Sandbox) -> None:
    connector().create(MESSAGE)
    connector().create(dataclasses.replace(MESSAGE, idempotency_key="anomalyarmor-1-2-4"))
    assert len(sandbox.workspace.incidents()) == 2


def test_a_close_looks_first_and_then_updates(sandbox: Sandbox) -> None:
    receipt = connector().create(MESSAGE)
    closing = dataclasses.replace(MESSAGE, external_id=receipt.external_id)
    closed = connector().close(closing)
    assert (closed.external_id, closed.note) == (receipt.external_id, "")
    assert sandbox.workspace.incidents()[0].category == "closed"
    assert routes(sandbox) == ["create", "show", "update"]
    assert connector().close(closing).note == "Already closed by somebody in incident.io."
    assert routes(sandbox) == ["create", "show", "update", "show"]


def test_a_mapped_severity_is_sent(sandbox: Sandbox) -> None:
    connector(severity_id=SEVERITIES[1]["id"]).create(MESSAGE)
    assert sandbox.workspace.incidents()[0].severity == SEVERITIES[1]


def test_an_account_that_asks_for_a_severity_leads_to_that_field(sandbox: Sandbox) -> None:
    sandbox.workspace.settings.severity_required = True
    with pytest.raises(Rejected) as caught:
        connector().create(MESSAGE)
    assert "A severity is required to open an incident" in str(caught.value)
    assert "Severity ID" in caught.value.advice
    assert caught.value.request_id


@pytest.mark.parametrize(
    ("key", "sentence"),
    [
        ("", "No API key configured"),
        (keys.REVOKED, "HTTP 401: Unauthorized"),
        ("inc_unknown", "HTTP 401: Unauthorized"),
        (keys.VIEWER_ONLY, "HTTP 403: Forbidden"),
    ],
)
def test_a_bad_key_is_named_in_the_words_of_the_troubleshooting_page(
    sandbox: Sandbox, key: str, sentence: str
) -> None:
    with pytest.raises(NeedsAttention) as caught:
        connector(key).create(MESSAGE)
    assert str(caught.value).startswith(sentence)
    assert caught.value.advice
    assert not key or key not in f"{caught.value} {caught.value.advice}"


def test_a_check_names_the_account_and_offers_its_choices(sandbox: Sandbox) -> None:
    found = connector(severity_id=SEVERITIES[0]["id"]).check()
    assert found.account
    assert (found.warnings, found.field_errors) == ([], {})
    assert found.choices["closed_status_id"] == [(CLOSED, "Closed")]
    assert [name for _, name in found.choices["severity_id"]] == ["Minor", "Major", "Critical"]
    assert {entry.method for entry in sandbox.journal.entries()} == {"GET"}


@pytest.mark.parametrize(
    ("key", "lacking"),
    [
        (keys.NO_OPT_OUT, ["post_incident_flow_opt_out"]),
        (keys.CREATOR_ONLY, ["incident_editor", "post_incident_flow_opt_out"]),
    ],
)
def test_a_check_names_the_roles_that_the_key_lacks(
    sandbox: Sandbox, key: str, lacking: list[str]
) -> None:
    warnings = connector(key).check().warnings
    assert [warning.split(":")[0] for warning in warnings] == [
        f"The key lacks the role {role}" for role in lacking
    ]


def test_a_check_with_a_wrong_key_fails(sandbox: Sandbox) -> None:
    with pytest.raises(NeedsAttention, match="HTTP 401"):
        connector(keys.REVOKED).check()


@pytest.mark.parametrize(
    ("chosen", "complaint"),
    [
        (first_status("live")["id"], "is a status of category live, not closed."),
        ("01UNKNOWN", "This account has no such ID."),
    ],
)
def test_a_check_finds_a_wrong_closed_status(sandbox: Sandbox, chosen: str, complaint: str) -> None:
    errors = connector(closed_status_id=chosen).check().field_errors
    assert complaint in errors["closed_status_id"]


def test_a_check_finds_a_wrong_severity(sandbox: Sandbox) -> None:
    errors = connector(severity_id=CLOSED).check().field_errors
    assert list(errors) == ["severity_id"]


def test_a_test_makes_one_test_incident_and_closes_it(sandbox: Sandbox) -> None:
    receipt = connector().test(MESSAGE)
    (incident,) = sandbox.workspace.incidents()
    assert (incident.mode, incident.category) == ("test", "closed")
    assert receipt.reference == "INC-1"
    assert "closed" in receipt.note


def test_a_test_without_a_closed_status_leaves_it_open(sandbox: Sandbox) -> None:
    receipt = connector(closed_status_id="").test(MESSAGE)
    assert receipt.reference == "INC-1"
    assert sandbox.workspace.incidents()[0].category == "live"


def test_a_test_whose_incident_cannot_be_closed_still_tells_its_name(sandbox: Sandbox) -> None:
    receipt = connector(closed_status_id="01UNKNOWN").test(MESSAGE)
    assert receipt.reference == "INC-1"
    assert "HTTP 422" in receipt.note


def test_without_a_closed_status_there_is_an_obstacle_to_closing_only() -> None:
    bare = connector(closed_status_id="")
    assert bare.obstacle(Action.CREATE) == ""
    assert "closed status" in bare.obstacle(Action.CLOSE)
    assert connector().obstacle(Action.CLOSE) == ""


@pytest.mark.parametrize(("key", "count"), [("inc_abc", 0), ("abc", 1), ("", 0)])
def test_an_odd_key_is_remarked_upon_and_taken(key: str, count: int) -> None:
    form = IncidentIo.Form(data={"api_key": key})
    assert form.is_valid()
    assert len(form.warnings()) == count
