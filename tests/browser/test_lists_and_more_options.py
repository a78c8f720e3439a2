"""Lists of the account and folded options, in a browser with JavaScript and without."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from destinations.models import Destination
from sandbox.keys import FULL
from sandbox.server import Sandbox
from tests.browser.conftest import sign_in

NEW = "/alerts/destinations/new/incident_io/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["with_javascript", "without_javascript"])
def page(
    request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer, ada: User
) -> Page:
    context = browser.new_context(
        java_script_enabled=request.param, base_url=live_server.url, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    sign_in(page, live_server)
    page.wait_for_url("**/alerts/")
    page.goto(NEW)
    return page


def test_a_status_is_chosen_by_its_name(sandbox: Sandbox, page: Page) -> None:
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Load lists").click()
    expect(page.get_by_text("The lists of the account are loaded")).to_be_visible()
    page.get_by_label(re.compile("^Closed Status ID")).select_option(label="Closed")
    page.get_by_label(re.compile("^Severity ID \\(")).select_option(label="Major")
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_role("button", name="Create Destination").click()
    expect(page.get_by_text("On-call was created.")).to_be_visible()
    config = Destination.objects.get().config
    assert config["closed_status_id"]
    assert config["severity_id"]
    assert sandbox.workspace.incidents() == []


def test_folded_options_unfold_and_are_kept(sandbox: Sandbox, page: Page) -> None:
    box = page.get_by_label("Record only")
    expect(box).to_be_hidden()
    page.get_by_text("More options").click()
    box.check()
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Create Destination").click()
    expect(page.get_by_text("On-call was created.")).to_be_visible()
    destination = Destination.objects.get()
    assert destination.is_record_only
    page.goto(f"/alerts/destinations/{destination.pk}/")
    expect(box).to_be_checked()
    expect(box).to_be_visible()


def test_an_error_in_a_folded_option_unfolds_it(sandbox: Sandbox, page: Page) -> None:
    page.get_by_text("More options").click()
    page.get_by_label(re.compile("^Incident Type ID")).fill("01GONE")
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Create Destination").click()
    expect(page.locator("#field-incident_type_id .field__error")).to_be_visible()
    assert not Destination.objects.exists()
