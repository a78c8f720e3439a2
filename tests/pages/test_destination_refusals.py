"""What a test and a save refuse or warn of, each with its fix."""

import pytest
import responses

from destinations.connectors.incident_io import IncidentIo
from destinations.models import Destination
from sandbox import keys
from sandbox.reference_data import first_status
from sandbox.server import Sandbox
from tests.pages.visitor import Visitor, ada

pytestmark = pytest.mark.django_db
NEW = "/alerts/destinations/new/incident_io/"
CLOSED, LIVE = first_status("closed")["id"], first_status("live")["id"]


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada()).open(NEW)


@pytest.mark.parametrize("action", ["test", "save"])
def test_without_a_key_it_says_no_api_key_configured(
    sandbox: Sandbox, page: Visitor, action: str
) -> None:
    page.press(action, name="On-call")
    assert "No API key configured. Enter it here." in page.error_beside("api_key")
    assert not Destination.objects.exists()
    assert not sandbox.journal.entries()


def test_a_wrong_key_is_a_401_with_its_fix(sandbox: Sandbox, page: Visitor) -> None:
    page.press("test", name="On-call", api_key=keys.REVOKED)
    assert page.sees("HTTP 401: Unauthorized", "make a new one there", "Request ID")
    assert not page.sees("Success!")
    assert not sandbox.workspace.incidents()


def test_a_missing_role_is_named_and_a_403_with_its_fix(sandbox: Sandbox, page: Visitor) -> None:
    page.press("test", name="On-call", api_key=keys.VIEWER_ONLY)
    assert page.sees("HTTP 403: Forbidden", "give the key the roles")
    assert page.sees("lacks the role incident_creator", "lacks the role incident_editor")
    assert not sandbox.workspace.incidents()


def test_a_role_that_is_missing_only_for_closing_is_a_warning(
    sandbox: Sandbox, page: Visitor
) -> None:
    page.press("test", name="On-call", api_key=keys.CREATOR_ONLY, closed_status_id=CLOSED)
    assert page.sees("Success! Incident created: INC-1", "lacks the role incident_editor")
    assert page.sees("Resolve the test incident by hand", "HTTP 403: Forbidden")


@pytest.mark.parametrize("action", ["test", "save"])
@pytest.mark.parametrize(
    ("status", "sentence"),
    [("01HNOSUCHSTATUS", "no such ID"), (LIVE, "is a status of category live, not closed")],
)
def test_a_status_that_cannot_close_is_refused_beside_the_field(
    sandbox: Sandbox, page: Visitor, action: str, status: str, sentence: str
) -> None:
    page.press(action, name="On-call", api_key=keys.FULL, closed_status_id=status)
    assert sentence in page.error_beside("closed_status_id")
    assert sentence not in page.error_beside("severity_id")
    assert not sandbox.workspace.incidents()
    assert not Destination.objects.exists()


def test_after_a_refusal_nothing_is_typed_again(sandbox: Sandbox, page: Visitor) -> None:
    page.press("save", name="On-call", api_key=keys.FULL, closed_status_id=LIVE)
    assert page.fields()["name"] == "On-call"
    page.press("save", closed_status_id=CLOSED)
    assert Destination.objects.get().unseal("api_key") == keys.FULL


def test_a_severity_that_the_account_has_not_is_refused(sandbox: Sandbox, page: Visitor) -> None:
    page.press("save", name="On-call", api_key=keys.FULL, severity_id="01HNOSUCHSEVERITY")
    assert "no such ID" in page.error_beside("severity_id")


def test_a_missing_severity_becomes_advice(sandbox: Sandbox, page: Visitor) -> None:
    sandbox.workspace.settings.severity_required = True
    page.press("test", name="On-call", api_key=keys.FULL)
    assert page.sees("HTTP 422", "A severity is required", "set the Severity ID")


def test_a_save_that_cannot_ask_the_account_is_kept_with_a_warning(
    sandbox: Sandbox, page: Visitor
) -> None:
    page.press("save", name="On-call", api_key=keys.REVOKED, closed_status_id=CLOSED)
    assert page.sees("On-call was created.", "could not be checked: HTTP 401: Unauthorized")
    assert Destination.objects.exists()


@pytest.mark.parametrize(
    "pasted",
    [f" {keys.FULL}\r\n", f"Bearer {keys.FULL}", f"bearer  {keys.FULL[:20]}\n{keys.FULL[20:]}"],
)
def test_blanks_and_bearer_are_taken_off_a_pasted_key(
    sandbox: Sandbox, page: Visitor, pasted: str
) -> None:
    page.press("save", name="On-call", api_key=pasted)
    assert Destination.objects.get().unseal("api_key") == keys.FULL


def test_a_key_that_looks_odd_is_warned_of_and_taken(sandbox: Sandbox, page: Visitor) -> None:
    odd = sandbox.keys.add("odd", "viewer", "incident_creator", secret="sk_" + "ab" * 20)
    page.press("test", name="On-call", api_key=odd)
    assert page.sees("Success! Incident created: INC-1", "does not start with inc_")
    page.press("save")
    assert page.sees("On-call was created.", "does not start with inc_")
    assert odd not in page.html


def test_a_name_that_is_taken_is_refused_beside_the_name(sandbox: Sandbox, page: Visitor) -> None:
    page.press("save", name="On-call", api_key=keys.FULL)
    page.open(NEW).press("save", name="On-call", api_key=keys.FULL)
    assert "There is already a destination with this name." in page.error_beside("name")
    assert Destination.objects.count() == 1


def test_the_name_of_a_deleted_destination_is_free_again(sandbox: Sandbox, page: Visitor) -> None:
    page.press("save", name="On-call", api_key=keys.FULL)
    Destination.objects.get().delete_softly()
    page.open(NEW).press("save", name="On-call", api_key=keys.FULL)
    assert Destination.objects.alive().count() == 1


@responses.activate
def test_a_secret_in_the_answer_is_blanked(page: Visitor) -> None:
    responses.get(
        "https://api.incident.io/v1/identity",
        status=418,
        json={"errors": [{"message": f"I was sent {keys.FULL}"}]},
    )
    page.press("test", name="On-call", api_key=keys.FULL)
    assert page.sees("HTTP 418", "I was sent [secret]")


@responses.activate
def test_a_secret_in_a_successful_answer_is_blanked_too(page: Visitor) -> None:
    base = "https://api.incident.io"
    responses.get(f"{base}/v1/identity", json={"identity": {"name": keys.FULL, "roles": []}})
    for path in ("incident_statuses", "severities"):
        responses.get(f"{base}/v1/{path}", json={})
    incident = {"id": "1", "reference": f"INC {keys.FULL}", "permalink": ""}
    responses.post(f"{base}/v2/incidents", json={"incident": incident})
    page.press("test", name="On-call", api_key=keys.FULL)
    assert page.sees("Success! Incident created: INC [secret]", "Account: [secret]")


@responses.activate
def test_a_link_that_is_no_web_address_is_not_shown(page: Visitor) -> None:
    base = "https://api.incident.io"
    for path in ("identity", "incident_statuses", "severities"):
        responses.get(f"{base}/v1/{path}", json={})
    incident = {"id": "1", "reference": "INC-7", "permalink": "javascript:alert(1)"}
    responses.post(f"{base}/v2/incidents", json={"incident": incident})
    page.press("test", name="On-call", api_key=keys.FULL)
    assert page.sees("Success! Incident created: INC-7")
    assert 'href="javascript' not in page.html


def test_an_error_that_nobody_foresaw_is_told_by_its_name_only(
    page: Visitor, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fall_over(connector: IncidentIo) -> None:
        raise AttributeError(f"with {keys.FULL} in it")

    monkeypatch.setattr(IncidentIo, "check", fall_over)
    page.press("test", name="On-call", api_key=keys.FULL)
    assert page.sees("An error in Armor Incidents stopped it (AttributeError)")
    page.press("save", closed_status_id=CLOSED)
    assert page.sees("On-call was created.", "An error in Armor Incidents stopped it")
