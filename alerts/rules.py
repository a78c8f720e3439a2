"""Verdicts of rules on alerts, with reasons. Pure: no database."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase

from alerts.models import Alert, Rule, Verdict

LIST_LIMIT = 5  # names in a reason


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule's verdict on one alert."""

    rule: Rule
    verdict: Verdict
    reason: str


def verdicts(alert: Alert, rules: Iterable[Rule]) -> list[Finding]:
    """What each rule says of the alert."""
    return [_verdict(alert, rule) for rule in rules]


def _verdict(alert: Alert, rule: Rule) -> Finding:
    reason = next(_objections(alert, rule), "")
    if reason:
        return Finding(rule, Verdict.NOT_MATCHED, reason)
    return Finding(rule, Verdict.MATCHED, _conditions_met(rule))


def _objections(alert: Alert, rule: Rule) -> Iterator[str]:
    """Why the rule does not want the alert: the first condition that fails comes first."""
    if not rule.is_active:
        yield "The rule is off."
    if rule.event_types and alert.event_type not in rule.event_types:
        yield f"Event type is {alert.event_type}; the rule wants {_any_of(rule.event_types)}."
    if rule.severities and alert.severity not in rule.severities:
        yield f"Severity is {alert.severity}; the rule wants {_any_of(rule.severities)}."
    yield from _change_objections(alert, rule)
    yield from _scope_objections(alert, rule)


def _change_objections(alert: Alert, rule: Rule) -> Iterator[str]:
    found = [change["change_type"] for change in alert.changes]
    if rule.change_types and not set(found) & set(rule.change_types):
        has = f"Changes are {', '.join(sorted(set(found)))}" if found else "There are no changes"
        yield f"{has}; the rule wants {_any_of(rule.change_types)}."


def _scope_objections(alert: Alert, rule: Rule) -> Iterator[str]:
    scopes = [
        ("Data source", [alert.data_source], rule.data_sources),
        ("Schema", [alert.schema], rule.schemas),
        ("Asset", [alert.asset, alert.asset_id, alert.asset.rpartition(".")[2]], rule.assets),
        ("Tag", alert.tags, rule.tags),
    ]
    for label, values, patterns in scopes:
        if patterns and not _matches_any(values, patterns):
            value = ", ".join(value for value in values[:LIST_LIMIT] if value) or "not given"
            yield f"{label} is {value}; the rule wants {_any_of(patterns)}."


def _matches_any(values: Iterable[str], patterns: Iterable[str]) -> bool:
    """Glob patterns, in any case: `orders*`, `*_staging`, `prod-?`."""
    lowered = [value.lower() for value in values if value]
    return any(fnmatchcase(value, pattern.lower()) for pattern in patterns for value in lowered)


def _any_of(names: list[str]) -> str:
    more = f" or {len(names) - LIST_LIMIT} more" if len(names) > LIST_LIMIT else ""
    return " or ".join(names[:LIST_LIMIT]) + more


def _conditions_met(rule: Rule) -> str:
    conditions = {
        "event type": rule.event_types,
        "severity": rule.severities,
        "change type": rule.change_types,
        "data source": rule.data_sources,
        "schema": rule.schemas,
        "asset": rule.assets,
        "tag": rule.tags,
    }
    used = [name for name, wanted in conditions.items() if wanted]
    return f"Fits its {', '.join(used)}." if used else "The rule takes every alert."
