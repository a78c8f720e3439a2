"""The form of a rule in a browser: by keyboard alone, with its preview, and without JavaScript."""

import re
from typing import Literal

import pytest
from django.contrib.auth.models import User
from playwright.sync_api import Browser, Page, expect
from pytest_django.live_server_helper import LiveServer

from alerts.models import Rule
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.browser.conftest import faults_of, open_page, tab_to

NEW = "/alerts/rules/new/"

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def destination(ada: User) -> Destination:
    return a_destination()


@pytest.fixture(params=[True, False], ids=["with_javascript", "without_javascript"])
def page(
    request: pytest.FixtureRequest,
    browser: Browser,
    live_server: LiveServer,
    destination: Destination,
) -> Page:
    page = open_page(browser, live_server, has_javascript=request.param)
    page.goto(NEW)
    return page


def test_a_rule_is_made_by_the_keyboard_alone(page: Page) -> None:
    tab_to(page, "#id_name")
    page.keyboard.type("Orders")
    tab_to(page, "[name=event_types][value=schema_change]")
    page.keyboard.press("Space")
    tab_to(page, "#id_assets")
    page.keyboard.type("orders*")
    tab_to(page, "[name=change_scope][value=any]")
    for _ in range(3):
        page.keyboard.press("ArrowDown")
    tab_to(page, "[name=change_types][value=column_removed]")
    page.keyboard.press("Space")
    tab_to(page, "summary:has-text('Wait before sending')")
    page.keyboard.press("Enter")
    tab_to(page, "#id_min_events")
    page.keyboard.type("3")
    tab_to(page, "[name=destinations]")
    page.keyboard.press("Space")
    tab_to(page, "button:has-text('Create Rule')")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Orders was created.")).to_be_visible()
    rule = Rule.objects.get()
    assert (rule.event_types, rule.assets) == (["schema_change"], ["orders*"])
    assert (rule.change_scope, rule.change_types) == ("chosen", ["column_removed"])
    assert (rule.min_events, rule.destinations.count()) == (3, 1)


def test_change_types_are_offered_to_those_who_choose_some(page: Page) -> None:
    box = page.get_by_label("Column removed (breaking)")
    expect(box).to_be_hidden()
    page.get_by_label("Chosen change types").check()
    expect(box).to_be_visible()


def test_a_refused_save_begins_with_what_is_wrong_and_loses_nothing(page: Page) -> None:
    page.get_by_label("Name", exact=True).fill("Orders")
    page.get_by_text("Exclude some").click()
    page.get_by_label("Not these assets").fill("orders[")
    page.get_by_text("Cooldown and daily limit").click()
    page.get_by_label("Cooldown", exact=True).fill("40")
    page.get_by_label("Cooldown: unit").select_option("days")
    page.get_by_role("button", name="Create Rule").click()
    errors = page.get_by_role("region", name="Errors")
    expect(errors).to_be_focused()
    expect(page).to_have_title(re.compile("^Error: "))
    expect(page.locator("#field-exclude_assets .field__error")).to_be_visible()
    expect(page.locator("#field-cooldown_minutes .field__error")).to_contain_text("30 days")
    expect(page.get_by_label("Name", exact=True)).to_have_value("Orders")
    expect(page.get_by_label("Not these assets")).to_have_value("orders[")
    expect(page.get_by_label("Cooldown: unit")).to_have_value("days")
    errors.get_by_role("link", name="Cooldown").click()
    expect(page.get_by_label("Cooldown", exact=True)).to_be_focused()
    assert not Rule.objects.exists()


def test_the_button_previews_and_saves_nothing(page: Page) -> None:
    an_alert()
    page.get_by_label("Critical", exact=True).check()
    page.get_by_role("button", name="Preview").click()
    expect(page.get_by_text(re.compile("would have matched 1 alert"))).to_be_visible()
    expect(page.get_by_label("Critical", exact=True)).to_be_checked()
    expect(page.get_by_role("region", name="Errors")).to_be_hidden()
    assert not Rule.objects.exists()


def test_the_preview_follows_what_is_typed(
    browser: Browser, live_server: LiveServer, destination: Destination
) -> None:
    an_alert()
    page = open_page(browser, live_server)
    page.goto(NEW)
    expect(page.get_by_text(re.compile("would have matched 1 alert"))).to_be_visible()
    page.get_by_label("Assets", exact=True).press_sequentially("customers*")
    expect(page.get_by_text(re.compile("would have matched 1 alert"))).to_be_hidden()
    expect(page.get_by_label("Assets", exact=True)).to_be_focused()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1280, "light")])
def test_form_list_and_breaking_changes_are_accessible(
    browser: Browser,
    live_server: LiveServer,
    destination: Destination,
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    a_rule(destination, name="Orders", description="What finance reads", min_events=3)
    an_alert()
    page = open_page(browser, live_server, width=width, scheme=scheme)
    faults = []
    for path in ("/alerts/rules/", "/alerts/rules/breaking/", NEW):
        page.goto(path)
        faults += faults_of(page, width)
    for summary in page.locator("form .disclosure > summary").all():
        summary.click()
    page.get_by_label("Chosen change types").check()
    page.get_by_label("Not these assets").fill("[")
    page.get_by_role("button", name="Create Rule").click()
    expect(page.get_by_role("region", name="Errors")).to_be_visible()
    faults += faults_of(page, width)
    assert faults == []
