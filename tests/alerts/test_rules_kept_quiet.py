"""What keeps a rule quiet, in which order it is asked, and what it says. Pure."""

from datetime import date, datetime, time, timedelta
from typing import Any

from alerts.models import Alert, AlertState, Blackout, Rule, Schedule, Suppressor, Verdict
from alerts.rules import Finding, verdicts
from alerts.scopes import Scope
from alerts.suppression import QuietTimes
from tests.alerts.saying import ALERT, NOW

OFFICE = Schedule(
    name="Office", zone="UTC", windows=[{"days": [3], "start": "08:00", "end": "18:00"}]
)


def a_blackout(name: str = "Move", hours: int = 2, **scope: Any) -> Blackout:
    """On now, and for so many hours more."""
    end = NOW + timedelta(hours=hours)
    return Blackout(
        name=name,
        start_date=date(2026, 11, 24),
        start_time=time(0),
        end_date=end.date(),
        end_time=end.time(),
        **scope,
    )


def quiet(*blackouts: Blackout) -> QuietTimes:
    return QuietTimes({OFFICE.pk: OFFICE}, [(each, Scope(each)) for each in blackouts])


def found(times: QuietTimes, rule: Rule, now: datetime = NOW, **alert: Any) -> Finding:
    (finding,) = verdicts(Alert(**(ALERT | alert)), [rule], now=now, quiet=times)
    return finding


def in_office_hours() -> Rule:
    return Rule(name="R", schedule=OFFICE)


def snoozed(hours: int) -> dict[str, Any]:
    return {"state": AlertState.SNOOZED, "snoozed_until": NOW + timedelta(hours=hours)}


def test_snooze_is_asked_before_the_schedule_and_that_before_blackouts() -> None:
    times = quiet(a_blackout())
    first = found(times, in_office_hours(), **snoozed(hours=4))
    assert (first.suppressor, first.reason) == (
        Suppressor.SNOOZE,
        "Snoozed until 2026-11-24 12:30 UTC.",
    )
    second = found(times, in_office_hours())
    assert (second.suppressor, second.reason) == (
        Suppressor.SCHEDULE,
        "Outside the operating hours of Office until 2026-11-25 08:00 UTC.",
    )
    third = found(times, Rule(name="R"))
    assert (third.suppressor, third.reason) == (
        Suppressor.BLACKOUT,
        "In the blackout Move until 2026-11-24 10:30 UTC.",
    )
    assert third.until == NOW + timedelta(hours=2)


def test_a_snooze_that_is_over_keeps_nobody_quiet() -> None:
    assert found(quiet(), Rule(name="R"), **snoozed(hours=0)).verdict == Verdict.MATCHED


def test_of_blackouts_that_overlap_the_longest_says_until_when() -> None:
    times = quiet(a_blackout("A", hours=2), a_blackout("B", hours=5), a_blackout("C", hours=3))
    assert found(times, Rule(name="R")).reason == "In the blackout B until 2026-11-24 13:30 UTC."


def test_a_blackout_that_is_narrowed_says_to_what_and_leaves_the_rest_alone() -> None:
    times = quiet(a_blackout(assets=["orders*"], tags=["production"]))
    assert found(times, Rule(name="R")).reason == (
        "In the blackout Move (asset orders*, tag production) until 2026-11-24 10:30 UTC."
    )
    other = found(times, Rule(name="R"), asset="shop.public.customers")
    assert other.verdict == Verdict.MATCHED


def test_a_schedule_without_hours_never_opens_and_says_no_time() -> None:
    never = Schedule(name="Never", windows=[])
    finding = found(QuietTimes({never.pk: never}), Rule(name="R", schedule=never))
    assert (finding.reason, finding.until) == ("Outside the operating hours of Never.", None)


def test_a_rule_that_does_not_want_an_alert_is_not_kept_quiet_about_it() -> None:
    finding = found(quiet(a_blackout()), Rule(name="R", severities=["info"]))
    assert (finding.verdict, finding.suppressor) == (Verdict.NOT_MATCHED, None)


def test_a_rule_that_still_waits_is_not_kept_quiet_yet() -> None:
    assert found(quiet(a_blackout()), Rule(name="R", min_events=3)).verdict == Verdict.WAITING


def test_what_a_rule_has_taken_nothing_keeps_quiet() -> None:
    rule = in_office_hours()
    (finding,) = verdicts(
        Alert(**ALERT), [rule], now=NOW, quiet=quiet(a_blackout()), taken={rule.pk}
    )
    assert finding.verdict == Verdict.MATCHED


def test_each_rule_of_many_has_its_own_answer() -> None:
    rules = [in_office_hours(), Rule(name="Any time"), in_office_hours()]
    findings = verdicts(Alert(**ALERT), rules, now=NOW, quiet=quiet())
    assert [finding.verdict.value for finding in findings] == [
        "suppressed",
        "matched",
        "suppressed",
    ]
