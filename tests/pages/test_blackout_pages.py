"""Blackouts: planned, changed, ended and deleted on pages."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine

from alerts.models import Blackout, Match
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
NEW = "/alerts/blackouts/new/"
START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)  # a Tuesday
FRIDAY: dict[str, Any] = {
    "name": "Friday deploy",
    "recurrence": "once",
    "zone": "Europe/Berlin",
    "start_date": "2026-11-27",
    "start_time": "22:00",
    "end_date": "2026-11-28",
    "end_time": "02:00",
}


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def create(page: Visitor, **fields: Any) -> Visitor:
    return page._arrive(page.client.post(NEW, FRIDAY | fields, follow=True))


def a_blackout(**fields: Any) -> Blackout:
    """One that is on: from 8:00 to 12:00."""
    given = {
        "name": "Deploy",
        "start_date": "2026-11-24",
        "start_time": "08:00",
        "end_date": "2026-11-24",
        "end_time": "12:00",
    }
    blackout = Blackout.objects.create(**given | fields)
    blackout.refresh_from_db()
    return blackout


def test_a_blackout_is_planned(page: Visitor) -> None:
    page.open(NEW)
    assert page.sees("Everything, of all rules, unless it is narrowed here.")
    create(page)
    assert page.path == "/alerts/quiet-times/"
    assert page.sees(
        "Friday deploy was created.",
        "27 Nov 2026 22:00 to 28 Nov 2026 02:00",
        "4 h · Europe/Berlin",
        "next Fri 27 Nov 2026 22:00",
        "Everything",
    )
    assert Blackout.objects.get().is_active


def test_every_field_is_kept(page: Visitor) -> None:
    create(
        page,
        is_active="false",
        recurrence="yearly",
        data_sources="prod-*",
        schemas="public",
        assets="orders*\r\n customers",
        tags="finance",
    )
    blackout = Blackout.objects.get()
    assert (blackout.recurrence, blackout.is_active) == ("yearly", False)
    assert (blackout.data_sources, blackout.schemas) == (["prod-*"], ["public"])
    assert (blackout.assets, blackout.tags) == (["orders*", "customers"], ["finance"])
    page.open(blackout.get_absolute_url())
    fields = page.fields()
    assert {name: fields[name] for name in FRIDAY} == FRIDAY | {"recurrence": "yearly"}
    assert "orders*\ncustomers" in page.html


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"name": ""}, "name", "Enter a name."),
        ({"zone": "Europe/Atlantis"}, "zone", "There is no zone Europe/Atlantis."),
        ({"zone": ""}, "zone", "Choose a time zone."),
        ({"recurrence": "daily"}, "recurrence", "Select a valid choice."),
        ({"start_date": "27.11.2026"}, "start_date", "Enter a date such as 2026-11-27."),
        ({"start_date": ""}, "start_date", "Enter a date."),
        ({"end_time": "2 am"}, "end_time", "Enter a time such as 08:00."),
        ({"end_time": ""}, "end_time", "Enter a time."),
        ({"end_date": "2026-11-26"}, "end_date", "It ends before it begins."),
        ({"end_date": "2026-11-27"}, "end_time", "It ends before it begins."),
        (
            {"end_date": "2026-11-27", "end_time": "22:00"},
            "end_time",
            "It ends before it begins.",
        ),
        ({"end_date": "9999-12-31"}, "end_date", "Enter a year from 2000 to 2199."),
        ({"start_date": "0001-01-01"}, "start_date", "Enter a year from 2000 to 2199."),
        (
            {"recurrence": "weekly", "end_date": "2026-12-04", "end_time": "22:00"},
            "end_date",
            "shorter than 7 days",
        ),
        ({"recurrence": "yearly", "end_date": "2027-11-28"}, "end_date", "shorter than 365 days"),
        (
            {"start_date": "2026-11-23", "end_date": "2026-11-24"},
            "end_date",
            "It is over already.",
        ),
        (
            {"start_date": "2026-11-23", "end_date": "2026-11-24", "end_time": "09:30"},
            "end_date",
            "It is over already.",  # at this moment
        ),
        (
            {"start_date": "2027-03-28", "start_time": "02:15"}
            | {"end_date": "2027-03-28", "end_time": "02:45"},
            "end_time",
            "The clocks of Europe/Berlin skip this time.",
        ),
        ({"assets": "orders["}, "assets", "Line 1 has a [ without its ]."),
    ],
)
def test_what_is_wrong_is_told_beside_its_field(
    page: Visitor, fields: dict[str, str], field: str, sentence: str
) -> None:
    create(page, **fields)
    assert sentence in page.error_beside(field)
    assert page.sees("Not saved: see the marked fields.")
    assert not Blackout.objects.exists()
    if fields.get("recurrence") != "daily":
        assert page.fields().items() >= (FRIDAY | fields).items()  # nothing typed is lost


@pytest.mark.parametrize(
    "fields",
    [
        {"start_date": "2026-11-23", "end_date": "2026-11-24", "end_time": "09:31"},  # 08:31 UTC
        {"recurrence": "weekly", "start_date": "2026-01-02", "end_date": "2026-01-03"},
        {"recurrence": "yearly", "start_date": "2024-02-29", "end_date": "2024-03-02"},
        {"recurrence": "weekly", "end_date": "2026-12-04", "end_time": "21:59"},
    ],
)
def test_what_is_still_to_come_is_taken(page: Visitor, fields: dict[str, str]) -> None:
    create(page, **fields)
    assert page.sees("Friday deploy was created.")


def test_one_that_is_over_may_still_be_renamed(page: Visitor) -> None:
    blackout = a_blackout(start_date="2026-11-20", end_date="2026-11-20")
    page.open(blackout.get_absolute_url()).submit(name="Old deploy")
    assert page.sees("Old deploy was saved.")


def test_a_change_has_what_was_held_back_looked_at_again(page: Visitor) -> None:
    a_rule(a_destination())
    blackout = a_blackout()
    an_alert()
    assert Match.objects.get().look_again_at == START.replace(hour=12, minute=0)
    page.open(blackout.get_absolute_url())
    assert page.sees("until Tue 24 Nov 2026 12:00")
    page.submit(assets="nothing_like_it")
    assert Match.objects.get().look_again_at == START


def test_one_that_is_on_is_ended(page: Visitor, clock: time_machine.Traveller) -> None:
    a_rule(a_destination())
    blackout = a_blackout()
    an_alert()
    assert page.open(blackout.get_absolute_url()).sees("End It Now")
    page._arrive(page.client.post(f"{blackout.get_absolute_url()}endings/", follow=True))
    assert page.sees("Deploy has ended.", "Over or off: 1")
    assert Match.objects.get().look_again_at == START
    assert "End It Now" not in page.open(blackout.get_absolute_url()).html
    page._arrive(page.client.post(f"{blackout.get_absolute_url()}endings/", follow=True))
    assert page.sees("Deploy is not on: there was nothing to end.")


def test_one_that_recurs_comes_again(page: Visitor) -> None:
    blackout = a_blackout(recurrence="weekly")
    page._arrive(page.client.post(f"{blackout.get_absolute_url()}endings/", follow=True))
    assert page.sees("It comes again on Tue 1 Dec 2026 08:00, UTC.", "Every Tue 08:00 to 12:00")
    blackout.refresh_from_db()
    assert blackout.start_date == blackout.end_date == START.date() + timedelta(days=7)


def test_a_blackout_is_deleted(page: Visitor) -> None:
    a_rule(a_destination())
    blackout = a_blackout()
    an_alert()
    page.open(f"{blackout.get_absolute_url()}deletion/")
    assert page.sees("It is on.", "are sent when it is gone")
    page.submit()
    assert page.sees("Deploy was deleted.")
    assert not Blackout.objects.exists()
    assert Match.objects.get().look_again_at == START


def test_readers_may_look_and_not_decide() -> None:
    reader, blackout = Visitor(bob()), a_blackout(assets=["orders*"])
    own = blackout.get_absolute_url()
    reader.open(own)
    assert reader.sees("24 Nov 2026 08:00 to 12:00", "Asset orders*", "Ask an administrator.")
    assert ">Save<" not in reader.html
    assert "End It Now" not in reader.html
    for path in (NEW, f"{own}deletion/"):
        assert reader.client.get(path).status_code == 403
    for path in (NEW, own, f"{own}deletion/", f"{own}endings/"):
        assert reader.client.post(path, FRIDAY).status_code == 403
    blackout.refresh_from_db()
    assert (blackout.name, blackout.end_time.hour) == ("Deploy", 12)


def test_a_look_never_changes_anything(page: Visitor) -> None:
    own = a_blackout().get_absolute_url()
    assert page.client.get(f"{own}endings/").status_code == 405
    page.open(own).open(f"{own}deletion/")
    assert Blackout.objects.get().end_time.hour == 12
