"""How late data is: what details say it, and the exact boundary."""

from typing import Any

import pytest

from alerts.lateness import in_words, lateness_of
from tests.alerts.saying import finding, fits, objection

STALE = {"event_type": "freshness_violation", "changes": []}
UNTOLD_AGE = "The event does not say how old the data is"
UNTOLD_THRESHOLD = "The event does not say its threshold"


def details(age: Any, threshold: Any) -> dict[str, Any]:
    return {"hours_stale": age, "threshold_hours": threshold}


@pytest.mark.parametrize(
    ("given", "late", "percent"),
    [
        ({"hours_stale": 26, "threshold_hours": 24}, 120, 100 / 12),
        ({"hours_stale": "26.5", "threshold_hours": " 24 "}, 150, 150 / 14.4),
        ({"minutes_stale": 90, "threshold_hours": 1}, 30, 50),
        ({"seconds_stale": 90, "threshold_minutes": 1}, 0.5, 50),
        ({"hours_stale": 1, "threshold_hours": 2}, -60, -50),
        ({"hours_stale": 1, "threshold_hours": 0}, 60, None),
        ({"hours_stale": 1, "threshold_hours": -1}, 120, None),
        ({"hours_stale": 1}, None, None),
        ({"threshold_hours": 1}, None, None),
        ({}, None, None),
        # An age in hours counts before one in minutes; what is no number is passed over.
        ({"hours_stale": None, "minutes_stale": 90, "threshold_hours": 1}, 30, 50),
        ({"hours_stale": 2, "minutes_stale": 90, "threshold_hours": 1}, 60, 100),
    ],
)
def test_details_say_how_late(
    given: dict[str, Any], late: float | None, percent: float | None
) -> None:
    lateness = lateness_of(given)
    assert lateness.late == late
    assert lateness.over_percent == (pytest.approx(percent) if percent is not None else None)


@pytest.mark.parametrize(
    "odd", ["nan", "inf", "-inf", "1e400", 10**400, 1e308, "two", "", "0x10", True, None, "1h"]
)
def test_what_is_no_number_says_nothing(odd: Any) -> None:
    assert lateness_of(details(odd, 24)).late is None
    assert lateness_of(details(26, odd)).late is None


@pytest.mark.parametrize(
    ("age", "threshold", "minutes", "is_late"),
    [
        (25, 24, 60, True),
        (24.99, 24, 60, False),
        (25.01, 24, 60, True),
        (24.7, 24.6, 6, True),  # floats make 5.999… of it
        (24, 24, 1, False),
        (20, 24, 1, False),
    ],
)
def test_so_late_at_least(age: float, threshold: float, minutes: int, is_late: bool) -> None:
    rule = {"late_minutes": minutes}
    assert fits(rule, **STALE, details=details(age, threshold)) == is_late


@pytest.mark.parametrize(
    ("age", "threshold", "percent", "is_over"),
    [(36, 24, 50, True), (35.99, 24, 50, False), (0.33, 0.3, 10, True), (24, 24, 1, False)],
)
def test_so_far_beyond_its_threshold_at_least(
    age: float, threshold: float, percent: int, is_over: bool
) -> None:
    rule = {"over_percent": percent}
    assert fits(rule, **STALE, details=details(age, threshold)) == is_over


def test_both_must_hold() -> None:
    rule = {"late_minutes": 60, "over_percent": 50}
    assert fits(rule, **STALE, details=details(3, 2))
    assert not fits(rule, **STALE, details=details(25, 24))
    assert not fits(rule, **STALE, details=details(1, 0.5))


@pytest.mark.parametrize(
    ("rule", "given", "says"),
    [
        (
            {"late_minutes": 90},
            details(25, 24),
            "It is 1 h late; the rule wants at least 1 h 30 min.",
        ),
        # Never rounded up to what is wanted.
        (
            {"late_minutes": 60},
            details(24.99, 24),
            "It is 59 min late; the rule wants at least 1 h.",
        ),
        ({"late_minutes": 60}, details(24, 24), "It is not late; the rule wants at least 1 h."),
        ({"late_minutes": 60}, {}, f"{UNTOLD_AGE}; the rule wants at least 1 h late."),
        (
            {"late_minutes": 2880},
            {"hours_stale": 99},
            f"{UNTOLD_THRESHOLD}; the rule wants at least 2 days late.",
        ),
        (
            {"over_percent": 50},
            details(35.99, 24),
            "It is 49% beyond its threshold; the rule wants at least 50%.",
        ),
        (
            {"over_percent": 50},
            details(1, 24),
            "It is 0% beyond its threshold; the rule wants at least 50%.",
        ),
        (
            {"over_percent": 50},
            details(1, 0),
            "Its threshold is 0; the rule wants at least 50% beyond its threshold.",
        ),
        (
            {"over_percent": 50},
            {"hours_stale": 99},
            f"{UNTOLD_THRESHOLD}; the rule wants at least 50% beyond its threshold.",
        ),
    ],
)
def test_what_is_not_late_enough_says_both(
    rule: dict[str, Any], given: dict[str, Any], says: str
) -> None:
    assert objection(rule, **STALE, details=given) == says


def test_a_rule_that_asks_for_no_delay_takes_what_tells_none() -> None:
    assert finding({}, **STALE, details={"hours_stale": "?"}).verdict == "matched"


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (0, "0 s"),
        (0.5, "30 s"),
        (0.9999, "59 s"),
        (1, "1 min"),
        (59.9, "59 min"),
        (60, "1 h"),
        (90, "1 h 30 min"),
        (1440, "1 day"),
        (2880, "2 days"),
        (2951, "2 days 1 h 11 min"),
    ],
)
def test_times_in_words(minutes: float, words: str) -> None:
    assert in_words(minutes) == words
