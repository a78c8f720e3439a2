"""What a rule asks of an alert, made ready once for many alerts. Pure."""

import math
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alerts.facts import Facts
from alerts.lateness import Lateness, in_words
from alerts.models import ChangeScope, Rule
from alerts.patterns import Patterns
from alerts.scopes import Scope
from alerts.vocabulary import SEVERITY_RANK
from alerts.wording import any_of, clipped, is_are, listed, of_some

# An alert that opened further ahead was dated by another clock: how long it is open nobody knows.
CLOCK_SLACK = timedelta(minutes=1)


class Conditions:
    """The conditions of one rule. The first that fails is the reason, so the cheap and telling ones
    come first."""

    def __init__(self, rule: Rule) -> None:
        self.rule = rule
        self._event_types = frozenset(rule.event_types)
        self._severities = frozenset(rule.severities)
        self._min_rank = SEVERITY_RANK.get(rule.min_severity, 0)
        self._scope = Scope(rule)
        self._asset_ids = frozenset(rule.asset_ids)
        self._columns = Patterns(rule.columns)
        self._change_types = frozenset(rule.change_types)
        is_chosen = rule.change_scope in (ChangeScope.ANY, ChangeScope.CHOSEN)
        self._wants_change_types = bool(rule.change_types) and is_chosen
        self._asks_for_changes = self._wants_change_types or rule.change_scope in (
            ChangeScope.BREAKING,
            ChangeScope.NON_BREAKING,
        )
        # With hundreds of rules, asking for what a rule does not have would take most of the time.
        self._asks_for_lateness = bool(rule.late_minutes or rule.over_percent)

    def objections(self, facts: Facts) -> Iterator[str]:
        """Why the rule does not want the alert, with both values; nothing if it does."""
        alert, rule = facts.alert, self.rule
        if not rule.is_active:
            yield "The rule is off."
        if self._event_types and alert.event_type not in self._event_types:
            yield f"Event type is {alert.event_type}; the rule wants {any_of(rule.event_types)}."
        if self._severities and alert.severity not in self._severities:
            yield f"Severity is {alert.severity}; the rule wants {any_of(rule.severities)}."
        if facts.rank < self._min_rank:
            yield f"Severity is {alert.severity}; the rule wants at least {rule.min_severity}."
        if self._asks_for_changes or self._columns:  # there may be hundreds of changes
            yield from self._change_objections(facts)
        if self._scope:
            yield from self._scope.objections(facts)
        if self._asset_ids and alert.asset_id not in self._asset_ids:
            given, wanted = clipped(alert.asset_id) or "not given", any_of(rule.asset_ids)
            yield f"Asset ID is {given}; the rule wants {wanted}."
        if self._asks_for_lateness:
            yield from self._lateness_objections(facts)

    def wait(self, facts: Facts) -> tuple[str, datetime | None] | None:
        """What the rule still waits for before it takes the alert: the reason, and until when at
        the latest if that is known. None: it takes it now. Of a number of events and a time, either
        is enough."""
        rule = self.rule
        if not rule.min_events and not rule.min_minutes:
            return None
        if rule.min_events and facts.alert.count >= rule.min_events:
            return None
        until = facts.since + timedelta(minutes=rule.min_minutes) if rule.min_minutes else None
        if until and (until <= facts.now or facts.since > facts.now + CLOCK_SLACK):
            return None
        return self._waits_for(facts, until), until

    @property
    def hears_repeats(self) -> bool:
        """Whether a repeat may make the rule take an alert that it did not take before."""
        rule = self.rule
        return bool(rule.min_events or rule.late_minutes or rule.over_percent)

    def in_words(self) -> str:
        """What the rule asks for, as the reason of an alert that fits."""
        used = [name for name, wanted in self._used() if wanted]
        return f"Fits its {', '.join(used)}." if used else "The rule takes every alert."

    def _used(self) -> list[tuple[str, Any]]:
        rule = self.rule
        is_scoped = rule.change_scope in (ChangeScope.BREAKING, ChangeScope.NON_BREAKING)
        return [
            ("event type", rule.event_types),
            ("severity", rule.severities or rule.min_severity),
            ("change type", self._wants_change_types or is_scoped),
            ("column", rule.columns),
            ("data source", rule.data_sources or rule.exclude_data_sources),
            ("schema", rule.schemas or rule.exclude_schemas),
            ("asset", rule.assets or rule.exclude_assets),
            ("asset ID", rule.asset_ids),
            ("tag", rule.tags),
            ("delay", rule.late_minutes or rule.over_percent),
        ]

    def _change_objections(self, facts: Facts) -> Iterator[str]:
        if broken := self._unwanted_breaking(facts):
            verb = is_are(broken)
            yield f"{listed(broken)} {verb} breaking; the rule wants non-breaking changes only."
        wanted = [name for name in facts.columns if self._wants(name, facts)]
        if not wanted and self._asks_for_changes:
            types = sorted(facts.columns)
            given = of_some("Change", "Changes", types) if types else "There are no changes"
            yield f"{given}; the rule wants {self._wanted_changes()}."
        elif self._columns and not any(self._columns.fits_any(facts.columns[w]) for w in wanted):
            columns = [column for name in wanted for column in facts.columns[name].values()]
            given = of_some(f"Column{self._of_wanted}", f"Columns{self._of_wanted}", columns)
            yield f"{given}; the rule wants {any_of(self._columns.lines)}."

    def _unwanted_breaking(self, facts: Facts) -> list[str]:
        """The types of its breaking changes, where the rule wants none."""
        if self.rule.change_scope != ChangeScope.NON_BREAKING:
            return []
        return sorted(name for name in facts.columns if name in facts.breaking)

    def _wants(self, change_type: str, facts: Facts) -> bool:
        """Whether changes of the type, columns aside, are of the kind that the rule is about."""
        if self.rule.change_scope == ChangeScope.BREAKING:
            return change_type in facts.breaking
        if self.rule.change_scope == ChangeScope.NON_BREAKING:
            return change_type not in facts.breaking
        return not self._wants_change_types or change_type in self._change_types

    def _wanted_changes(self) -> str:
        if self.rule.change_scope == ChangeScope.BREAKING:
            return "a breaking change"
        if self.rule.change_scope == ChangeScope.NON_BREAKING:
            return "a non-breaking change"
        return any_of(self.rule.change_types)

    @property
    def _of_wanted(self) -> str:
        """Whose columns count, where not all changes do."""
        if self.rule.change_scope == ChangeScope.BREAKING:
            return " of breaking changes"
        return f" of {any_of(self.rule.change_types)}" if self._wants_change_types else ""

    def _lateness_objections(self, facts: Facts) -> Iterator[str]:
        lateness = facts.lateness
        late, over = lateness.late, lateness.over_percent
        if wanted := self.rule.late_minutes:
            if late is None:
                yield f"{_untold(lateness)}; the rule wants at least {in_words(wanted)} late."
            elif late < wanted:
                is_late = f"It is {in_words(late)} late" if late > 0 else "It is not late"
                yield f"{is_late}; the rule wants at least {in_words(wanted)}."
        if percent := self.rule.over_percent:
            if over is None:
                is_zero = lateness.threshold is not None and lateness.threshold <= 0
                given = "Its threshold is 0" if is_zero else _untold(lateness)
                yield f"{given}; the rule wants at least {percent}% beyond its threshold."
            elif over < percent:
                beyond = math.floor(max(over, 0))
                yield f"It is {beyond}% beyond its threshold; the rule wants at least {percent}%."

    def _waits_for(self, facts: Facts, until: datetime | None) -> str:
        count = facts.alert.count
        for_events = f"for {self.rule.min_events} events in a row ({count} so far)"
        for_time = f"until the alert has been open for {in_words(self.rule.min_minutes or 0)}"
        wanted = [for_events] if self.rule.min_events else []
        return f"It waits {' or '.join([*wanted, for_time] if until else wanted)}."


def _untold(lateness: Lateness) -> str:
    what = "how old the data is" if lateness.age is None else "its threshold"
    return f"The event does not say {what}"
