"""Real Chromium against the live server. Without Chromium these tests fail: script/test says so."""

from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.db import connections
from playwright.sync_api import Browser, Page, sync_playwright
from pytest_django.live_server_helper import LiveServer

CHROMIUM = "/usr/bin/chromium"
PASSWORD = "correct horse battery"


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
