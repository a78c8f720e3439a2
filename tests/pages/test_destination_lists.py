"""What the account offers becomes a list to choose from, by a button, before anything is saved."""

import pytest

from destinations.models import Destination
from sandbox.keys import FULL, REVOKED
from sandbox.reference_data import first_status
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination
from tests.pages.visitor import Visitor, ada, htmx

NEW = "/alerts/destinations/new/incident_io/"
CLOSED = first_status("closed")["id"]
LIST = '<select name="closed_status_id"'

pytestmark = pytest.mark.django_db


def test_the_lists_are_loaded_with_a_typed_key_and_nothing_else_filled_in(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW)
    assert not page.sees(LIST)
    page.press("look", api_key=FULL)
    assert page.sees("The lists of the account are loaded", LIST, f'value="{CLOSED}">Closed<')
    assert "This field is required" not in page.text
    assert {entry.method for entry in sandbox.journal.entries()} == {"GET"}
    assert not Destination.objects.exists()


def test_the_key_need_not_be_typed_again_after_the_lists(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("look", api_key=FULL)
    page.press("save", name="On-call", closed_status_id=CLOSED)
    assert page.sees("On-call was created.")
    assert Destination.objects.get().config["closed_status_id"] == CLOSED


def test_a_look_is_no_test(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("look", name="On-call", api_key=FULL)
    page.press("save")
    assert page.sees("On-call was created.", "Never tested")


def test_the_lists_are_loaded_with_the_stored_key(sandbox: Sandbox) -> None:
    destination = a_destination()
    page = Visitor(ada()).open(f"/alerts/destinations/{destination.pk}/").press("look")
    assert page.sees(LIST, f'value="{CLOSED}" selected>Closed<')


def test_what_stands_there_and_is_not_in_the_account_is_marked(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("look", api_key=FULL, closed_status_id="01OLD")
    assert "This account has no such ID" in page.error_beside("closed_status_id")
    assert page.sees('value="01OLD" selected>01OLD (not in this account)<')


@pytest.mark.parametrize("typed", [{}, {"name": "On-call"}])
def test_without_a_key_nothing_is_asked(sandbox: Sandbox, typed: dict[str, str]) -> None:
    page = Visitor(ada()).open(NEW).press("look", **typed)
    assert page.sees("Nothing was loaded: see the marked fields.")
    assert "No API key configured" in page.error_beside("api_key")
    assert sandbox.journal.entries() == []


def test_a_refused_key_is_said_and_leaves_the_form_as_it_was(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW).press("look", name="On-call", api_key=REVOKED)
    assert page.sees("HTTP 401: Unauthorized", 'value="On-call"')
    assert not page.sees(LIST)


def test_htmx_gets_the_fields_as_lists(sandbox: Sandbox) -> None:
    visitor = Visitor(ada()).open(NEW)
    answer = visitor.client.post(NEW, {"action": "look", "api_key": FULL}, headers=htmx())
    html = answer.content.decode()
    assert LIST in html
    assert "<html" not in html


def test_the_list_comes_with_a_save_that_was_refused(sandbox: Sandbox) -> None:
    page = Visitor(ada()).open(NEW)
    page.press("save", name="On-call", api_key=FULL, closed_status_id="01OLD")
    assert page.sees(LIST)
    assert not Destination.objects.exists()
