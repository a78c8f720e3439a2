"""A blackout that is on is on the page and can be ended, however many there are."""

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

from alerts import quiet_changes
from alerts.models import Blackout
from alerts.views.quiet import LIMIT
from tests.pages.visitor import BACKEND

pytestmark = pytest.mark.django_db
NOON = time(12)


def a_blackout(name: str, first: date, last: date, **fields: object) -> Blackout:
    times = {"start_time": NOON, "end_time": NOON} | fields
    return Blackout.objects.create(name=name, start_date=first, end_date=last, **times)


def test_one_that_is_on_is_listed_before_hundreds_that_are_planned() -> None:
    today, client = timezone.now().date(), Client()
    client.force_login(User.objects.create_user("bob"), backend=BACKEND)
    day = timedelta(days=1)
    for number in range(LIMIT):
        a_blackout(f"Far {number}", today + 400 * day, today + 401 * day)
        a_blackout(f"Yearly {number}", date(2024, 1, 1), date(2024, 1, 2), recurrence="yearly")
        a_blackout(f"Over {number}", today - 9 * day, today - 8 * day)
    a_blackout("Migration", today - day, today + day)
    board = client.get("/alerts/quiet-times/").context["board"]
    assert "Migration" in [each.blackout.name for each in board.on]


def test_a_yearly_one_over_the_end_of_february_that_is_ended_keeps_its_dates() -> None:
    yearly = a_blackout("Close", date(2027, 2, 20), date(2027, 3, 5), recurrence="yearly")
    quiet_changes.end_now(yearly, datetime(2027, 2, 25, tzinfo=UTC))
    assert (yearly.start_date, yearly.end_date) == (date(2028, 2, 20), date(2028, 3, 5))


def test_one_whose_next_start_is_skipped_by_the_clocks_keeps_its_day_of_the_week() -> None:
    late = {"recurrence": "weekly", "zone": "America/Nuuk", "start_time": time(23, 30)}
    weekly = a_blackout("Load", date(2027, 3, 20), date(2027, 3, 21), **late)
    # On 27 March 2027 the clocks there go from 23:00 to midnight.
    quiet_changes.end_now(weekly, datetime(2027, 3, 21, 9, tzinfo=UTC))
    assert (weekly.start_date, weekly.end_date) == (date(2027, 3, 27), date(2027, 3, 28))
