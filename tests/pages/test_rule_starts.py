"""How a new rule begins: out of a template, as a copy, or empty."""

import pytest

from alerts.models import Rule
from alerts.rule_templates import TEMPLATES
from tests.alerts.factories import a_destination, a_rule
from tests.pages.visitor import Visitor, ada

pytestmark = pytest.mark.django_db
NEW = "/alerts/rules/new/"


@pytest.fixture
def page() -> Visitor:
    return Visitor(ada())


def test_the_page_offers_templates_and_each_fills_the_form_in(page: Visitor) -> None:
    a_destination()
    page.open(NEW)
    for template in TEMPLATES:
        assert page.open(NEW).sees(template.title)
        assert f"?template={template.slug}" in page.html
        assert page.open(f"{NEW}?template={template.slug}").fields()["name"] == template.title


def test_a_template_can_be_saved_as_it_is(page: Visitor) -> None:
    destination = a_destination()
    page.open(f"{NEW}?template=breaking-change")
    page.submit(NEW)
    rule = Rule.objects.get()
    assert (rule.change_scope, rule.event_types) == ("breaking", ["schema_change"])
    assert rule.destinations.get() == destination


def test_a_copy_begins_with_all_of_its_original(page: Visitor) -> None:
    first, second = a_destination("First"), a_destination("Second")
    rule = a_rule(first, second, name="Orders", assets=["orders*"], late_minutes=120)
    page.open(f"{NEW}?copy={rule.pk}")
    fields = page.fields()
    assert (fields["name"], fields["assets"]) == ("Copy of Orders", "orders*")
    assert (fields["late_minutes"], fields["late_minutes_unit"]) == ("2", "hours")
    assert (
        page.html.count('checked id="id_destinations')
        + page.html.count('id="id_destinations_0" checked')
        + page.html.count('id="id_destinations_1" checked')
        >= 2
    )
    page.submit(NEW, destinations=[str(first.pk), str(second.pk)])
    copied = Rule.objects.get(name="Copy of Orders")
    assert copied.pk != rule.pk
    assert set(copied.destinations.all()) == {first, second}


UNKNOWN = "9f7adb62-050b-4d87-bad9-e1befb89a9e8"


@pytest.mark.parametrize("query", ["template=no-such", f"copy={UNKNOWN}", "copy=nonsense"])
def test_what_there_is_not_is_not_found(page: Visitor, query: str) -> None:
    assert page.open(f"{NEW}?{query}").status == 404


def test_a_copy_can_be_saved_when_its_original_is_gone(page: Visitor) -> None:
    rule = a_rule(a_destination(), name="Orders")
    path = f"{NEW}?copy={rule.pk}"
    page.open(path)
    rule.delete()
    page.submit(path)
    assert Rule.objects.get().name == "Copy of Orders"
