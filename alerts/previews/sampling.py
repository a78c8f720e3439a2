"""Reads the stored alerts that a preview looks at: all of them if they are few, else a sample.

Alert ids are random, so the alerts in any part of all possible ids are a fair sample of them, and
the primary key's index finds them. A filter by name that an index serves is left to the database;
patterns are not.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import Func, Q, QuerySet

from alerts.models import Alert, Blackout, ChangeScope, Rule
from alerts.vocabulary import SEVERITY_RANK

ROWS_LIMIT = 20_000
PAGE = 1_000
SECONDS = 1.0  # after that nothing more is read
# All possible ids, in so many parts; how many of them are read at once, first and at most.
PARTS = 1 << 16
FIRST_STEP, LAST_STEP = 1 << 6, 1 << 9
COLUMNS = (
    "id",
    "event_type",
    "severity",
    "data_source",
    "schema",
    "asset",
    "asset_id",
    "ended_at",
    "created_at",
)
NAMES = ("event_type", "severity")
# Columns that are read only if somebody asks for them, and what stands there if nobody does.
UNREAD: dict[str, Any] = {
    "changes": [],
    "tags": [],
    "details": {},
    "count": 1,
    "last_event_at": None,
}


class Unindexed(Func):
    """A column, but no index on it is used. SQLite takes one on names for better than the primary
    key, and would read all alerts of a name again for each part of the ids."""

    template = "%(expressions)s"
    arity = 1

    def as_sqlite(self, compiler: Any, connection: Any, **context: Any) -> Any:
        return self.as_sql(compiler, connection, **context | {"template": "+%(expressions)s"})


class Stored:
    """The alerts of a time that one of the rules may want. After `pages` has come to its end,
    `share` is the part of them that was read and `counted` is how many that were."""

    def __init__(
        self,
        rules: Sequence[Rule],
        since: datetime,
        until: datetime,
        blackouts: Iterable[Blackout] = (),
    ) -> None:
        self.share, self.counted = 1.0, 0
        self._event_types = _all_of([rule.event_types for rule in rules])
        self._severities = _all_of([_severities(rule) for rule in rules])
        self._columns = [*COLUMNS, *_asked_columns(rules, blackouts)]
        self._time = since, until

    def pages(self) -> Iterator[list[Alert]]:
        yield from self._all() if self._are_few() else self._some()

    @property
    def _in_time(self) -> QuerySet[Alert]:
        """Without summaries, which speak for other alerts: no rule is ever asked about them."""
        in_time = Alert.objects.filter(created_at__range=self._time, storm=None)
        return in_time.order_by("-created_at", "-id")

    def _read(self, rows: QuerySet[Alert], limit: int | None = None) -> list[Alert]:
        found = rows.values_list(*self._columns)[:limit]
        page = [_alert(zip(self._columns, values, strict=True)) for values in found]
        self.counted += len(page)
        return page

    def _are_few(self) -> bool:
        left = ROWS_LIMIT
        for rows in self._by_index():
            left -= rows[: left + 1].count()
            if left < 0:
                return False
        return True

    def _by_index(self) -> list[QuerySet[Alert]]:
        """The rows in parts, for each of which there is an index."""
        if self._event_types:
            return [self._in_time.filter(event_type=name) for name in self._event_types]
        if self._severities:
            return [self._in_time.filter(severity=name) for name in self._severities]
        return [self._in_time]

    def _all(self) -> Iterator[list[Alert]]:
        for rows in map(self._narrow, self._by_index()):
            page = self._read(rows, PAGE)
            while page:
                yield page
                last = page[-1]
                below = Q(created_at__lt=last.created_at) | Q(id__lt=last.pk)
                after = rows.filter(below, created_at__lte=last.created_at)
                page = self._read(after, PAGE) if len(page) == PAGE else []

    def _some(self) -> Iterator[list[Alert]]:
        ends, at, step = time.monotonic() + SECONDS, 0, FIRST_STEP
        kept = {f"kept_{name}": Unindexed(name) for name in ("created_at", *NAMES)}
        in_time: dict[str, Any] = {"kept_created_at__range": self._time}
        rows = self._narrow(Alert.objects.alias(**kept).filter(**in_time, storm=None), "kept_")
        while not at or (at < PARTS and self.counted < ROWS_LIMIT and time.monotonic() < ends):
            start, at = at, min(at + step, PARTS)
            part = rows.filter(id__gte=_id(start))
            page = self._read(part.filter(id__lt=_id(at)) if at < PARTS else part)
            self.share = at / PARTS
            yield page
            step = min(2 * step, LAST_STEP) if len(page) < PAGE else step

    def _narrow(self, rows: QuerySet[Alert], prefix: str = "") -> QuerySet[Alert]:
        for name, wanted in zip(NAMES, (self._event_types, self._severities), strict=True):
            if wanted:
                rows = rows.filter(**{f"{prefix}{name}__in": wanted})
        return rows


def _id(part: int) -> UUID:
    """The first id of a part."""
    return UUID(int=part << 112)


def _all_of(wanted: Sequence[Sequence[str]]) -> list[str]:
    """The names that one of the rules wants; none if one of them wants all."""
    return sorted({name for names in wanted for name in names}) if all(wanted) else []


def _severities(rule: Rule) -> list[str]:
    least = SEVERITY_RANK.get(rule.min_severity, 0)
    chosen = [name for name in rule.severities or SEVERITY_RANK if SEVERITY_RANK[name] >= least]
    # A rule may ask for "info" and for at least "warning": then it wants none of them.
    return [] if len(chosen) == len(SEVERITY_RANK) else chosen or list(rule.severities)


def _asked_columns(rules: Iterable[Rule], blackouts: Iterable[Blackout]) -> set[str]:
    asked: set[str] = set()
    for rule in rules:
        if rule.change_types or rule.columns or rule.change_scope != ChangeScope.ANY:
            asked.add("changes")
        if rule.late_minutes or rule.over_percent:
            asked.add("details")
        if rule.min_events:
            asked |= {"count", "last_event_at"}
        if rule.tags:
            asked.add("tags")
    return asked | ({"tags"} if any(each.tags for each in blackouts) else set())


def _alert(values: Iterable[tuple[str, Any]]) -> Alert:
    """An alert to look at, not to save. Its own `__init__` would take a third of all the time."""
    alert = Alert.__new__(Alert)
    alert.__dict__.update(UNREAD)
    alert.__dict__.update(values)
    return alert
