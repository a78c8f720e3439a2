"""What a rule asks of an alert, made ready once for many alerts. Pure."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from alerts.facts import Facts
from alerts.lateness import in_words
from alerts.models import ChangeScope, Rule
from alerts.patterns import Patterns
from alerts.scopes import Scope
from alerts.vocabulary import SEVERITY_RANK
from alerts.wording import any_of, listed, moment


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
        yield from self._change_objections(facts)
        yield from self._scope.objections(facts)
        if self._asset_ids and alert.asset_id not in self._asset_ids:
            wanted = any_of(rule.asset_ids)
            yield f"Asset ID is {alert.asset_id or 'not given'}; the rule wants {wanted}."
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
        if until and until <= facts.now:
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
        if self.rule.change_scope == ChangeScope.NON_BREAKING:
            breaking = [c for c in facts.changes if c["change_type"] in facts.breaking]
            if breaking:
                broken = _types(breaking)
                yield f"Changes are {broken} (breaking); the rule wants non-breaking only."
        wanted = [change for change in facts.changes if self._wants(change, facts)]
        if not wanted and self._asks_for_changes:
            yield f"{_all_types(facts)}; the rule wants {self._wanted_changes()}."
        elif self._columns and not any(self._has_column(change) for change in wanted):
            columns = listed([change["column"] for change in wanted]) or "not given"
            yield f"Column is {columns}; the rule wants {any_of(self._columns.lines)}."

    @property
    def _asks_for_changes(self) -> bool:
        return self._wants_change_types or self.rule.change_scope in (
            ChangeScope.BREAKING,
            ChangeScope.NON_BREAKING,
        )

    def _wants(self, change: dict[str, Any], facts: Facts) -> bool:
        """Whether one change, column aside, is of the kind that the rule is about."""
        kind = change["change_type"]
        if self.rule.change_scope == ChangeScope.BREAKING:
            return kind in facts.breaking
        if self.rule.change_scope == ChangeScope.NON_BREAKING:
            return kind not in facts.breaking
        return not self._wants_change_types or kind in self._change_types

    def _has_column(self, change: dict[str, Any]) -> bool:
        return self._columns.fits(change.get("column", "").lower())

    def _wanted_changes(self) -> str:
        if self.rule.change_scope == ChangeScope.BREAKING:
            return "a breaking change"
        if self.rule.change_scope == ChangeScope.NON_BREAKING:
            return "a non-breaking change"
        return any_of(self.rule.change_types)

    def _lateness_objections(self, facts: Facts) -> Iterator[str]:
        late, over = facts.lateness.late, facts.lateness.over_percent
        if wanted := self.rule.late_minutes:
            if late is None:
                yield f"How late it is is not given; the rule wants at least {in_words(wanted)}."
            elif late < wanted:
                is_late = f"It is {in_words(late)} late" if late > 0 else "It is not late"
                yield f"{is_late}; the rule wants at least {in_words(wanted)}."
        if percent := self.rule.over_percent:
            if over is None:
                yield f"Its threshold is not given; the rule wants {percent}% beyond it."
            elif over < percent:
                yield f"It is {max(over, 0):.0f}% beyond its threshold; the rule wants {percent}%."

    def _waits_for(self, facts: Facts, until: datetime | None) -> str:
        parts = []
        if self.rule.min_events:
            parts.append(f"{facts.alert.count} of {self.rule.min_events} events in a row so far")
        if until:
            wanted = in_words(self.rule.min_minutes or 0)
            parts.append(f"open since {moment(facts.since)}, the rule waits for {wanted}")
        text = "; or: ".join(parts)
        return f"{text[0].upper()}{text[1:]}."


def _types(changes: list[dict[str, Any]]) -> str:
    return ", ".join(sorted({change["change_type"] for change in changes}))


def _all_types(facts: Facts) -> str:
    return f"Changes are {_types(facts.changes)}" if facts.changes else "There are no changes"
