"""What was made ready of rules is never used when their rows say something else."""

import functools

import pytest
from django.db import transaction

from alerts import ingest
from alerts.models import Rule, Schedule
from alerts.rulebook import Rulebook
from tests.alerts.factories import a_destination, a_rule, an_event
from tests.alerts.test_ingest_at_the_same_time import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def status(asset: str) -> str:
    return ingest.record(an_event(asset=asset)).status


def report(turn: str, number: int) -> str:
    return status(f"{turn} {number}")


def test_what_was_taken_back_is_not_kept() -> None:
    rule = a_rule(a_destination())
    assert status("one") == "accepted"
    with transaction.atomic():
        rule.is_active = False
        rule.save()
        # Read as nothing but a mistake would: before it is committed.
        assert not Rulebook().conditions[0].rule.is_active
        transaction.set_rollback(True)
    assert status("two") == "accepted"


def test_another_thread_sees_a_change_at_once() -> None:
    rule = a_rule(a_destination())
    for turn, is_active in enumerate((True, False, True, False)):
        rule.is_active = is_active
        rule.save()
        said = at_once(4, functools.partial(report, f"{turn}"))
        assert set(said) == {"accepted" if is_active else "unmatched"}


def test_a_schedule_that_changes_holds_for_the_next_event() -> None:
    schedule = Schedule.objects.create(name="Never", windows=[])
    a_rule(a_destination(), schedule=schedule)
    assert status("one") == "suppressed"
    schedule.windows = [{"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "00:00"}]
    schedule.save()
    assert status("two") == "accepted"


def test_a_rule_that_is_gone_takes_nothing() -> None:
    rule = a_rule(a_destination())
    assert status("one") == "accepted"
    Rule.objects.filter(pk=rule.pk).delete()
    assert status("two") == "unmatched"
