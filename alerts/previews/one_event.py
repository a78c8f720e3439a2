"""What a rule says of one event that somebody has pasted. Nothing is stored."""

import math
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from alerts import events, new_rows, pasting
from alerts.asking import findings_on
from alerts.conditions import Conditions
from alerts.facts import Facts, facts_of
from alerts.lateness import in_words
from alerts.models import Rule, Verdict
from alerts.rule_words import conditions_of
from alerts.rulebook import Rulebook
from alerts.rules import Finding
from alerts.vocabulary import EventType, Severity, change_label
from alerts.wording import listed

SIZE_LIMIT = 64 * 1024  # bytes
NOT_GIVEN = "not given"
SHOWN = 5  # names in a condition


@dataclass(frozen=True, slots=True)
class Check:
    """One condition of the rule, with both values."""

    label: str
    wanted: str
    given: str
    objection: str  # empty: it is met

    @property
    def is_met(self) -> bool:
        return not self.objection


@dataclass(frozen=True, slots=True)
class Answer:
    """What the rule says; or `errors`, each with "field" and "message", if it is no event."""

    errors: Sequence[pasting.Mistake] = ()
    finding: Finding | None = None
    checks: Sequence[Check] = ()
    is_end: bool = False  # the event reports that a problem is over

    @property
    def is_matched(self) -> bool:
        return bool(self.finding and self.finding.verdict == Verdict.MATCHED)


def ask(rule: Rule, pasted: str, now: datetime) -> Answer:
    """Asks the rule about the alert that this event would open, at this moment."""
    if len(pasted.encode(errors="replace")) > SIZE_LIMIT:
        too_long = f"The event is longer than {SIZE_LIMIT // 1024} KiB. Paste a shorter one."
        return Answer(errors=[{"field": "", "message": too_long}])
    try:
        return _answer(rule, pasting.parse(pasted), now)
    except pasting.NoEvent as error:
        return Answer(errors=error.mistakes)


def _answer(rule: Rule, event: events.Event, now: datetime) -> Answer:
    book, alert = Rulebook(), new_rows.alert(event)
    [finding] = findings_on(alert, [rule], book, now)
    checks = list(_checks(rule, facts_of(alert, now, book.breaking)))
    return Answer(finding=finding, checks=checks, is_end=event.status == "resolved")


def _checks(rule: Rule, facts: Facts) -> Iterator[Check]:
    """Every condition that is not empty, also those behind the first that fails."""
    for label, names, context, given in CONDITIONS:
        wanted = ", ".join(text for _, text in conditions_of(_alone(rule, names), SHOWN))
        if wanted:
            alone = Conditions(_alone(rule, [*names, *context]))
            objection = next(alone.objections(facts), "")
            yield Check(label, wanted, given(facts) or NOT_GIVEN, objection)


def _alone(rule: Rule, names: Iterable[str]) -> Rule:
    """A rule that has only these conditions of it."""
    return Rule(**{name: getattr(rule, name) for name in names})


def _name(key: str) -> Callable[[Facts], str]:
    return lambda facts: listed(facts.names[key])


def _changes(facts: Facts) -> str:
    return listed(change_label(each["change_type"], facts.breaking) for each in facts.alert.changes)


def _columns(facts: Facts) -> str:
    return listed(change.get("column", "") for change in facts.alert.changes)


def _lateness(facts: Facts) -> str:
    late, over = facts.lateness.late, facts.lateness.over_percent
    if late is None:
        return ""
    beyond = "" if over is None else f", {math.floor(max(over, 0)):,}% beyond the threshold"
    return f"{in_words(late)}{beyond}" if late > 0 else "not late"


# Label, the rule's fields that say it, others on which it depends, and what the event has.
CHANGES = ("change_scope", "change_types")
CONDITIONS: list[tuple[str, Sequence[str], Sequence[str], Callable[[Facts], str]]] = [
    ("Event type", ["event_types"], [], lambda facts: EventType(facts.alert.event_type).label),
    (
        "Severity",
        ["severities", "min_severity"],
        [],
        lambda facts: Severity(facts.alert.severity).label,
    ),
    ("Change", CHANGES, [], _changes),
    ("Column", ["columns"], CHANGES, _columns),
    ("Data source", ["data_sources", "exclude_data_sources"], [], _name("data_source")),
    ("Schema", ["schemas", "exclude_schemas"], [], _name("schema")),
    ("Asset", ["assets", "exclude_assets"], [], _name("asset")),
    ("Asset ID", ["asset_ids"], [], lambda facts: facts.alert.asset_id),
    ("Tag", ["tags", "tag_mode"], [], _name("tags")),
    ("Late", ["late_minutes", "over_percent"], [], _lateness),
]
