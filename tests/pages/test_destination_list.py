"""The list tells how each destination is doing, and stays quick."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule
from tests.pages.visitor import Visitor, ada

pytestmark = pytest.mark.django_db
LIST = "/alerts/destinations/"
NOW = timezone.now()
EARLIER = NOW - timedelta(hours=1)


@pytest.mark.parametrize(
    ("facts", "label"),
    [
        ({}, "Never tested"),
        ({"verified_at": NOW}, "No deliveries yet"),
        ({"last_success_at": NOW}, "Healthy"),
        ({"last_success_at": NOW, "last_failure_at": EARLIER}, "Healthy"),
        (
            {"last_success_at": EARLIER, "last_failure_at": NOW, "last_error": "It went wrong"},
            "Failing",
        ),
        ({"last_failure_at": NOW, "last_error": "It went wrong"}, "Failing"),
        ({"attention": "HTTP 401: Unauthorized", "last_success_at": NOW}, "Needs attention"),
        ({"is_active": False, "attention": "HTTP 401: Unauthorized"}, "Paused"),
        ({"secrets": {"api_key": {"sealed": "v1:0:0:0"}}, "is_active": False}, "Secret unreadable"),
    ],
)
def test_health_is_a_word(facts: dict[str, object], label: str) -> None:
    a_destination()
    Destination.objects.update(**facts)
    page = Visitor(ada()).open(LIST)
    assert page.sees(f">{label}<")
    assert page.sees("It went wrong") == ("last_error" in facts)


def test_it_counts_the_rules() -> None:
    destination = a_destination()
    for name in ("One", "Two"):
        a_rule(destination, name=name)
    assert Visitor(ada()).open(LIST).sees('data-label="Rules">2<')


def test_deleted_destinations_are_not_listed() -> None:
    a_destination().delete_softly()
    assert not Visitor(ada()).open(LIST).sees("On-call")


def test_more_destinations_take_no_more_queries(
    django_assert_max_num_queries: DjangoAssertNumQueries,
) -> None:
    for number in range(20):
        a_rule(a_destination(name=f"Destination {number}"), name=f"Rule {number}")
    page = Visitor(ada())
    with django_assert_max_num_queries(8):
        page.open(LIST)
    with django_assert_max_num_queries(8):
        page.open("/alerts/rules/")
