"""Rules: made, changed and deleted on pages."""

import re
from typing import Any

import pytest

from alerts.models import Rule
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule
from tests.pages.visitor import Visitor, ada

pytestmark = pytest.mark.django_db
NEW = "/alerts/rules/new/"


@pytest.fixture
def destination() -> Destination:
    return a_destination()


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def _create(page: Visitor, **fields: Any) -> Visitor:
    return page._arrive(page.client.post(NEW, {"name": "Orders"} | fields, follow=True))


def test_a_name_an_event_type_and_a_destination_are_enough(
    page: Visitor, destination: Destination
) -> None:
    _create(page, event_types="schema_change", destinations=str(destination.pk))
    assert page.path == "/alerts/rules/"
    assert page.sees("Orders was created.", "Event type: Schema change", "On-call")
    rule = Rule.objects.get()
    assert (rule.is_active, rule.event_types) == (True, ["schema_change"])
    assert list(rule.destinations.all()) == [destination]


def test_the_page_offers_event_types_and_change_types_in_groups(
    page: Visitor, destination: Destination
) -> None:
    page.open(NEW)
    assert page.sees("Freshness violation", "Foreign Key", "Column removed (breaking)", "On-call")


def test_every_condition_is_kept(page: Visitor, destination: Destination) -> None:
    conditions: dict[str, Any] = {
        "event_types": ["schema_change", "new_asset"],
        "severities": ["critical"],
        "change_types": ["column_removed", "table_removed"],
        "data_sources": "prod-*",
        "schemas": "public",
        "assets": "orders*\r\n\r\n  customers \r\norders*",
        "tags": "finance",
    }
    _create(page, destinations=str(destination.pk), **conditions)
    rule = Rule.objects.get()
    assert rule.event_types == ["schema_change", "new_asset"]
    assert rule.change_types == ["column_removed", "table_removed"]
    assert rule.assets == ["orders*", "customers"]
    assert (rule.data_sources, rule.schemas, rule.tags) == (["prod-*"], ["public"], ["finance"])

    page.open(rule.get_absolute_url())
    assert "orders*\ncustomers" in page.html
    assert len(re.findall(r'type="checkbox"[^>]* checked', page.html)) == 7


def test_a_rule_without_a_destination_is_refused_beside_the_field(page: Visitor) -> None:
    _create(page, event_types="schema_change")
    assert page.sees("Choose at least one destination.")
    assert not Rule.objects.exists()


def test_a_deleted_destination_cannot_be_chosen(page: Visitor, destination: Destination) -> None:
    destination.delete_softly()
    assert not page.open(NEW).sees("On-call")
    _create(page, event_types="schema_change", destinations=str(destination.pk))
    assert not Rule.objects.exists()


def test_a_name_that_is_taken_is_refused(page: Visitor, destination: Destination) -> None:
    a_rule(destination, name="Orders")
    _create(page, destinations=str(destination.pk))
    assert page.sees("There is already a rule with this name.")


@pytest.mark.parametrize(
    ("lines", "sentence"),
    [
        (["fine", "x" * 501], "Line 2 has more than 500 characters."),
        ([f"table_{n}" for n in range(201)], "At most 200 lines: line 201 is one too many."),
    ],
)
def test_too_many_or_too_long_patterns_are_refused_by_line(
    page: Visitor, destination: Destination, lines: list[str], sentence: str
) -> None:
    _create(page, destinations=str(destination.pk), assets="\n".join(lines))
    assert page.sees(sentence)
    assert not Rule.objects.exists()


def test_what_was_typed_stays_after_an_error(page: Visitor) -> None:
    _create(page, assets="orders*", tags="finance")
    assert page.sees("orders*", "finance")
    assert page.fields()["name"] == "Orders"


def test_a_rule_is_switched_off_and_on(page: Visitor, destination: Destination) -> None:
    rule = a_rule(destination, name="Orders")
    fields = {"name": "Orders", "destinations": str(destination.pk)}
    for sent, is_active in ((["false"], False), (["false", "on"], True)):
        page.client.post(rule.get_absolute_url(), fields | {"is_active": sent})
        rule.refresh_from_db()
        assert rule.is_active is is_active


def test_a_new_rule_can_be_made_switched_off(page: Visitor, destination: Destination) -> None:
    _create(page, destinations=str(destination.pk), is_active="false")
    assert not Rule.objects.get().is_active
    assert page.sees(">Off<")


def test_a_rule_is_deleted_after_a_page_that_asks(page: Visitor, destination: Destination) -> None:
    rule = a_rule(destination, name="Orders")
    page.open(f"/alerts/rules/{rule.pk}/deletion/")
    assert page.sees("Delete Orders?")
    page.submit()
    assert page.sees("Orders was deleted.", "No rules yet")
    assert not Rule.objects.exists()


def test_a_rule_whose_destinations_are_all_gone_says_so(
    page: Visitor, destination: Destination
) -> None:
    a_rule(destination, name="Orders")
    destination.delete_softly()
    assert page.open("/alerts/rules/").sees("Orders", "None: it sends nothing")
