"""What only a browser can tell: contrast, overflow, and pages that follow by themselves."""

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from alerts.lifecycle import end
from alerts.models import AlertState
from tests.alerts.factories import an_alert
from tests.pages.cast import a_sent_alert, delivered, failed, retrying

pytestmark = pytest.mark.django_db(transaction=True)
PASSWORD = "correct horse battery"


def signed_in(browser: Browser, server: LiveServer, **options: object) -> Page:
    User.objects.create_superuser("ada", password=PASSWORD)
    context = browser.new_context(base_url=server.url, **options)  # type: ignore[arg-type]
    context.set_default_timeout(10_000)
    page = context.new_page()
    page.goto("/accounts/login/")
    page.get_by_label("Username").fill("ada")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    return page


def complain(page: Page) -> None:
    results = Axe().run(page)
    assert results.violations_count == 0, f"{page.url}: {results.generate_report()}"
    width = page.evaluate("[document.documentElement.scrollWidth, window.innerWidth]")
    assert width[0] <= width[1], f"{page.url} is wider than the window"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [360, 1440])
def test_every_page_can_be_read(
    browser: Browser, live_server: LiveServer, scheme: str, width: int
) -> None:
    opened, create = a_sent_alert(asset="prod.shop.public." + "very_long_name_" * 8)
    refused = failed(create)
    over, create = a_sent_alert(dedup_key="2", severity="warning")
    delivered(create)
    end(over, AlertState.RESOLVED, "ada", "Fixed")
    waiting = retrying(a_sent_alert(dedup_key="3", severity="info")[1])
    unmatched = an_alert(dedup_key="4", event_type="custom")
    errors: list[str] = []
    page = signed_in(
        browser,
        live_server,
        color_scheme=scheme,
        viewport={"width": width, "height": 900},
        reduced_motion="reduce",
    )
    complain(page)
    page.on("console", lambda message: errors.append(message.text))
    rows = [opened, over, unmatched, refused, waiting]
    paths = ["/alerts/", "/alerts/?text=zzz", "/alerts/history/", "/alerts/history/?state=zzz"]
    for path in [*paths, "/api/v1/docs", *(row.get_absolute_url() for row in rows)]:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
        complain(page)
    assert errors == []


def test_a_pending_delivery_is_followed_and_keeps_the_focus(
    browser: Browser, live_server: LiveServer
) -> None:
    alert, create = a_sent_alert()
    page = signed_in(browser, live_server)
    page.goto(alert.get_absolute_url())
    link = page.get_by_role("link", name="Create", exact=True)
    link.focus()
    delivered(create)
    expect(page.get_by_role("link", name="INC-7")).to_be_visible()
    expect(link).to_be_focused()
    expect(page.locator("[hx-trigger]")).to_have_count(0)


def test_an_alert_is_resolved_without_javascript(browser: Browser, live_server: LiveServer) -> None:
    alert = an_alert()
    page = signed_in(browser, live_server, java_script_enabled=False)
    page.goto(alert.get_absolute_url())
    page.get_by_label("Note (optional)").fill("Fixed")
    page.get_by_role("button", name="Dismiss").click()
    expect(page.get_by_text("This alert was dismissed")).to_be_visible()
    expect(page.get_by_role("button", name="Dismiss")).to_have_count(0)


def test_the_keyboard_skips_to_the_content(browser: Browser, live_server: LiveServer) -> None:
    page = signed_in(browser, live_server)
    page.goto("/alerts/")
    page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Skip to the content")
    expect(skip).to_be_focused()
    expect(skip).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
