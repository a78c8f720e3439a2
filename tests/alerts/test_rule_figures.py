"""What a rule did in the last seven days, in numbers that stop at a thousand."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from alerts import rule_figures
from alerts.models import Alert, Delivery, DeliveryState, Match, Rule, Verdict
from alerts.rule_figures import Figures, figures_of
from destinations.messages import Action
from tests.alerts.factories import a_destination, a_rule, an_alert, create_of

pytestmark = pytest.mark.django_db


def _of(rule: Rule) -> Figures:
    return figures_of([rule])[rule.pk]


def _settle(alert: Alert, state: DeliveryState) -> None:
    Delivery.objects.filter(alert=alert, action=Action.CREATE).update(state=state)


def test_each_number_counts_its_own() -> None:
    rule = a_rule(a_destination())
    for number, state in enumerate(["delivered", "delivered", "failed", "pending", "skipped"]):
        _settle(an_alert(dedup_key=f"{number}"), DeliveryState(state))
    held = Alert.objects.last()
    assert held
    assert _of(rule) == Figures(matched=5, sent=2, suppressed=0, failed=1)
    Match.objects.filter(alert=held).update(verdict=Verdict.SUPPRESSED)
    assert (_of(rule).matched, _of(rule).suppressed) == (4, 1)


def test_a_delivery_counts_for_each_rule_that_names_its_destination() -> None:
    shared, own = a_destination("Shared"), a_destination("Own")
    first, second = a_rule(shared, name="First"), a_rule(shared, own, name="Second")
    alert = an_alert()
    Delivery.objects.filter(alert=alert).update(state=DeliveryState.DELIVERED)
    assert (_of(first).sent, _of(second).sent) == (1, 2)


def test_a_rule_that_did_not_match_has_sent_nothing() -> None:
    destination = a_destination()
    a_rule(destination, name="All")
    picky = a_rule(destination, name="Picky", severities=["info"])
    alert = an_alert()
    _settle(alert, DeliveryState.DELIVERED)
    assert create_of(alert)
    assert _of(picky) == Figures()


def test_a_close_is_not_counted_again() -> None:
    rule = a_rule(a_destination())
    alert = an_alert()
    create = create_of(alert)
    close = Delivery.objects.get(pk=create.pk)
    close.pk, close.action, close.idempotency_key = None, Action.CLOSE, "another"
    close.save(force_insert=True)
    Delivery.objects.update(state=DeliveryState.DELIVERED)
    assert _of(rule).sent == 1


def test_what_is_older_than_seven_days_is_not_counted() -> None:
    rule = a_rule(a_destination())
    _settle(an_alert(), DeliveryState.DELIVERED)
    now = timezone.now()
    assert figures_of([rule], now + timedelta(days=6, hours=23))[rule.pk].sent == 1
    assert figures_of([rule], now + timedelta(days=7, minutes=1))[rule.pk] == Figures()


def test_counting_stops_at_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_figures, "LIMIT", 2)
    rule = a_rule(a_destination())
    for number in range(5):
        _settle(an_alert(dedup_key=f"{number}"), DeliveryState.DELIVERED)
    assert _of(rule).in_words() == [
        ("Matched", "2+"),
        ("Sent", "2"),
        ("Suppressed", "0"),
        ("Failed", "0"),
    ]


def test_all_rules_of_a_page_take_one_query(django_assert_num_queries: Any) -> None:
    rules = [a_rule(name=f"Rule {number}") for number in range(20)]
    an_alert()
    with django_assert_num_queries(1):
        found = figures_of(rules)
    assert [found[rule.pk].matched for rule in rules] == [1] * 20
    with django_assert_num_queries(0):
        assert figures_of([]) == {}


def test_the_clock_is_now_unless_one_is_given() -> None:
    rule = a_rule(a_destination())
    an_alert()
    with time_machine.travel(timezone.now() + timedelta(days=8)):
        assert _of(rule) == Figures()
