"""A rule in words: what it asks for, and when it keeps quiet. Pure."""

from collections.abc import Iterator

from alerts.lateness import in_words
from alerts.models import ChangeScope, Rule, TagMode
from alerts.vocabulary import EventType, Severity, change_name
from alerts.wording import joined

SHOWN = 3  # names in a condition, before "4 more"
Lines = Iterator[tuple[str, str]]


def conditions_of(rule: Rule, shown: int | None = SHOWN) -> Lines:
    """What the rule asks for, as label and text; nothing for a condition that is empty."""
    conditions = [
        ("Event type", _or([EventType(name).label for name in rule.event_types], shown)),
        ("Severity", _severity(rule)),
        ("Change", _changes(rule, shown)),
        ("Column", _or(rule.columns, shown)),
        ("Data source", _scope(rule.data_sources, rule.exclude_data_sources, shown)),
        ("Schema", _scope(rule.schemas, rule.exclude_schemas, shown)),
        ("Asset", _scope(rule.assets, rule.exclude_assets, shown)),
        ("Asset ID", _or(rule.asset_ids, shown)),
        ("Tag", joined(rule.tags, " and " if rule.tag_mode == TagMode.ALL else " or ", shown)),
        ("Late", _late(rule)),
        ("Waits for", _patience(rule)),
    ]
    return ((label, text) for label, text in conditions if text)


def quiet_times_of(rule: Rule) -> list[str]:
    """When the rule keeps quiet, and how it gathers. Reads the rule's schedule."""
    said = [
        f"Only in {rule.schedule}" if rule.schedule else "",
        f"Cooldown {in_words(rule.cooldown_minutes)}" if rule.cooldown_minutes else "",
        f"At most {rule.daily_limit:,} a day" if rule.daily_limit else "",
        "Bursts share an incident" if rule.is_grouped else "",
    ]
    return [text for text in said if text]


def _severity(rule: Rule) -> str:
    chosen = _or([Severity(name).label for name in rule.severities], None)
    least = f"at least {Severity(rule.min_severity).label}" if rule.min_severity else ""
    return ", ".join(filter(None, [chosen, least]))


def _changes(rule: Rule, shown: int | None) -> str:
    if rule.change_scope == ChangeScope.BREAKING:
        return "breaking only"
    if rule.change_scope == ChangeScope.NON_BREAKING:
        return "non-breaking only"
    return _or([change_name(name) for name in rule.change_types], shown)


def _scope(included: list[str], excluded: list[str], shown: int | None) -> str:
    without = f"not {_or(excluded, shown)}" if excluded else ""
    return ", ".join(filter(None, [_or(included, shown), without]))


def _late(rule: Rule) -> str:
    by_time = f"at least {in_words(rule.late_minutes)}" if rule.late_minutes else ""
    by_percent = f"{rule.over_percent:,}% beyond the threshold" if rule.over_percent else ""
    return " and ".join(filter(None, [by_time, by_percent]))


def _patience(rule: Rule) -> str:
    events = f"{rule.min_events:,} events in a row" if rule.min_events else ""
    time = in_words(rule.min_minutes) if rule.min_minutes else ""
    return " or ".join(filter(None, [events, time]))


def _or(names: list[str], shown: int | None) -> str:
    return joined(names, " or ", shown)
