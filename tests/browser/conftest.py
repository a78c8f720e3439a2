"""Real Chromium against the live server. Without Chromium these tests fail: script/test says so."""

from collections.abc import Iterator
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "correct horse battery"
TABS_LIMIT = 80


@pytest.fixture
def browser(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Browser]:
    # Playwright keeps an event loop in this thread, in which Django would refuse its database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()
        # Under that loop Django opened connections of their own, which nobody else would close.
        connections.close_all()


@pytest.fixture
def ada(transactional_db: None) -> User:
    """An admin, who may see every page."""
    return User.objects.create_superuser("ada", password=PASSWORD)


def sign_in(page: Page, live_server: LiveServer) -> None:
    page.goto(f"{live_server.url}/accounts/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def open_page(
    browser: Browser,
    live_server: LiveServer,
    *,
    width: int = 1280,
    scheme: Literal["light", "dark"] = "light",
    has_javascript: bool = True,
) -> Page:
    """A page of somebody who is signed in: the list of alerts."""
    context = browser.new_context(
        base_url=live_server.url,
        viewport={"width": width, "height": 900},
        color_scheme=scheme,
        reduced_motion="reduce",
        java_script_enabled=has_javascript,
    )
    context.set_default_timeout(10_000)
    page = context.new_page()
    sign_in(page, live_server)
    page.wait_for_url("**/alerts/")
    return page


def faults_of(page: Page, width: int) -> list[str]:
    """What axe says of the page, and whether it is wider than its window."""
    found = [
        f"{page.url}: {violation['id']}: {violation['nodes'][0]['html']}"
        for violation in Axe().run(page).response["violations"]
    ]
    if page.evaluate("document.documentElement.scrollWidth") > width:
        found.append(f"{page.url} is wider than {width} px")
    return found


def tab_to(page: Page, what: str) -> None:
    """Presses Tab until the named thing has the focus, as somebody without a mouse does."""
    for _ in range(TABS_LIMIT):
        page.keyboard.press("Tab")
        if page.locator(f"{what}:focus").count():
            return
    raise AssertionError(f"{what} is not reached by Tab.")
