"""The guide as a person walks it in a browser, with JavaScript and without."""

import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from destinations.models import Destination
from sandbox.keys import FULL, REVOKED
from sandbox.server import Sandbox

PASSWORD = "correct horse battery"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(params=[True, False], ids=["with_javascript", "without_javascript"])
def page(request: pytest.FixtureRequest, browser: Browser, live_server: LiveServer) -> Page:
    User.objects.create_superuser("ada", password=PASSWORD)
    context = browser.new_context(
        java_script_enabled=request.param, base_url=live_server.url, reduced_motion="reduce"
    )
    context.set_default_timeout(10_000)
    return context.new_page()


def test_the_guide_leads_from_the_login_to_a_destination(sandbox: Sandbox, page: Page) -> None:
    _open_form(page)
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(FULL)

    page.get_by_role("button", name="Test", exact=True).click()

    expect(page.get_by_text(re.compile("Success! Incident created: INC-1"))).to_be_visible()
    expect(page.get_by_role("link", name="Open INC-1 in incident.io")).to_be_visible()
    expect(page.get_by_text("Remember to resolve the test incident")).to_be_visible()
    assert FULL not in page.content()

    page.get_by_role("button", name="Create Destination").click()

    expect(page.get_by_text("On-call was created.")).to_be_visible()
    assert Destination.objects.get().verified_at
    assert len(sandbox.workspace.incidents()) == 1


def test_a_second_try_follows_a_wrong_key(sandbox: Sandbox, page: Page) -> None:
    _open_form(page)
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(REVOKED)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text("HTTP 401: Unauthorized").first).to_be_visible()
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text(re.compile("Success! Incident created: INC-1"))).to_be_visible()
    expect(page.get_by_text("HTTP 401: Unauthorized")).to_have_count(0)


def test_without_a_key_the_field_says_so(sandbox: Sandbox, page: Page) -> None:
    _open_form(page)
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.locator("#field-api_key")).to_contain_text("No API key configured")
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text(re.compile("Success! Incident created: INC-1"))).to_be_visible()
    expect(page.get_by_text("No API key configured")).to_have_count(0)


def test_an_impatient_person_makes_one_incident(sandbox: Sandbox, page: Page) -> None:
    _open_form(page)
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Test", exact=True).dblclick()
    expect(page.get_by_text(re.compile("Success! Incident created: INC-1"))).to_be_visible()
    assert len(sandbox.workspace.incidents()) == 1


@pytest.mark.parametrize("page", [True], indirect=True)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_to_complain_of(sandbox: Sandbox, page: Page, scheme: str) -> None:
    page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
    _open_form(page)
    page.get_by_label(re.compile("^Name")).fill("On-call")
    page.get_by_label("API Key").fill(FULL)
    page.get_by_role("button", name="Test", exact=True).click()
    expect(page.get_by_text(re.compile("Success! Incident created: INC-1"))).to_be_visible()
    _complain(page)
    page.get_by_role("button", name="Create Destination").click()
    pk = Destination.objects.get().pk
    paths = [
        "/alerts/destinations/",
        "/alerts/destinations/new/",
        f"/alerts/destinations/{pk}/",
        f"/alerts/destinations/{pk}/deletion/",
        "/alerts/rules/",
        "/alerts/rules/new/",
    ]
    for path in paths:
        page.goto(path)
        _complain(page)


def _open_form(page: Page) -> None:
    """From `/` by the words that the guide names."""
    page.goto("/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.locator("form button").last.click()
    page.get_by_role("link", name="Alerts", exact=True).first.click()
    page.get_by_role("link", name="Destinations", exact=True).first.click()
    page.get_by_role("link", name="Add Destination").first.click()
    page.get_by_role("link", name="incident.io").click()


def _complain(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"
