"""Every condition of a rule at its boundaries, and what it says when it fails."""

from datetime import timedelta
from typing import Any

import pytest

from alerts.models import Verdict
from alerts.vocabulary import BREAKING, CHANGE_TYPES, EventType, Severity
from tests.alerts.saying import NOW, finding, fits, objection

Rule = dict[str, Any]


def changes(*types: str, column: str = "") -> list[dict[str, str]]:
    return [{"change_type": name, "column": column} for name in types]


def on(**columns: str) -> list[dict[str, str]]:
    """Changes by their type, each on a column."""
    return [{"change_type": name, "column": column} for name, column in columns.items()]


@pytest.mark.parametrize("event_type", EventType.values)
def test_each_event_type_is_told_from_the_others(event_type: str) -> None:
    others = [other for other in EventType.values if other != event_type]
    assert fits({"event_types": [event_type]}, event_type=event_type)
    assert not fits({"event_types": others}, event_type=event_type)


@pytest.mark.parametrize("severity", Severity.values)
@pytest.mark.parametrize("least", Severity.values)
def test_a_minimum_severity_lets_through_what_is_as_grave_or_graver(
    severity: str, least: str
) -> None:
    order = list(Severity.values)
    is_enough = order.index(severity) >= order.index(least)
    assert fits({"min_severity": least}, severity=severity) == is_enough


def test_a_minimum_severity_says_both() -> None:
    assert objection({"min_severity": "critical"}, severity="warning") == (
        "Severity is warning; the rule wants at least critical."
    )


def test_severities_and_a_minimum_hold_together() -> None:
    rule = {"severities": ["info", "critical"], "min_severity": "warning"}
    assert fits(rule, severity="critical")
    assert not fits(rule, severity="info")
    assert not fits(rule, severity="warning")


@pytest.mark.parametrize(
    ("rule", "says"),
    [
        ({"asset_ids": ["a-1", "a-17"]}, ""),
        ({"asset_ids": ["A-17"]}, "Asset ID is a-17; the rule wants A-17."),
        ({"asset_ids": ["a-*"]}, "Asset ID is a-17; the rule wants a-*."),
    ],
)
def test_an_asset_id_is_taken_as_it_is(rule: Rule, says: str) -> None:
    assert _says(rule) == says


def test_an_asset_without_an_id_fits_no_asset_id() -> None:
    assert objection({"asset_ids": ["a-17"]}, asset_id="") == (
        "Asset ID is not given; the rule wants a-17."
    )


ADDED, REMOVED = "column_added", "column_removed"


@pytest.mark.parametrize(
    ("scope", "given", "says"),
    [
        ("any", [], ""),
        ("any", [REMOVED], ""),
        ("breaking", [REMOVED], ""),
        ("breaking", [ADDED, REMOVED], ""),
        ("breaking", [ADDED], "Change is column_added; the rule wants a breaking change."),
        ("breaking", [], "There are no changes; the rule wants a breaking change."),
        ("non_breaking", [ADDED], ""),
        ("non_breaking", [ADDED, "index_added"], ""),
        (
            "non_breaking",
            [ADDED, REMOVED],
            "column_removed is breaking; the rule wants non-breaking changes only.",
        ),
        (
            "non_breaking",
            ["table_removed", REMOVED],
            "column_removed, table_removed are breaking; the rule wants non-breaking changes only.",
        ),
        ("non_breaking", [], "There are no changes; the rule wants a non-breaking change."),
    ],
)
def test_the_scope_of_changes(scope: str, given: list[str], says: str) -> None:
    assert _says({"change_scope": scope}, changes=changes(*given)) == says


@pytest.mark.parametrize("name", sorted(name for names in CHANGE_TYPES.values() for name in names))
def test_each_change_type_is_breaking_or_not_and_never_both(name: str) -> None:
    is_breaking = fits({"change_scope": "breaking"}, changes=changes(name))
    assert is_breaking == (name in BREAKING)
    assert fits({"change_scope": "non_breaking"}, changes=changes(name)) != is_breaking
    assert fits({"change_scope": "chosen", "change_types": [name]}, changes=changes(name))


def test_an_admin_decides_what_is_breaking() -> None:
    breaking = BREAKING - {REMOVED} | {ADDED}
    rule = {"change_scope": "breaking"}
    assert fits(rule, changes=changes(ADDED), breaking=breaking)
    assert objection(rule, changes=changes(REMOVED), breaking=breaking) == (
        "Change is column_removed; the rule wants a breaking change."
    )
    assert fits({"change_scope": "non_breaking"}, changes=changes(REMOVED), breaking=breaking)


@pytest.mark.parametrize("scope", ["any", "chosen"])  # "any" is how old rows say it
def test_chosen_change_types_narrow(scope: str) -> None:
    rule = {"change_scope": scope, "change_types": [ADDED, "index_added"]}
    assert fits(rule, changes=changes(REMOVED, ADDED))
    assert objection(rule, changes=changes(REMOVED, "table_added")) == (
        "Changes are column_removed, table_added; the rule wants column_added or index_added."
    )


@pytest.mark.parametrize("scope", ["breaking", "non_breaking"])
def test_another_scope_leaves_change_types_aside(scope: str) -> None:
    given = changes(REMOVED if scope == "breaking" else ADDED)
    assert fits({"change_scope": scope, "change_types": ["table_added"]}, changes=given)


def test_nothing_chosen_wants_every_change() -> None:
    assert fits({"change_scope": "chosen", "change_types": []}, changes=[])


@pytest.mark.parametrize(
    ("rule", "given", "says"),
    [
        ({"columns": ["*_id"]}, on(column_added="USER_ID"), ""),
        ({"columns": ["USER_*"]}, on(column_added="user_id"), ""),
        (
            {"columns": ["*_id"]},
            on(column_added="email"),
            "Column is email; the rule wants *_id.",
        ),
        (
            {"columns": ["*_id", "created_*"]},
            on(column_added="email", column_removed="name"),
            "Columns are email, name; the rule wants *_id or created_*.",
        ),
        ({"columns": ["*"]}, on(table_removed=""), "Column is not given; the rule wants *."),
        ({"columns": ["*"]}, [], "Column is not given; the rule wants *."),
        # The column must be that of a change which the rule is about.
        ({"columns": ["*_id"], "change_scope": "breaking"}, on(column_removed="user_id"), ""),
        (
            {"columns": ["*_id"], "change_scope": "breaking"},
            on(column_removed="email", column_added="user_id"),
            "Column of breaking changes is email; the rule wants *_id.",
        ),
        (
            {"columns": ["*_id"], "change_scope": "chosen", "change_types": ["column_removed"]},
            on(column_removed="email", column_added="user_id"),
            "Column of column_removed is email; the rule wants *_id.",
        ),
        (
            {"columns": ["*_id"], "change_scope": "non_breaking"},
            on(column_added="email"),
            "Column is email; the rule wants *_id.",
        ),
    ],
)
def test_columns(rule: Rule, given: list[dict[str, str]], says: str) -> None:
    assert _says(rule, changes=given) == says


def test_a_change_from_before_there_were_columns_has_none() -> None:
    assert not fits({"columns": ["*"]}, changes=[{"change_type": "column_added"}])


def test_of_500_changes_a_reason_names_a_few() -> None:
    given = [{"change_type": ADDED, "column": f"c{n}"} for n in range(500)]
    assert objection({"columns": ["x*"]}, changes=given) == (
        "Columns are c0, c1, c2, c3, c4 and 495 more; the rule wants x*."
    )
    assert fits({"columns": ["c499"]}, changes=given)


def test_empty_columns_do_not_hide_those_that_are_given() -> None:
    given = [*changes(*["table_added"] * 9), *on(column_added="email")]
    assert objection({"columns": ["x"]}, changes=given) == "Column is email; the rule wants x."


def test_a_reason_stays_short_when_names_are_long() -> None:
    rule = {"assets": ["p" * 500] * 3 + ["q" * 500], "exclude_assets": ["z" * 500]}
    assert len(objection(rule, asset="a" * 500, asset_id="i" * 500)) < 500


@pytest.mark.parametrize(
    ("rule", "count", "minutes", "says"),
    [
        ({"min_events": 1}, 1, 0, ""),
        ({"min_events": 3}, 2, 0, "It waits for 3 events in a row (2 so far)."),
        ({"min_events": 3}, 3, 0, ""),
        ({"min_events": 3}, 4, 0, ""),
        ({"min_minutes": 90}, 9, 89, "It waits until the alert has been open for 1 h 30 min."),
        ({"min_minutes": 90}, 1, 90, ""),
        (
            {"min_events": 3, "min_minutes": 30},
            1,
            29,
            "It waits for 3 events in a row (1 so far)"
            " or until the alert has been open for 30 min.",
        ),
        ({"min_events": 3, "min_minutes": 30}, 3, 0, ""),
        ({"min_events": 3, "min_minutes": 30}, 1, 30, ""),
        ({"min_events": 0, "min_minutes": 0}, 1, 0, ""),
    ],
)
def test_a_rule_waits(rule: Rule, count: int, minutes: int, says: str) -> None:
    opened = NOW - timedelta(minutes=minutes)
    found = finding(rule, count=count, created_at=opened)
    assert found.verdict == (Verdict.WAITING if says else Verdict.MATCHED)
    assert (found.reason if says else "") == says
    known = opened + timedelta(minutes=rule.get("min_minutes") or 0)
    assert found.until == (known if says and rule.get("min_minutes") else None)


def test_an_alert_that_is_being_opened_has_just_opened() -> None:
    assert finding({"min_minutes": 5}).until == NOW + timedelta(minutes=5)


def test_a_rule_does_not_wait_for_what_it_does_not_want() -> None:
    assert objection({"min_events": 3, "severities": ["info"]}).startswith("Severity")


def test_every_condition_at_once() -> None:
    rule: Rule = {
        "event_types": ["schema_change"],
        "severities": ["critical"],
        "min_severity": "warning",
        "change_scope": "breaking",
        "columns": ["*_email"],
        "data_sources": ["prod-*"],
        "exclude_schemas": ["test_*"],
        "assets": ["orders"],
        "asset_ids": ["a-17"],
        "tags": ["team:*", "production"],
        "tag_mode": "all",
        "late_minutes": 60,
        "over_percent": 5,
    }
    alert: dict[str, Any] = {
        "changes": on(column_removed="customer_email"),
        "details": {"hours_stale": 26, "threshold_hours": 24},
    }
    found = finding(rule, **alert)
    assert (found.verdict, found.reason) == (
        Verdict.MATCHED,
        "Fits its event type, severity, change type, column, data source, schema, asset, asset ID,"
        " tag, delay.",
    )
    spoilt = [
        {"event_type": "custom"},
        {"severity": "warning"},
        {"changes": on(column_added="customer_email")},
        {"changes": on(column_removed="customer_name")},
        {"data_source": "staging"},
        {"schema": "test_1"},
        {"asset": "prod.shop.public.customers"},
        {"asset_id": "a-18"},
        {"tags": ["production"]},
        {"details": {"hours_stale": 24.9, "threshold_hours": 24}},
        {"details": {"hours_stale": 101, "threshold_hours": 100}},
    ]
    for one in spoilt:
        assert not fits(rule, **(alert | one)), one


def _says(rule: Rule, **alert: Any) -> str:
    """The objection, or nothing where there is none."""
    found = finding(rule, **alert)
    return "" if found.verdict == Verdict.MATCHED else found.reason
