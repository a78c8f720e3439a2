"""The guide, without JavaScript: add, test, create."""

import pytest

from destinations.models import Destination
from sandbox.keys import FULL
from sandbox.reference_data import first_status
from sandbox.server import Sandbox
from tests.pages.visitor import Visitor, ada

pytestmark = pytest.mark.django_db
NEW = "/alerts/destinations/new/incident_io/"
CLOSED = first_status("closed")["id"]


def test_an_admin_adds_tests_and_creates_a_destination(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open("/alerts/destinations/")
    assert page.sees("Add Destination", "No destinations yet")
    assert page.open("/alerts/destinations/new/").sees("incident.io", NEW)

    page.open(NEW).press("test", name="On-call", api_key=FULL)

    assert page.sees("Success! Incident created: INC-1")
    assert page.sees("Remember to resolve the test incident")
    incident = sandbox.workspace.incidents()[0]
    assert incident.as_json(sandbox.url)["permalink"] in page.html

    page.press("save")

    assert page.path == "/alerts/destinations/"
    assert page.sees("On-call was created.", "No deliveries yet")
    destination = Destination.objects.get()
    assert destination.unseal("api_key") == FULL
    assert destination.config == {"closed_status_id": "", "severity_id": ""}
    assert destination.verified_at
    assert len(sandbox.workspace.incidents()) == 1


def test_with_a_closed_status_the_test_incident_is_closed_again(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW)
    page.press("test", name="On-call", api_key=FULL, closed_status_id=CLOSED)
    assert page.sees("Success! Incident created: INC-1", "was closed again")
    (incident,) = sandbox.workspace.incidents()
    assert (incident.mode, incident.category) == ("test", "closed")


def test_the_test_names_the_account_and_offers_its_statuses_and_severities(
    sandbox: Sandbox,
) -> None:
    page = Visitor(ada()).open(NEW).press("test", name="On-call", api_key=FULL)
    assert page.sees("Account:", sandbox.url)
    assert page.sees('<select name="closed_status_id"', '<select name="severity_id"')
    assert page.sees(f'<option value="{CLOSED}">Closed</option>', ">Major</option>")
    assert not page.sees(">Fixing</option>")


def test_a_destination_is_created_without_a_test(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("save", name="On-call", api_key=FULL)
    assert page.sees("On-call was created.", "Never tested")
    assert Destination.objects.get().verified_at is None
    assert not sandbox.journal.entries()


def test_a_status_of_the_list_may_be_chosen_after_the_test(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("test", name="On-call", api_key=FULL)
    page.press("save", closed_status_id=CLOSED)
    destination = Destination.objects.get()
    assert destination.config["closed_status_id"] == CLOSED
    assert destination.verified_at


def test_another_key_than_the_tested_one_is_not_saved_as_verified(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("test", name="On-call", api_key=FULL)
    page.press("save", api_key=sandbox.keys.add("other", "viewer"))
    assert Destination.objects.get().verified_at is None


def test_an_unknown_kind_is_not_found() -> None:
    assert Visitor(ada()).open("/alerts/destinations/new/fax/").status == 404
