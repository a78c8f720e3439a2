"""A table of verdicts: no database is touched."""

from typing import Any

import pytest

from alerts.models import Alert, Rule, Verdict
from alerts.rules import verdicts
from tests.alerts.saying import ALERT, verdict


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({}, "The rule takes every alert."),
        ({"event_types": ["schema_change"]}, "Fits its event type."),
        ({"event_types": ["custom", "schema_change"]}, "Fits its event type."),
        ({"severities": ["warning", "critical"]}, "Fits its severity."),
        ({"change_types": ["column_removed"]}, "Fits its change type."),
        ({"change_types": ["table_removed", "column_added"]}, "Fits its change type."),
        ({"data_sources": ["prod-*"]}, "Fits its data source."),
        ({"data_sources": ["PROD-POSTGRES"]}, "Fits its data source."),
        ({"data_sources": ["prod-postgre?"]}, "Fits its data source."),
        ({"schemas": ["public"]}, "Fits its schema."),
        ({"assets": ["*.orders"]}, "Fits its asset."),
        ({"assets": ["orders"]}, "Fits its asset."),
        ({"assets": ["a-17"]}, "Fits its asset."),
        ({"assets": ["nothing", "ORD*"]}, "Fits its asset."),
        ({"tags": ["team:*"]}, "Fits its tag."),
        (
            {"event_types": ["schema_change"], "tags": ["production"]},
            "Fits its event type, tag.",
        ),
    ],
)
def test_what_fits(rule: dict[str, Any], reason: str) -> None:
    assert verdict(rule) == (Verdict.MATCHED, reason)


@pytest.mark.parametrize(
    ("rule", "reason"),
    [
        ({"is_active": False}, "The rule is off."),
        (
            {"event_types": ["custom", "new_asset"]},
            "Event type is schema_change; the rule wants custom or new_asset.",
        ),
        ({"severities": ["info"]}, "Severity is critical; the rule wants info."),
        (
            {"change_types": ["table_removed"]},
            "Changes are column_added, column_removed; the rule wants table_removed.",
        ),
        (
            {"data_sources": ["staging-*"]},
            "Data source is prod-postgres; the rule wants staging-*.",
        ),
        ({"schemas": ["pub"]}, "Schema is public; the rule wants pub."),
        (
            {"assets": ["customers"]},
            "Asset is prod-postgres.shop.public.orders (ID a-17); the rule wants customers.",
        ),
        ({"tags": ["staging"]}, "Tags are production, team:sales; the rule wants staging."),
        (
            {"assets": list("abcdefg")},
            "Asset is prod-postgres.shop.public.orders (ID a-17);"
            " the rule wants a or b or c or d or e or 2 more.",
        ),
    ],
)
def test_what_does_not_fit_says_why(rule: dict[str, Any], reason: str) -> None:
    assert verdict(rule) == (Verdict.NOT_MATCHED, reason)


def test_the_first_condition_that_fails_is_the_reason() -> None:
    assert verdict({"event_types": ["custom"], "severities": ["info"]})[1].startswith("Event type")


def test_what_is_not_given_fits_no_pattern_but_everything_fits_none() -> None:
    assert verdict({"schemas": ["*"]}, schema="") == (
        Verdict.NOT_MATCHED,
        "Schema is not given; the rule wants *.",
    )
    assert verdict({"change_types": ["column_added"]}, changes=[]) == (
        Verdict.NOT_MATCHED,
        "There are no changes; the rule wants column_added.",
    )
    assert verdict({}, schema="", changes=[], tags=[])[0] == Verdict.MATCHED


@pytest.mark.parametrize("pattern", ["[", "[a-", "[!]", "((((", "a" * 500, "*" * 200 + "b"])
def test_an_odd_pattern_is_no_error(pattern: str) -> None:
    assert verdict({"assets": [pattern]})[0] == Verdict.NOT_MATCHED


def test_each_rule_is_heard() -> None:
    rules = [Rule(name="A"), Rule(name="B", severities=["info"]), Rule(name="C")]
    found = verdicts(Alert(**ALERT), rules)
    assert [(f.rule.name, f.verdict.value) for f in found] == [
        ("A", "matched"),
        ("B", "not_matched"),
        ("C", "matched"),
    ]


def test_what_a_rule_has_taken_it_keeps_and_says_what_has_changed() -> None:
    rule = Rule(name="R", severities=["warning"])
    (found,) = verdicts(Alert(**ALERT), [rule], taken={rule.pk})
    assert found.verdict == Verdict.MATCHED
    assert found.reason == (
        "It took this alert before. Now: Severity is critical; the rule wants warning."
    )
    assert not found.fits


def test_what_a_rule_has_taken_it_does_not_wait_for_again() -> None:
    rule = Rule(name="R", min_events=5)
    (found,) = verdicts(Alert(**ALERT), [rule], taken={rule.pk})
    assert (found.verdict, found.fits) == (Verdict.MATCHED, True)
