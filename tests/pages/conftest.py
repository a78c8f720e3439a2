"""A signed-in person, and a browser for what only a browser can tell."""

import shutil
from collections.abc import Iterator

import pytest
from django.contrib.auth.models import User
from django.test import Client
from playwright.sync_api import Browser, sync_playwright

from tests.pages.visitor import BACKEND

CHROMIUM = shutil.which("chromium")


@pytest.fixture
def person(db: None) -> Client:
    """Bob: may read everything, and triage."""
    client = Client()
    client.force_login(User.objects.create_user("bob"), backend=BACKEND)
    return client


@pytest.fixture
def chromium(monkeypatch: pytest.MonkeyPatch, transactional_db: None) -> Iterator[Browser]:
    if not CHROMIUM:
        pytest.skip("Chromium is not installed")
    # Playwright keeps an event loop in this thread, in which Django would refuse its database.
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
