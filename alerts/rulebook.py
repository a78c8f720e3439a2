"""The rules as one transaction sees them, with their quiet times, and the destinations they name.

What a rule asks for is made ready once, and kept for as long as its row does not change: with 500
rules, reading and preparing them would take most of the time of every event.
"""

import functools
import json
from collections import defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db import connection, models
from django.utils import timezone

from alerts import rows
from alerts.conditions import Conditions
from alerts.digest_slots import slot_after
from alerts.models import Blackout, Rule, Schedule
from alerts.scopes import Scope
from alerts.suppression import QuietTimes
from alerts.turns import Outdated
from alerts.vocabulary import breaking_with

# A row's id and when it was saved say whether it is still the one that is kept.
STAMPS = """
    SELECT 'rule' AS kind, CAST(id AS text), CAST(updated_at AS text), name FROM alerts_rule
    UNION ALL SELECT 'schedule', CAST(id AS text), CAST(updated_at AS text), name
        FROM alerts_schedule
    UNION ALL SELECT 'blackout', CAST(id AS text), CAST(updated_at AS text), name
        FROM alerts_blackout WHERE is_active
    UNION ALL SELECT CASE WHEN is_breaking THEN 'breaking' ELSE 'harmless' END, change_type, '', ''
        FROM alerts_breakingflag
    ORDER BY 4"""
FLAGS = ("breaking", "harmless")
HOLD = """
    SELECT CAST(id AS text), CAST(updated_at AS text) FROM alerts_{kind}
    WHERE id IN ({places}) ORDER BY id FOR SHARE"""
# The config of those only that want digests: few, and reading it takes time. As text, because the
# ids of most rules are not needed as ids.
DESTINATIONS = """
    SELECT CAST(named.rule_id AS text), CAST(named.destination_id AS text), NULL
    FROM alerts_rule_destinations AS named
    JOIN destinations_destination AS destination ON destination.id = named.destination_id
    WHERE destination.deleted_at IS NULL
    UNION ALL SELECT NULL, CAST(id AS text), CAST(config AS text) FROM destinations_destination
    WHERE deleted_at IS NULL
        AND (CAST(config AS text) LIKE '%"timing": "hourly"%'
            OR CAST(config AS text) LIKE '%"timing": "daily"%')"""

Ready = TypeVar("Ready")
Row = TypeVar("Row", bound=models.Model)
Stamp = tuple[str, str]  # id, updated_at


class _Shelf(Generic[Row, Ready]):
    """What was made of the rows of one model, kept from event to event."""

    def __init__(self, model: type[Row], prepare: Callable[[Row], Ready]) -> None:
        self._model, self._prepare = model, prepare
        self._kept: dict[Stamp, Ready] = {}

    def get(self, stamps: list[Stamp]) -> list[Ready]:
        """What was made of these rows, in their order. Rows that have changed are read again."""
        kept = self._kept
        if missing := [stamp for stamp in stamps if stamp not in kept]:
            kept = kept | self._made(missing)
        found = {stamp: kept[stamp] for stamp in stamps if stamp in kept}
        if missing or len(found) < len(kept):
            self._kept = found  # put in place at once: other threads read it meanwhile
        return list(found.values())

    def _made(self, stamps: list[Stamp]) -> dict[Stamp, Ready]:
        by_id = {UUID(stamp[0]): stamp for stamp in stamps}
        read = rows.find(self._model, "id", by_id)
        return {by_id[row.pk]: self._prepare(row) for row in read}


_rules = _Shelf(Rule, Conditions)
_schedules = _Shelf(Schedule, lambda schedule: schedule)
_blackouts = _Shelf(Blackout, lambda blackout: (blackout, Scope(blackout)))


class Rulebook:
    """Read once, when the first event needs it."""

    def __init__(self) -> None:
        self._destinations: dict[str, list[str]] | None = None
        self._configs: dict[UUID, dict[str, Any]] = {}

    @functools.cached_property
    def conditions(self) -> list[Conditions]:
        """Those of every rule, by the rules' names."""
        return _rules.get(self._stamps["rule"])

    @functools.cached_property
    def quiet(self) -> QuietTimes:
        kept = _schedules.get(self._stamps["schedule"])
        return QuietTimes(
            {schedule.pk: schedule for schedule in kept},
            _blackouts.get(self._stamps["blackout"]),
        )

    @functools.cached_property
    def breaking(self) -> frozenset[str]:
        """The change types that are breaking here."""
        flags = {name: kind == "breaking" for kind in FLAGS for name, _ in self._stamps[kind]}
        return breaking_with(flags)

    @functools.cached_property
    def hears_repeats(self) -> bool:
        """Whether a repeat may make a rule take an alert that it did not take before."""
        return any(each.hears_repeats for each in self.conditions)

    def destinations_of(self, rule: Rule) -> list[UUID]:
        """The ids of the rule's destinations, without deleted ones."""
        if self._destinations is None:
            self._destinations = self._read_destinations()
        named = self._destinations.get(rule.pk.hex, [])
        return [UUID(destination) for destination in named]

    def slot_of(self, destination: UUID) -> datetime | None:
        """When the destination's next digest is due; None if it gets each alert at once."""
        config = self._configs.get(destination)
        return slot_after(config, timezone.now()) if config else None

    def hold(self, kind: str, ids: Iterable[UUID]) -> None:
        """Keeps these rules, schedules or blackouts as they were read until the end of the
        transaction: who changes one waits, and then finds what it holds back. Raises Outdated if
        that is too late. SQLite has one writer: nothing changes meanwhile."""
        if not connection.features.has_select_for_update:
            return
        names = [str(pk) for pk in ids]
        statement = HOLD.format(kind=kind, places=", ".join(["%s"] * len(names)))
        with connection.cursor() as cursor:
            cursor.execute(statement, names)
            held = cursor.fetchall()
        if len(held) < len(names) or not set(held) <= set(self._stamps[kind]):
            raise Outdated(f"A {kind} was changed meanwhile.")

    @functools.cached_property
    def _stamps(self) -> dict[str, list[Stamp]]:
        found: dict[str, list[Stamp]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(STAMPS)
            for kind, pk, updated_at, _ in cursor.fetchall():
                found[kind].append((pk, updated_at))
        return found

    def _read_destinations(self) -> dict[str, list[str]]:
        named_by: dict[str, list[str]] = defaultdict(list)
        with connection.cursor() as cursor:
            cursor.execute(DESTINATIONS)
            for rule, destination, config in cursor.fetchall():
                if config is None:
                    named_by[rule.replace("-", "")].append(destination)
                else:
                    self._configs[UUID(destination)] = json.loads(config)
        return named_by
