"""Whatever is posted to the forms of rules and quiet times, their pages answer it."""

from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from alerts.models import Rule
from destinations.models import Destination
from tests.pages.visitor import BACKEND

pytestmark = pytest.mark.django_db
HOSTILE = [
    "\0",
    "<script>alert(1)</script>",
    "-1",
    "1.5",
    "1e400",
    "sNaN",
    "9" * 5000,
    "[" * 400,
    "x" * 100_000,
    "Europe/../UTC",
    "2027-02-29",
    "25:00",
    "",
]
RULE = """name description is_active event_types severities min_severity data_sources schemas assets
    exclude_data_sources exclude_schemas exclude_assets asset_ids tags tag_mode change_scope
    change_types columns late_minutes late_minutes_unit over_percent min_events min_minutes
    min_minutes_unit destinations schedule cooldown_minutes cooldown_minutes_unit daily_limit
    is_grouped preview_days sample_event rule action"""
SCHEDULE = """name zone windows-INITIAL_FORMS windows-MAX_NUM_FORMS windows-0-days windows-0-start
    windows-0-end"""
BLACKOUT = """name is_active recurrence zone start_date start_time end_date end_time data_sources
    schemas assets tags"""
FORMS = {
    "/alerts/rules/new/": RULE,
    "/alerts/rules/preview/": RULE,
    "/alerts/rules/explain/": "event",
    "/alerts/rules/breaking/": "breaking action",
    "/alerts/schedules/new/": SCHEDULE,
    "/alerts/blackouts/new/": BLACKOUT,
}


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"), backend=BACKEND)
    return client


def post(admin: Client, path: str, fields: dict[str, Any]) -> None:
    answer = admin.post(path, {"windows-TOTAL_FORMS": "1"} | fields)
    assert answer.status_code in (200, 302), fields
    assert b"<script>alert(1)" not in answer.content


@pytest.mark.parametrize("path", sorted(FORMS))
def test_no_value_breaks_a_page(admin: Client, path: str) -> None:
    for value in HOSTILE:
        post(admin, path, dict.fromkeys(FORMS[path].split(), value))


def test_no_field_of_a_good_schedule_breaks_its_page(admin: Client) -> None:
    good = {"windows-0-days": "1", "windows-0-start": "08:00", "windows-0-end": "09:00"}
    for name in SCHEDULE.split():
        for value in HOSTILE:
            fields = {"name": f"x{value[:3]}", "zone": "UTC"} | good | {name: value}
            post(admin, "/alerts/schedules/new/", fields)


def test_a_tag_mode_that_is_left_blank_is_any(admin: Client) -> None:
    board = Destination.objects.create(kind="board", name="Readers")
    fields = {"name": "x", "tag_mode": "", "tags": "a", "destinations": str(board.pk)}
    post(admin, "/alerts/rules/new/", fields)
    assert Rule.objects.get().tag_mode == "any"
