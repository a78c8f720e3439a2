"""script/bench rules: one rule of many wants the event, and previews find alerts."""

import pytest

from alerts import events, ingest
from alerts.models import Alert, Match, Rule
from bench import multitude, rules, scenes

pytestmark = pytest.mark.django_db


def test_one_rule_of_many_wants_the_event() -> None:
    scenes.set_up()
    rules.add_rules(3 * len(rules.KINDS))
    assert Rule.objects.count() == 3 * len(rules.KINDS) + 1
    ingest.record(events.Event.model_validate(scenes.event("orders-1")))
    assert [match.rule_name for match in Match.objects.all()] == ["Schema changes 0"]


def test_an_event_with_rules_is_timed() -> None:
    scenes.set_up()
    assert rules.take(10)["ms"] > 0


@pytest.mark.django_db(transaction=True)
def test_alerts_are_multiplied_and_a_preview_is_timed() -> None:
    scenes.set_up()
    multitude.multiply_alerts(count=300, days=30)
    assert Alert.objects.count() == 301
    figures = rules.look(1)
    assert figures["matched"] > 0
    assert figures["preview_ms"] > 0 < figures["scan_ms"]
