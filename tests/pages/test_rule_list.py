"""The list of rules: what each asks for, where it sends, and what it did of late."""

import re
from typing import Any

import pytest

from alerts.models import Delivery, DeliveryState, Match, Rule, Schedule
from alerts.views import rules
from tests.alerts.factories import a_destination, a_rule, an_alert
from tests.pages.visitor import Visitor, ada, bob

pytestmark = pytest.mark.django_db
LIST = "/alerts/rules/"


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def test_a_rule_is_told_in_words(page: Visitor) -> None:
    a_rule(
        a_destination(),
        name="Orders",
        description="What finance reads",
        event_types=["schema_change"],
        min_severity="warning",
        change_scope="breaking",
        data_sources=["prod-1", "prod-2", "prod-3", "prod-4"],
        exclude_data_sources=["prod-test"],
        tags=["a", "b"],
        tag_mode="all",
        columns=["*_id"],
        late_minutes=90,
        over_percent=50,
        min_events=3,
        min_minutes=30,
        cooldown_minutes=120,
        daily_limit=20,
        is_grouped=True,
        schedule=Schedule.objects.create(name="office hours"),
    )
    page.open(LIST)
    assert page.sees("Orders", "What finance reads", "On-call")
    assert page.sees("Event type: Schema change", "Severity: at least Warning")
    assert page.sees("Change: breaking only", "Column: *_id", "Tag: a and b")
    assert page.sees("Data source: prod-1 or prod-2 or prod-3 or 1 more, not prod-test")
    assert page.sees("Late: at least 1 h 30 min and 50% beyond the threshold")
    assert page.sees("Waits for: 3 events in a row or 30 min")
    assert page.sees("Only in office hours · Cooldown 2 h · At most 20 a day · Bursts share")


def test_a_rule_without_conditions_takes_every_alert(page: Visitor) -> None:
    a_rule(a_destination())
    assert page.open(LIST).sees("Every alert", "All matching rules apply")


def test_figures_of_the_last_seven_days_stand_beside_each_rule(page: Visitor) -> None:
    rule = a_rule(a_destination(), name="Orders")
    for number in range(3):
        an_alert(dedup_key=f"{number}")
    Delivery.objects.update(state=DeliveryState.DELIVERED)
    for path in (LIST, rule.get_absolute_url()):
        figures = re.findall(r"<dt>(\w+)</dt><dd>([\d,+]+)</dd>", page.open(path).html)
        assert figures == [("Matched", "3"), ("Sent", "3"), ("Suppressed", "0"), ("Failed", "0")]


def test_a_button_turns_a_rule_off_and_on(page: Visitor) -> None:
    rule = a_rule(a_destination(), name="Orders")
    page.open(LIST)
    for word, is_active in (("off", False), ("on", True)):
        value = re.search(r'name="is_active" value="(\w+)">Turn (\w+)', page.html)
        assert value
        assert value.group(2) == word
        page.submit(f"{LIST}{rule.pk}/activations/", is_active=value.group(1))
        rule.refresh_from_db()
        assert rule.is_active is is_active
        assert page.sees(f"Orders is {word}")


def test_the_same_button_pressed_twice_changes_nothing(page: Visitor) -> None:
    rule = a_rule(a_destination())
    for _ in range(2):
        page.submit(f"{LIST}{rule.pk}/activations/", is_active="false")
    assert not Rule.objects.get().is_active


def test_what_a_rule_held_back_is_looked_at_again_when_it_is_switched_or_saved(
    page: Visitor,
) -> None:
    rule = a_rule(a_destination(), name="Orders")
    an_alert()
    later = Match.objects.get().evaluated_at.replace(year=2099)
    for path, typed in (
        (f"{LIST}{rule.pk}/activations/", {"is_active": "true"}),
        (rule.get_absolute_url(), {"destinations": str(rule.destinations.get().pk)}),
    ):
        Match.objects.update(look_again_at=later)
        page.submit(path, name="Orders", **typed)
        assert Match.objects.get().look_again_at != later, path


def test_turning_a_rule_off_needs_the_permission_and_a_post(page: Visitor) -> None:
    rule = a_rule(a_destination())
    path = f"{LIST}{rule.pk}/activations/"
    assert page.client.get(path).status_code == 405
    assert Visitor(bob()).client.post(path, {"is_active": "false"}).status_code == 403
    assert Rule.objects.get().is_active


def test_readers_see_no_buttons_but_all_the_facts() -> None:
    rule = a_rule(a_destination(), name="Orders", daily_limit=3, exclude_assets=["*_tmp"])
    reader = Visitor(bob()).open(LIST)
    assert "Turn off" not in reader.text
    assert "Duplicate" not in reader.text
    reader.open(rule.get_absolute_url())
    assert reader.sees("not *_tmp", "At most 3 a day", "Last 7 days", "Matched")


def test_rules_come_in_pages_by_name(page: Visitor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "PAGE_SIZE", 2)
    for name in ("b & b", "a", "e", "d", "c"):
        a_rule(name=name)
    seen = []
    page.open(LIST)
    while True:
        seen.append(
            re.findall(r'rules/[0-9a-f-]{36}/">([^<]+)</a></?th|">([^<]+)</a></th>', page.html)
        )
        following = re.search(r'rel="next" href="\?([^"]+)"', page.html)
        if not following:
            break
        page.open(f"{LIST}?{following.group(1)}")
    names = [name for found in seen for pair in found for name in pair if name]
    assert names == ["a", "b &amp; b", "c", "d", "e"]
    assert page.sees("First page")


def test_turning_a_rule_off_on_a_later_page_stays_there(page: Visitor) -> None:
    a_rule(name="a")
    rule = a_rule(name="b")
    path = f"{LIST}{rule.pk}/activations/"
    answer = page.client.post(path, {"is_active": "false", "after": "a & a"})
    assert answer["Location"] == f"{LIST}?after=a+%26+a"


def test_more_rules_take_no_more_queries(page: Visitor, django_assert_num_queries: Any) -> None:
    schedule = Schedule.objects.create(name="Office")
    destination = a_destination()
    counts = []
    for number in range(12):
        a_rule(destination, name=f"Rule {number}", schedule=schedule)
        if number in (0, 11):
            with django_assert_num_queries(7) as asked:
                page.open(LIST)
            counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("place", ["zzz", "%00", "%F0%9F%92%A5"])
def test_a_place_beyond_the_last_rule_leads_back(page: Visitor, place: str) -> None:
    a_rule(name="Orders")
    page.open(f"{LIST}?after={place}")
    assert page.status == 200
    assert page.sees("Orders") or page.sees("First page")
