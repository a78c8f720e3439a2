"""Advice on a rule that was saved as it was wished, where experience says otherwise. Pure."""

import re
from collections.abc import Iterable, Iterator

from alerts.models import ChangeScope, Rule
from alerts.rule_checks import WITH_CHANGES, WITH_LATENESS
from alerts.vocabulary import EventType, Severity
from destinations.models import Destination

WORD = re.compile(r"[a-z]+")
UNFINISHED = {"dev", "development", "staging", "stage", "test", "testing", "sandbox", "qa"}


def advice_on(rule: Rule, destinations: Iterable[Destination]) -> list[str]:
    """Sentences; none if all is well."""
    waking = [each.name for each in destinations if _wakes_people(each)]
    said = list(_on_people(rule, " and ".join(waking[:3]))) if waking else []
    return [*said, *_on_event_types(rule)]


def _wakes_people(destination: Destination) -> bool:
    """What stays open there until somebody ends it is on somebody's list of things to do now."""
    return destination.connector_class.is_lasting and not destination.is_record_only


def _on_people(rule: Rule, waking: str) -> Iterator[str]:
    if reason := _of_development(rule):
        yield (
            f"{rule.name} is about data that is not in production ({reason}) and opens incidents at"
            f" {waking}. Slack or email suit that better."
        )
    if not _lets_info_through(rule):
        return
    if Severity.INFO in rule.severities:
        yield (
            f"{rule.name} sends informational alerts to {waking}, which wakes people."
            " Slack or email suit those better."
        )
    else:
        yield (
            f"{rule.name} has no minimum severity, so informational alerts open incidents at"
            f" {waking} too. Slack or email suit those better: you may set a minimum severity here,"
            " and make a second rule for the rest."
        )


def _lets_info_through(rule: Rule) -> bool:
    chosen = not rule.severities or Severity.INFO in rule.severities
    return chosen and rule.min_severity in ("", Severity.INFO)


def _of_development(rule: Rule) -> str:
    """The first pattern or tag that says so."""
    lists = {
        "data source": rule.data_sources,
        "schema": rule.schemas,
        "asset": rule.assets,
        "tag": rule.tags,
    }
    for label, lines in lists.items():
        for line in lines:
            if UNFINISHED.intersection(WORD.findall(line.lower())):
                return f"{label} {line}"
    return ""


def _on_event_types(rule: Rule) -> Iterator[str]:
    """Conditions that some of the chosen event types can never fulfil, and others can."""
    asks_for_changes = rule.change_types or rule.change_scope != ChangeScope.ANY or rule.columns
    if asks_for_changes and (others := _others(rule, WITH_CHANGES)):
        yield f"{others} has no schema changes: {rule.name} takes none of them."
    if (rule.late_minutes or rule.over_percent) and (others := _others(rule, WITH_LATENESS)):
        yield f"{others} does not say how late it is: {rule.name} takes none of them."


def _others(rule: Rule, fitting: set[EventType]) -> str:
    return " or ".join(
        EventType(name).label for name in rule.event_types if EventType(name) not in fitting
    )
