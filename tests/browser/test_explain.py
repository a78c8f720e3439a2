"""The explain page and alerts that are held back, in a real browser: accessible, within the window,
usable without JavaScript."""

import json
from datetime import timedelta
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from alerts.models import Alert, Schedule
from tests.alerts.factories import EVENT, a_destination, a_rule, an_alert
from tests.browser.conftest import faults_of, open_page

pytestmark = pytest.mark.django_db(transaction=True)
PATH = "/alerts/rules/explain/"


@pytest.fixture
def held(ada: User) -> Alert:
    """An alert that a rule took and others hold back or do not want."""
    paused = a_destination("Data on-call, the second one")
    paused.is_active = False
    paused.save()
    a_rule(a_destination(), paused, name="Breaking changes in production", tags=["production"])
    day = (timezone.now() + timedelta(days=3)).isoweekday()
    windows = [{"days": [day], "start": "08:00", "end": "18:00"}]
    office = Schedule.objects.create(name="Office hours in Berlin", windows=windows)
    a_rule(name="During the day", schedule=office)
    a_rule(name="Patient", min_events=3, min_minutes=30)
    a_rule(name="Stale tables", event_types=["freshness_violation"])
    a_rule(name="Long patterns", assets=["prod-postgres." + "very_long_name_" * 20])
    an_alert(title="Held back", dedup_key="2", tags=["staging"])
    return an_alert(asset="prod.shop.public." + "very_long_name_" * 8)


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1440, "dark")])
def test_it_can_be_read(
    browser: Browser,
    live_server: LiveServer,
    held: Alert,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    page = open_page(browser, live_server, width=width, scheme=scheme)
    for path in (PATH, f"{PATH}?alert={held.pk}", f"/alerts/{held.pk}/", "/alerts/"):
        page.goto(path)
        _is_fine(page, width)
    page.goto(PATH)
    page.get_by_label("Event", exact=True).fill("{")
    page.get_by_role("button", name="Ask the rules").click()
    expect(page.get_by_text("The body is not JSON")).to_be_visible()
    _is_fine(page, width)


def test_an_event_is_asked_about_without_javascript(
    browser: Browser, live_server: LiveServer, held: Alert
) -> None:
    page = open_page(browser, live_server, has_javascript=False)
    page.goto(held.get_absolute_url())
    page.get_by_role("link", name="What would they say now?").click()
    page.get_by_label("Event", exact=True).fill(json.dumps(EVENT | {"tags": []}))
    page.get_by_role("button", name="Ask the rules").click()
    expect(page.get_by_text("Tag is not given; the rule wants production.")).to_be_hidden()
    page.get_by_text("3 rules did not match").click()
    expect(page.get_by_text("Tag is not given; the rule wants production.")).to_be_visible()
    expect(
        page.get_by_text("Outside the operating hours of Office hours in Berlin")
    ).to_be_visible()
    expect(page.get_by_text("Nobody now.")).to_be_visible()


def _is_fine(page: Page, width: int) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert faults_of(page, width) == []
