"""Quiet times on one page: what is on, what is planned, and what was suppressed of late."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from alerts import fates_of_held, quiet_changes
from alerts.lifecycle import end
from alerts.models import (
    AlertState,
    Blackout,
    Match,
    QuietWindow,
    Rule,
    Schedule,
    Suppression,
    Verdict,
)
from alerts.sweep import sweep
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.pages.cast import delivered
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
PAGE = "/alerts/quiet-times/"
START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)  # a Tuesday


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(START, tick=False) as traveller:
        yield traveller


@pytest.fixture
def destination() -> Destination:
    return a_destination()


@pytest.fixture
def page() -> Visitor:
    return Visitor(bob())


def a_blackout(name: str = "Deploy", *, hours: int = -1, lasts: int = 3, **fields: Any) -> Blackout:
    """One that begins so many hours from now."""
    start = (START + timedelta(hours=hours)).replace(tzinfo=None)
    stop = start + timedelta(hours=lasts)
    return Blackout.objects.create(
        name=name,
        start_date=start.date(),
        start_time=start.time(),
        end_date=stop.date(),
        end_time=stop.time(),
        **fields,
    )


def part(page: Visitor, name: str) -> str:
    """The text of one section."""
    return page.text.split(f'aria-labelledby="{name}"')[1].split("</section>")[0]


def in_order(text: str, *words: str) -> bool:
    places = [text.find(word) for word in words]
    return -1 not in places and places == sorted(places)


def test_an_empty_page_says_what_it_is_for(page: Visitor) -> None:
    page.open(PAGE)
    assert page.sees(
        "No blackout is on or planned.",
        "No schedule yet: every rule may open incidents at any hour.",
        "Nothing was held back.",
    )
    assert page.sees("Changing quiet times needs the permission")
    assert "Add Blackout" not in page.html


def test_who_may_change_them_finds_the_buttons() -> None:
    page = Visitor(ada()).open(PAGE)
    assert 'href="/alerts/blackouts/new/">Add Blackout' in page.html
    assert 'href="/alerts/schedules/new/">Add Schedule' in page.html


def test_the_tab_leads_here(page: Visitor) -> None:
    page.open("/alerts/")
    assert 'href="/alerts/quiet-times/">Quiet times</a>' in page.html
    page.open(PAGE)
    assert page.html.count("aria-current=") == 2  # and the bar beside it
    assert '"/alerts/quiet-times/" aria-current="page"' in page.html


def test_blackouts_stand_by_what_is_on_what_comes_next_and_what_is_over(page: Visitor) -> None:
    a_blackout("Over", hours=-9)
    a_blackout("Far", hours=72)
    a_blackout("Near", hours=5, recurrence="weekly")
    a_blackout("Off", is_active=False)
    a_blackout("On", hours=-1)
    text = part(page.open(PAGE), "blackouts")
    assert in_order(text, ">On</a>", ">Near</a>", ">Far</a>", "Over or off: 2", ">Off</a>")
    assert ">Over</a>" in text
    assert "until Tue 24 Nov 2026 10:30" in text
    assert "next Tue 24 Nov 2026 13:30" in text
    assert "Every Tue 13:30 to 16:30" in text
    assert "3 h · UTC" in text


def test_what_a_blackout_holds_back_is_in_words(page: Visitor) -> None:
    a_blackout("All")
    a_blackout("Some", hours=1, assets=["orders*"], tags=["finance"])
    text = part(page.open(PAGE), "blackouts")
    assert "Everything" in text
    assert "Asset orders*, tag finance" in text


def test_schedules_stand_with_their_hours_their_rules_and_what_comes(
    page: Visitor, destination: Destination
) -> None:
    office = Schedule.objects.create(
        name="Office",
        zone="Europe/Berlin",
        windows=[
            {"days": [1, 2, 3, 4, 5], "start": "08:00", "end": "18:00"},
            {"days": [6, 7], "start": "00:00", "end": "00:00"},
        ],
    )
    Schedule.objects.create(
        name="Nights", windows=[{"days": [1, 2, 4], "start": "22:00", "end": "06:00"}]
    )
    Schedule.objects.create(name="Never")
    a_rule(destination, name="Orders", schedule=office)
    text = part(page.open(PAGE), "schedules")
    assert "Mon to Fri 08:00 to 18:00" in text
    assert "Sat, Sun all day" in text
    assert ">Orders</a>" in text
    assert "until Tue 24 Nov 2026 18:00" in text
    assert "Mon, Tue, Thu 22:00 to 06:00 the next day" in text
    assert "opens Tue 24 Nov 2026 22:00" in text
    assert "never opens" in text
    assert text.count("None: it has no effect") == 2


def test_what_was_suppressed_is_listed_the_newest_first(
    page: Visitor, destination: Destination, clock: time_machine.Traveller
) -> None:
    a_rule(destination)
    a_blackout("First", hours=-1, lasts=2)
    an_alert(dedup_key="1")
    clock.shift(timedelta(hours=2))
    a_blackout("Second", hours=1, lasts=3)
    over, _ = an_alert(dedup_key="2"), an_alert(dedup_key="3")
    end(over, AlertState.RESOLVED)
    text = part(page.open(PAGE), "held")
    assert in_order(text, ">Second<", "2 alerts", ">1</td>", ">First<", "1 alert")
    assert text.count(">On</span>") == 1
    now = timezone.now()
    QuietWindow.objects.filter(name="First").update(ends_at=now - timedelta(days=30))
    QuietWindow.objects.filter(name="Second").update(ends_at=now - timedelta(days=29))
    text = part(page.open(PAGE), "held")
    assert ">Second<" in text
    assert ">First<" not in text


def test_the_page_costs_the_same_whatever_stands_on_it(
    page: Visitor, destination: Destination
) -> None:
    def stand(number: int) -> None:
        hours = Schedule.objects.create(name=f"S{number}")
        a_rule(destination, name=f"Quiet {number}", schedule=hours)
        a_blackout(f"B{number}", hours=-1, lasts=2 + number)
        an_alert(dedup_key=str(number))

    a_rule(destination)
    stand(0)
    with CaptureQueriesContext(connection) as few:
        page.open(PAGE)
    for number in range(1, 5):
        stand(number)
    assert QuietWindow.objects.count() > 4
    with CaptureQueriesContext(connection) as many:
        page.open(PAGE)
    assert len(many) == len(few)


def window_page(page: Visitor) -> Visitor:
    return page.open(f"{PAGE}{QuietWindow.objects.get().pk}/")


def test_a_window_lists_its_alerts_and_what_became_of_each(
    page: Visitor, destination: Destination, clock: time_machine.Traveller
) -> None:
    rule = a_rule(destination)
    a_blackout(lasts=2)
    sent, over, held, unwanted = (
        an_alert(title=title, dedup_key=title) for title in ("Sent", "Ended", "Kept", "Dropped")
    )
    end(over, AlertState.DISMISSED)
    window_page(page)
    assert page.text.count("Still held back") == 3
    assert page.sees("4 alerts, 3 still open", "In the blackout Deploy until 2026-11-24 09:30 UTC.")
    clock.shift(timedelta(hours=1, minutes=1))
    Match.objects.filter(alert=held).update(look_again_at=START + timedelta(hours=9))
    Match.objects.filter(alert=unwanted).update(
        verdict=Verdict.NOT_MATCHED, reason="Severity is not it.", look_again_at=None
    )
    sweep()
    delivered(sent.deliveries.get(), "INC-42")
    window_page(page)
    assert page.sees("Ended", "INC-42", rule.name)
    assert page.text.count("Sent since") == 1
    assert page.text.count("Ended meanwhile") == 1
    assert page.text.count("Still held back") == 1
    assert page.text.count("Not wanted any more") == 1
    assert page.sees("Severity is not it.", "Never sent because of it: dismissed")


def test_rules_that_are_gone_keep_their_names(page: Visitor, destination: Destination) -> None:
    a_blackout()
    for name in ("One", "Two"):
        a_rule(destination, name=name)
    an_alert()
    Rule.objects.get(name="Two").delete()
    window_page(page)
    assert page.sees("One", "Two (deleted)", "The rule is gone.")
    assert page.html.count("table__title") == 1  # one alert, whatever the number of rules


def test_a_window_outlives_its_blackout(page: Visitor, destination: Destination) -> None:
    a_rule(destination)
    blackout = a_blackout()
    an_alert()
    quiet_changes.delete(blackout)
    assert window_page(page).sees("Deploy", "Blackout (deleted)", "Ended")


def test_older_leads_to_every_alert_once(
    page: Visitor, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fates_of_held, "PAGE_SIZE", 3)
    a_rule(destination)
    a_blackout()
    titles = [f"Problem {number}" for number in range(7)]
    for title in titles:
        an_alert(title=title, dedup_key=title)
    Suppression.objects.update(created_at=timezone.now())  # all at one moment
    seen: list[str] = []
    window_page(page)
    for count in (3, 3, 1):
        found = [title for title in titles if f">{title}</a>" in page.html]
        assert len(found) == count
        seen += found
        older = page.html.partition('rel="next" href="')[2].partition('"')[0]
        page.open(page.path + older) if older else None
    assert sorted(seen) == titles
    assert not older


def test_a_window_costs_the_same_whatever_it_held(page: Visitor, destination: Destination) -> None:
    a_rule(destination)
    a_rule(destination, name="Another")
    a_blackout()
    an_alert(dedup_key="0")
    with CaptureQueriesContext(connection) as few:
        window_page(page)
    for number in range(1, 6):
        an_alert(dedup_key=str(number))
    with CaptureQueriesContext(connection) as many:
        window_page(page)
    assert len(many) == len(few)


@pytest.mark.parametrize("before", ["x", "-1", "9" * 30, "²", "999999"])
def test_a_place_that_somebody_has_made_up_is_the_first_page(
    page: Visitor, destination: Destination, before: str
) -> None:
    a_rule(destination)
    a_blackout()
    alert = an_alert()
    window = QuietWindow.objects.get()
    assert page.open(f"{PAGE}{window.pk}/?before={before}").sees(alert.title)


@pytest.mark.parametrize("pk", ["7", "9" * 30])
def test_a_window_that_is_not_there_is_not_found(page: Visitor, pk: str) -> None:
    assert page.open(f"{PAGE}{pk}/").status == 404


def test_the_list_of_alerts_tells_what_a_quiet_time_held_back(
    page: Visitor, destination: Destination, clock: time_machine.Traveller
) -> None:
    a_rule(destination)
    a_blackout("Friday deploy", lasts=2)
    alerts = [an_alert(dedup_key=str(number)) for number in range(3)]
    end(alerts[0], AlertState.RESOLVED)
    assert not page.open("/alerts/").sees("Friday deploy ended")
    clock.shift(timedelta(hours=2))
    page.open("/alerts/")
    assert page.sees(
        "Blackout Friday deploy ended 09:30 UTC: 3 alerts were suppressed, 2 are still open."
    )
    assert f'href="{PAGE}{QuietWindow.objects.get().pk}/"' in page.html
    assert not page.open("/alerts/?severity=critical").sees("Friday deploy ended")
    clock.shift(timedelta(hours=24))
    assert not page.open("/alerts/").sees("Friday deploy ended")


def test_of_several_the_newest_is_told(
    page: Visitor, destination: Destination, clock: time_machine.Traveller
) -> None:
    a_rule(destination)
    a_blackout("Early", lasts=2)
    an_alert(dedup_key="1")
    clock.shift(timedelta(hours=2))
    a_blackout("Late", hours=1, lasts=2)
    end(an_alert(dedup_key="2"), AlertState.RESOLVED)
    clock.shift(timedelta(hours=2))
    page.open("/alerts/")
    assert page.sees("Blackout Late ended 11:30 UTC: 1 alert was suppressed, none is still open.")
    assert not page.sees("Early ended")


def test_alerts_that_nothing_held_back_make_no_news(page: Visitor) -> None:
    an_alert()
    QuietWindow.objects.create(
        kind="blackout", name="Empty", key="k", began_at=START, ends_at=START - timedelta(hours=1)
    )
    page.open("/alerts/")
    assert page.sees("1 alert, newest first.")
    assert not page.sees("Empty")
