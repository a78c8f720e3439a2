"""What is kept of every rule's verdict, and in which order it is told."""

from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone

from alerts import ingest
from alerts.explaining import SHOWN, Said, answer_of, said_of
from alerts.models import Alert, Explanation, Match, Rule, Schedule, Verdict
from tests.alerts.factories import a_destination, a_rule, an_alert, an_event, create_of

pytestmark = pytest.mark.django_db


def told(alert: Alert) -> dict[str, Verdict]:
    return {said.rule_name: said.verdict for said in said_of(alert)}


def closed_for_days() -> Schedule:
    day = (timezone.now() + timedelta(days=3)).isoweekday()
    windows = [{"days": [day], "start": "00:00", "end": "00:00"}]
    return Schedule.objects.create(name="Office", windows=windows)


def test_those_with_effects_come_first_and_each_kind_by_name() -> None:
    for name in ("B", "A"):
        a_rule(name=f"not {name}", severities=["info"])
        a_rule(name=f"waits {name}", min_events=3)
        a_rule(name=f"quiet {name}", schedule=closed_for_days() if name == "B" else _office())
        a_rule(name=f"takes {name}")
    assert list(told(an_alert())) == [
        "takes A",
        "takes B",
        "quiet A",
        "quiet B",
        "waits A",
        "waits B",
        "not A",
        "not B",
    ]


def _office() -> Schedule:
    return Schedule.objects.get(name="Office")


def test_an_alert_from_before_there_was_a_rule_has_no_answer() -> None:
    answer = answer_of(said_of(an_alert()))
    assert answer.is_empty
    assert answer.evaluated_at is None


def test_a_rule_that_was_deleted_is_told_without_its_id() -> None:
    a_rule(name="Kept", severities=["info"])
    a_rule(name="Passed over", severities=["info"])
    a_rule(name="Took it")
    alert = an_alert()
    Rule.objects.exclude(name="Kept").delete()
    ids = {said.rule_name: said.rule_id for said in said_of(alert)}
    assert ids == {"Kept": Rule.objects.get().pk, "Passed over": None, "Took it": None}


def test_a_repeat_that_fits_moves_a_rule_from_the_packed_ones_to_the_others() -> None:
    a_rule(name="Grave ones", severities=["critical"])
    alert = an_alert(severity="info")
    assert told(alert) == {"Grave ones": Verdict.NOT_MATCHED}
    assert not Match.objects.exists()
    ingest.record(an_event(severity="critical"))
    assert told(alert) == {"Grave ones": Verdict.MATCHED}
    assert Explanation.objects.get().passed_over == []


def test_what_a_rule_took_it_keeps_when_the_alert_becomes_graver() -> None:
    """Its incident is open: to say that it did not match would be no answer."""
    destination = a_destination()
    rule = a_rule(destination, name="Mild ones", severities=["warning"])
    alert = an_alert(severity="warning")
    ingest.record(an_event(severity="critical"))
    (said,) = said_of(alert)
    assert said.verdict == Verdict.MATCHED
    assert said.reason == (
        "It took this alert before. Now: Severity is critical; the rule wants warning."
    )
    assert create_of(alert).destination == destination
    # Nothing more is planned for it: it would not be taken any more.
    rule.destinations.add(a_destination("Second"))
    a_rule(name="Hears repeats", min_events=9)
    ingest.record(an_event(severity="critical"))
    assert create_of(alert).destination == destination


def test_the_answer_knows_when_the_rules_were_asked_last(clock: time_machine.Traveller) -> None:
    a_rule(name="A", severities=["critical"])
    alert = an_alert(severity="info")
    clock.shift(timedelta(hours=1))
    ingest.record(an_event(severity="critical"))
    asked = answer_of(said_of(alert)).evaluated_at
    assert asked
    assert timezone.now() - asked < timedelta(minutes=1)


@pytest.mark.parametrize(
    ("with_effects", "passed_over", "shown", "folded", "left_out"),
    [
        (0, 0, 0, 0, 0),
        (3, 5, 3, 5, 0),
        (SHOWN, 1, SHOWN, 0, 1),
        (SHOWN + 1, 0, SHOWN, 0, 1),
        (1, 499, 1, SHOWN - 1, 300),
        (0, SHOWN, 0, SHOWN, 0),
    ],
)
def test_a_page_shows_so_many_and_counts_the_rest(
    with_effects: int, passed_over: int, shown: int, folded: int, left_out: int
) -> None:
    said = [_said(Verdict.NOT_MATCHED)] * passed_over + [_said(Verdict.MATCHED)] * with_effects
    answer = answer_of(said)
    assert (len(answer.shown), len(answer.folded), answer.left_out) == (shown, folded, left_out)


def _said(verdict: Verdict) -> Said:
    return Said(None, "R", verdict, "Because.", None, None, timezone.now())
