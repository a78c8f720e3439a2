"""The preview follows the form while it is filled in, in real Chromium."""

import json
from typing import Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from alerts.models import Rule
from tests.alerts.factories import EVENT, an_alert
from tests.browser.conftest import sign_in

NEW = "/alerts/rules/new/"
VIEWS: list[tuple[int, Literal["light", "dark"]]] = [(360, "light"), (1440, "dark")]


@pytest.fixture
def page(browser: Browser, live_server: LiveServer, ada: User) -> Page:
    page = browser.new_page(reduced_motion="reduce")
    sign_in(page, live_server)
    return page


def _sentence(page: Page, text: str) -> None:
    expect(page.locator("#rule-preview-sentence")).to_contain_text(text)


def test_the_preview_follows_what_is_typed(page: Page, live_server: LiveServer) -> None:
    an_alert()
    an_alert(asset="shop.customers")
    page.goto(live_server.url + NEW)
    _sentence(page, "matched 2 alerts and opened 2 incidents")
    page.get_by_label("Assets", exact=True).fill("cust*")
    _sentence(page, "matched 1 alert and opened 1 incident")
    page.get_by_label("Alerts of the last").select_option("7")
    _sentence(page, "In the last 7 days")
    page.get_by_label("Critical").first.uncheck()
    page.get_by_label("Info", exact=True).check()
    _sentence(page, "No alert of the last 7 days fits.")
    assert page.get_by_label("Assets", exact=True).input_value() == "cust*"
    assert not Rule.objects.exists()


def test_an_event_can_be_tried(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + NEW)
    page.get_by_text("Try one event").click()
    page.get_by_label("An event, as JSON").fill(json.dumps(EVENT))
    expect(page.get_by_role("heading", name="What the rule says of it")).to_be_visible()
    page.get_by_label("An event, as JSON").fill("{")
    expect(page.locator("#rule-preview-event .field__error")).to_contain_text("JSON")
    page.get_by_label("An event, as JSON").fill(json.dumps(EVENT))
    expect(page.get_by_text("Matched", exact=True)).to_be_visible()


def test_the_sentence_is_told_to_who_cannot_see_it(page: Page, live_server: LiveServer) -> None:
    page.goto(live_server.url + NEW)
    _sentence(page, "No alert of the last 30 days fits.")
    assert page.get_by_role("status").filter(has_text="No alert").count() == 1


@pytest.mark.parametrize(("width", "scheme"), VIEWS)
def test_the_preview_is_accessible(
    browser: Browser,
    live_server: LiveServer,
    ada: User,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    for hours in range(3):
        an_alert(asset=f"shop.a_table_with_a_name_that_goes_on_for_quite_a_while_{hours}")
    page = browser.new_page(
        viewport={"width": width, "height": 900}, color_scheme=scheme, reduced_motion="reduce"
    )
    blocked: list[str] = []
    page.on("console", lambda m: blocked.append(m.text) if "Content Security" in m.text else None)
    sign_in(page, live_server)
    page.goto(live_server.url + NEW)
    _sentence(page, "matched 3 alerts")
    page.get_by_text("Try one event").click()
    page.get_by_label("An event, as JSON").fill(json.dumps(EVENT | {"severity": "info"}))
    page.get_by_label("Critical").first.check()
    expect(page.get_by_role("heading", name="What the rule says of it")).to_be_visible()
    expect(page.get_by_text("Severity is not met")).to_be_visible()
    assert [found["id"] for found in Axe().run(page).response["violations"]] == []
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert blocked == []
