"""When a saved rule gets advice, and what that says."""

from typing import Any

import pytest

from alerts.guidance import advice_on
from alerts.models import Rule
from destinations.models import Destination

INCIDENTS = Destination(kind="incident_io", name="On-call")
SLACK = Destination(kind="slack", name="#data")
CRITICAL: dict[str, Any] = {"min_severity": "critical"}


def _advice(*destinations: Destination, **conditions: Any) -> str:
    return " ".join(advice_on(Rule(name="Orders", **conditions), destinations))


def test_a_rule_for_critical_alerts_needs_no_advice() -> None:
    assert _advice(INCIDENTS, **CRITICAL) == ""
    assert _advice(INCIDENTS, severities=["warning", "critical"]) == ""


@pytest.mark.parametrize("kind", ["incident_io", "incident_io_alerts", "pagerduty"])
def test_informational_alerts_are_better_in_slack_than_where_people_are_woken(kind: str) -> None:
    said = _advice(Destination(kind=kind, name="On-call"), severities=["info", "critical"])
    assert "Orders sends informational alerts to On-call" in said
    assert "Slack or email" in said


def test_a_rule_without_a_severity_is_told_gently_that_it_lets_all_through() -> None:
    assert "has no minimum severity" in _advice(SLACK, INCIDENTS)
    assert "has no minimum severity" in _advice(INCIDENTS, min_severity="info")


@pytest.mark.parametrize("kind", ["slack", "email", "webhook", "teams"])
def test_quieter_kinds_get_no_advice(kind: str) -> None:
    assert _advice(Destination(kind=kind, name="Team"), tags=["dev"]) == ""


def test_a_destination_that_only_records_wakes_nobody() -> None:
    assert _advice(Destination(kind="incident_io", name="Trial", is_record_only=True)) == ""


@pytest.mark.parametrize(
    ("field", "pattern"),
    [
        ("tags", "staging"),
        ("tags", "env:QA"),
        ("data_sources", "*dev*"),
        ("data_sources", "dev2-postgres"),
        ("schemas", "sandbox_*"),
        ("assets", "shop.test.orders"),
        ("schemas", "Development"),
    ],
)
def test_data_that_is_not_in_production_is_named(field: str, pattern: str) -> None:
    said = _advice(INCIDENTS, **CRITICAL, **{field: [pattern]})
    assert "not in production" in said
    assert pattern in said


@pytest.mark.parametrize(
    "pattern", ["devices", "latest_orders", "production", "attestation", "qat*"]
)
def test_a_word_within_another_is_no_sign_of_development(pattern: str) -> None:
    assert _advice(INCIDENTS, **CRITICAL, assets=[pattern]) == ""


def test_what_is_excluded_is_no_sign_of_development() -> None:
    assert _advice(INCIDENTS, **CRITICAL, exclude_schemas=["dev_*"]) == ""


def test_event_types_that_can_never_fulfil_a_condition_are_named() -> None:
    mixed = ["schema_change", "freshness_violation"]
    said = _advice(SLACK, event_types=mixed, change_scope="breaking")
    assert said == "Freshness violation has no schema changes: Orders takes none of them."
    said = _advice(SLACK, event_types=mixed, late_minutes=60)
    assert said == "Schema change does not say how late it is: Orders takes none of them."
    assert _advice(SLACK, event_types=mixed) == ""
