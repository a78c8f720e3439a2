"""Saving a rule: errors beside their fields, nothing typed is lost, a preview saves nothing, advice
comes after."""

import pytest
from django.db import IntegrityError

from alerts import rule_changes
from alerts.models import Rule
from alerts.rule_form import RuleForm
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
    return Visitor(ada()).open(NEW)


def test_every_error_stands_beside_its_field_and_nothing_is_lost(page: Visitor) -> None:
    typed = {
        "name": "Orders",
        "event_types": "schema_change",
        "assets": "orders[",
        "late_minutes": "2.5",
        "late_minutes_unit": "days",
        "daily_limit": "0",
        "description": "What finance reads",
    }
    page.press("save", **typed)
    assert not Rule.objects.exists()
    assert page.sees("Not saved: see the marked fields.")
    assert "has a [ without its ]" in page.error_beside("assets")
    assert "Only freshness violations" in page.error_beside("late_minutes")
    assert "Enter 1 or more" in page.error_beside("daily_limit")
    assert "Choose at least one destination." in page.error_beside("destinations")
    fields = page.fields()
    assert {name: fields[name] for name in typed} == typed


def test_the_summary_leads_to_each_field(page: Visitor) -> None:
    page.press("save", assets="[", name="Orders")
    assert '<a href="#id_assets">Assets</a>' in page.html
    assert '<a href="#field-destinations">Send to</a>' in page.html
    assert 'id="field-destinations"' in page.html


def test_a_part_with_an_error_is_unfolded(page: Visitor) -> None:
    assert '<details class="disclosure"> <summary>Exclude some' in page.text
    page.press("save", exclude_assets="[")
    assert '<details class="disclosure" open> <summary>Exclude some' in page.text


def test_preview_saves_nothing_keeps_what_was_typed_and_accuses_nobody(page: Visitor) -> None:
    page.press("preview", name="", assets="orders*", daily_limit="0")
    assert not Rule.objects.exists()
    assert (page.fields()["assets"], page.fields()["daily_limit"]) == ("orders*", "0")
    assert not page.sees("Not saved")
    assert "field__error" not in page.html
    assert page.sees("Preview")


def test_preview_of_a_saved_rule_leaves_it_as_it_was(
    page: Visitor, destination: Destination
) -> None:
    rule = a_rule(destination, name="Orders")
    page.open(rule.get_absolute_url()).press("preview", name="Other", assets="x")
    rule.refresh_from_db()
    assert (rule.name, rule.assets) == ("Orders", [])
    assert page.sees("<h1>Orders</h1>")


def test_a_rule_that_wakes_people_for_information_is_saved_with_advice(
    page: Visitor, destination: Destination
) -> None:
    page.press("save", name="Everything", destinations=str(destination.pk))
    assert Rule.objects.get().name == "Everything"
    assert page.sees("Everything was created.", "has no minimum severity")
    assert '<a href="/help/best-practices/">Best practices</a>' in page.html


def test_a_name_in_advice_is_no_markup(page: Visitor, destination: Destination) -> None:
    page.press("save", name="<b>All</b>", destinations=str(destination.pk))
    assert "&lt;b&gt;All&lt;/b&gt; has no minimum severity" in page.html


def test_a_rule_for_what_is_critical_is_saved_without_a_word(
    page: Visitor, destination: Destination
) -> None:
    page.press("save", name="Critical", min_severity="critical", destinations=str(destination.pk))
    assert page.sees("Critical was created.")
    assert "notice--warning" not in page.html


def test_a_name_that_is_taken_while_the_form_is_saved_is_told_beside_it(
    page: Visitor, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_rule(name="Orders")
    monkeypatch.setattr(RuleForm, "validate_unique", lambda form: None)
    page.press("save", name="Orders", assets="x", destinations=str(destination.pk))
    assert "already a rule with this name" in page.error_beside("name")
    assert page.fields()["assets"] == "x"
    assert Rule.objects.count() == 1


def test_a_schedule_that_is_deleted_while_the_form_is_saved_is_told_beside_it(
    page: Visitor, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    def is_gone(rule: Rule, write: object) -> None:
        raise IntegrityError

    monkeypatch.setattr(rule_changes, "save", is_gone)
    page.press("save", name="Orders", assets="x", destinations=str(destination.pk))
    assert "was deleted just now" in page.error_beside("schedule")
    assert page.fields()["assets"] == "x"
