"""Quiet times in a browser: narrow and wide, light and dark, by keyboard, without JavaScript."""

from datetime import timedelta
from typing import Literal

import pytest
from django.contrib.auth.models import User
from django.utils import timezone
from playwright.sync_api import Browser, expect
from pytest_django.live_server_helper import LiveServer

from alerts.lifecycle import end
from alerts.models import AlertState, Blackout, QuietWindow, Schedule
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.browser.conftest import faults_of, open_page, tab_to

pytestmark = pytest.mark.django_db(transaction=True)


def a_blackout(name: str, hours: int, lasts: int, **fields: object) -> Blackout:
    start = timezone.now() + timedelta(hours=hours)
    stop = start + timedelta(hours=lasts)
    return Blackout.objects.create(
        name=name,
        start_date=start.date(),
        start_time=start.time().replace(second=0, microsecond=0),
        end_date=stop.date(),
        end_time=stop.time().replace(second=0, microsecond=0),
        **fields,
    )


@pytest.fixture
def paths(ada: User) -> list[str]:
    """The paths of all pages of quiet times, with something on each."""
    office = Schedule.objects.create(
        name="Office hours",
        zone="Europe/Berlin",
        windows=[{"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"}],
    )
    Schedule.objects.create(
        name="Weekends and nights",
        windows=[
            {"days": [6, 7], "start": "00:00", "end": "00:00"},
            {"days": [1, 2, 3, 4], "start": "22:00", "end": "06:00"},
        ],
    )
    rule = a_rule(a_destination(), name="Schema changes of production")
    a_rule(name="Office only", schedule=office)
    deploy = a_blackout("Friday deploy", -1, 4, recurrence="weekly", assets=["*.orders"])
    a_blackout("Inventory", 60, 30)
    a_blackout("Winter break", 700, 200, recurrence="yearly", zone="Europe/Berlin")
    a_blackout("Migration of the warehouse", -60, 5)
    an_alert(title="Column removed from orders", dedup_key="1")
    end(an_alert(title="Column renamed in orders", dedup_key="2"), AlertState.RESOLVED)
    window = QuietWindow.objects.get(blackout=deploy)
    QuietWindow.objects.create(
        kind="schedule",
        name="Office hours",
        key="earlier",
        began_at=timezone.now() - timedelta(hours=12),
        ends_at=timezone.now() - timedelta(hours=3),
    ).suppressions.create(
        alert=an_alert(dedup_key="1"),
        rule=rule,
        rule_name=rule.name,
        kind="schedule",
        until=timezone.now() - timedelta(hours=3),
    )
    own, hours = deploy.get_absolute_url(), office.get_absolute_url()
    return [
        "/alerts/",
        "/alerts/quiet-times/",
        f"/alerts/quiet-times/{window.pk}/",
        "/alerts/blackouts/new/",
        own,
        f"{own}deletion/",
        "/alerts/schedules/new/",
        hours,
        f"{hours}deletion/",
    ]


@pytest.mark.parametrize(("width", "scheme"), [(360, "light"), (1280, "dark")])
def test_every_page_is_accessible(
    browser: Browser,
    live_server: LiveServer,
    paths: list[str],
    width: int,
    scheme: Literal["light", "dark"],
) -> None:
    page = open_page(browser, live_server, width=width, scheme=scheme)
    faults: list[str] = []
    for path in paths:
        page.goto(path)
        faults += faults_of(page, width)
    for path in ("/alerts/blackouts/new/", "/alerts/schedules/new/"):
        page.goto(path)
        page.get_by_label("Time zone").fill("Nowhere")
        page.locator("button[name=action]").click()
        expect(page.get_by_text("Not saved: see the marked fields.")).to_be_visible()
        faults += faults_of(page, width)
    assert faults == []


@pytest.mark.parametrize("has_javascript", [True, False])
def test_a_schedule_is_made_by_the_keyboard_alone(
    browser: Browser, live_server: LiveServer, ada: User, has_javascript: bool
) -> None:
    page = open_page(browser, live_server, has_javascript=has_javascript)
    page.goto("/alerts/schedules/new/")
    tab_to(page, "#id_name")
    page.keyboard.type("Office")
    tab_to(page, "#id_zone")
    page.keyboard.press("Control+A")
    page.keyboard.type("Europe/Berlin")
    tab_to(page, "[name=windows-1-days][value='6']")
    page.keyboard.press("Space")
    tab_to(page, "#id_windows-1-start")
    page.keyboard.type("1000AM")
    tab_to(page, "#id_windows-1-end")
    page.keyboard.type("0200PM")
    tab_to(page, "button[name=action]")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Office was created.")).to_be_visible()
    expect(page.get_by_text("Sat 10:00 to 14:00")).to_be_visible()
    assert Schedule.objects.get().windows == [
        {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"},
        {"days": [6], "start": "10:00", "end": "14:00"},
    ]


@pytest.mark.parametrize("has_javascript", [True, False])
def test_a_blackout_is_planned_and_ended(
    browser: Browser, live_server: LiveServer, ada: User, has_javascript: bool
) -> None:
    page = open_page(browser, live_server, has_javascript=has_javascript)
    page.get_by_role("link", name="Quiet times").click()
    page.get_by_role("link", name="Add Blackout").click()
    page.get_by_label("Name").fill("Friday deploy")
    page.get_by_label("Every week").check()
    today = timezone.now().date()
    page.get_by_label("First day").fill((today - timedelta(days=1)).isoformat())
    page.get_by_label("From").fill("22:00")
    page.get_by_label("Last day").fill((today + timedelta(days=2)).isoformat())
    page.get_by_label("To", exact=True).fill("02:00")
    page.get_by_role("button", name="Create Blackout").click()
    expect(page.get_by_text("Friday deploy was created.")).to_be_visible()
    page.get_by_role("link", name="Friday deploy").click()
    page.get_by_role("button", name="End It Now").click()
    expect(page.get_by_text("It comes again on")).to_be_visible()
