"""A live preview is asked at every pause in typing, so one request must not do much."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from alerts import patterns, schedules
from alerts.models import Schedule
from tests.alerts.factories import a_destination, a_rule, alerts
from tests.pages.visitor import BACKEND

pytestmark = pytest.mark.django_db
PREVIEW = "/alerts/rules/preview/"
EXPLAIN = "/alerts/rules/explain/"


@pytest.fixture
def admin(db: None) -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("ada"), backend=BACKEND)
    return client


class Counted:
    """Calls what it stands for, and counts."""

    def __init__(self, real: Callable[..., Any]) -> None:
        self.real, self.calls = real, 0

    def __call__(self, *args: Any) -> Any:
        self.calls += 1
        return self.real(*args)


def test_patterns_that_exclude_are_made_ready_once_and_not_for_each_that_includes(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    translate = Counted(patterns.translate)
    monkeypatch.setattr(patterns, "translate", translate)
    lines = {"assets": "orders_{}*", "exclude_assets": "*tmp_{}*"}
    fields = {name: "\n".join(map(text.format, range(200))) for name, text in lines.items()}
    assert admin.post(PREVIEW, {"name": "x"} | fields).status_code == 200
    assert translate.calls < 5_000  # 40,000 pairs


def test_a_closed_schedule_is_asked_for_its_opening_once_and_not_for_each_alert(
    admin: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    alerts(12)
    never = [{"days": [1], "start": "08:00", "end": "08:01"}]
    schedule = Schedule.objects.create(name="Mondays", windows=never)
    opening = Counted(schedules.next_opening)
    monkeypatch.setattr(schedules, "next_opening", opening)
    answer = admin.post(PREVIEW, {"name": "x", "schedule": str(schedule.pk)})
    assert b"12 outside the operating hours" in answer.content
    assert opening.calls < 5


@pytest.mark.parametrize(("path", "name"), [(PREVIEW, "sample_event"), (EXPLAIN, "event")])
def test_of_thousands_of_mistakes_in_an_event_the_first_are_told(
    admin: Client, path: str, name: str
) -> None:
    wrong = {f"k{number}": [] for number in range(3_000)}
    event = {"event_type": "custom", "title": "t", "asset": "a", "details": wrong}
    html = admin.post(path, {name: json.dumps(event)}).content.decode()
    assert html.count("must be a string, a number") == 20
    assert "more of the kind." in html


def test_of_hundreds_of_rules_that_send_to_a_destination_a_few_are_named_there(
    admin: Client,
) -> None:
    oncall = a_destination()
    for number in range(9):
        a_rule(oncall, name=f"Rule {number}")
    event = {"event_type": "custom", "title": "t", "asset": "a"}
    html = admin.post(EXPLAIN, {"event": json.dumps(event)}).content.decode()
    assert "Sent there by Rule 0, Rule 1, Rule 2, Rule 3, Rule 4, Rule 5 and 3 more." in html
