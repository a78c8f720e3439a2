"""Rules to start from: each is one that could be saved as it is."""

from typing import Any

import pytest
from django.http import QueryDict

from alerts.models import Rule
from alerts.rule_form import RuleForm
from alerts.rule_templates import TEMPLATES, Template, begin, copy_of
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("template", TEMPLATES, ids=lambda template: template.slug)
def test_a_template_needs_a_destination_and_nothing_else(template: Template) -> None:
    destination = a_destination()
    data = QueryDict(mutable=True)
    for name, value in _begun(template.slug).items():
        shown = RuleForm.base_fields[name].prepare_value(value)
        amount = shown[0] if isinstance(shown, tuple) else shown
        data.setlist(name, amount if isinstance(amount, list) else [str(amount)])
        if isinstance(shown, tuple):
            data[f"{name}_unit"] = shown[1]
    data.setlist("destinations", [str(destination.pk)])
    form = RuleForm(data)
    assert form.is_valid(), form.errors
    rule = form.save()
    for name, wanted in template.fields.items():
        assert getattr(rule, name) == wanted, name


def test_the_only_destination_of_its_kind_is_chosen() -> None:
    incidents = a_destination()
    Destination.objects.create(kind="slack", name="#one")
    Destination.objects.create(kind="slack", name="#two")
    assert _begun("breaking-change")["destinations"] == [incidents.pk]
    assert _begun("development")["destinations"] == []
    incidents.delete_softly()
    assert _begun("breaking-change")["destinations"] == []


def test_a_name_that_is_taken_gets_a_number() -> None:
    assert _begun("breaking-change")["name"] == "Breaking change"
    a_rule(name="Breaking change")
    assert _begun("breaking-change")["name"] == "Breaking change 2"
    a_rule(name="Breaking change 2")
    assert _begun("breaking-change")["name"] == "Breaking change 3"


def test_an_unknown_template_is_none() -> None:
    assert begin("no-such-thing") is None


def test_a_copy_has_all_but_the_name() -> None:
    rule = a_rule(a_destination(), name="Orders", assets=["orders*"], daily_limit=3, min_events=4)
    copied = copy_of(rule)
    assert copied["name"] == "Copy of Orders"
    assert (copied["assets"], copied["daily_limit"], copied["min_events"]) == (["orders*"], 3, 4)
    assert [each.pk for each in copied["destinations"]] == [rule.destinations.get().pk]


def test_copies_of_copies_keep_within_the_longest_name() -> None:
    rule = a_rule(name="x" * 100)
    names = set()
    for _ in range(3):
        name = copy_of(rule)["name"]
        assert len(name) <= 100
        assert not Rule.objects.filter(name=name).exists()
        a_rule(name=name)
        names.add(name)
    assert len(names) == 3


def _begun(slug: str) -> dict[str, Any]:
    fields = begin(slug)
    assert fields
    return fields
