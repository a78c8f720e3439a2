"""After Test and after a refused save: where one is, what is said, and what is kept."""

import re

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from destinations.models import Destination
from sandbox.keys import FULL
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination
from tests.browser.conftest import sign_in

NEW = "/alerts/destinations/new/incident_io/"
SUCCESS = re.compile("Success! Incident created: INC-")

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["with_javascript", "without_javascript"])
def has_javascript(request: pytest.FixtureRequest) -> bool:
    return bool(request.param)


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, ada: User, has_javascript: bool) -> Page:
    context = browser.new_context(
        java_script_enabled=has_javascript, base_url=live_server.url, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    sign_in(page, live_server)
    page.wait_for_url("**/alerts/")
    page.goto(NEW)
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(FULL)
    return page


def create(page: Page) -> None:
    page.get_by_role("button", name="Create Destination").click()


def test_a_secret_outlives_a_refused_save_and_a_test(sandbox: Sandbox, page: Page) -> None:
    a_destination("On-call")
    create(page)
    expect(page.locator("#field-api_key")).to_contain_text("What you entered is kept")
    page.get_by_label(re.compile("^Name")).fill("Second line")
    page.get_by_role("button", name="Test").click()
    expect(page.get_by_text(SUCCESS)).to_be_visible()
    expect(page.get_by_text("Not saved")).to_be_hidden()
    create(page)
    expect(page.get_by_text("Second line was created.")).to_be_visible()
    assert Destination.objects.get(name="Second line").unseal("api_key") == FULL


def test_a_refused_save_begins_with_what_is_wrong(sandbox: Sandbox, page: Page) -> None:
    a_destination("On-call")
    create(page)
    errors = page.get_by_role("region", name="Errors")
    expect(errors).to_contain_text("Name: There is already a destination with this name.")
    expect(errors).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))


def test_who_tests_by_the_keyboard_is_not_sent_away(
    sandbox: Sandbox, page: Page, has_javascript: bool
) -> None:
    button = page.get_by_role("button", name="Test")
    button.press("Enter")
    expect(page.get_by_text(SUCCESS)).to_be_in_viewport()
    if has_javascript:
        expect(button).to_be_focused()
    else:
        expect(page).to_have_url(re.compile("#test-result$"))


def test_an_error_among_the_folded_options_can_be_reached(sandbox: Sandbox, page: Page) -> None:
    summary = page.get_by_text("More options", exact=True)
    summary.click()
    for name in ("asset", "data source"):
        page.get_by_label(f"Custom Field ID for the {name}").fill("01SAME")
    summary.click()
    page.get_by_role("button", name="Test").click()
    page.get_by_role("link", name="Custom Field ID for the data source").click()
    expect(page.get_by_label("Custom Field ID for the data source")).to_be_visible()
