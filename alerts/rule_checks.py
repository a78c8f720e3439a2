"""What only several fields of a rule together show: conditions that can never be fulfilled. Pure.

Yields the field and the sentence that belongs beside it. A rule that takes nothing is worse than
none, because people rely on it.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from django.utils import timezone

from alerts import schedules
from alerts.models import ChangeScope
from alerts.patterns import WILDCARDS, Patterns
from alerts.vocabulary import SEVERITY_RANK, EventType, Severity

# Detectors may put anything into an event of their own kind, so CUSTOM is never ruled out.
WITH_CHANGES = {
    EventType.SCHEMA_CHANGE,
    EventType.ASSET_REMOVED,
    EventType.NEW_ASSET,
    EventType.CUSTOM,
}
WITH_LATENESS = {EventType.FRESHNESS_VIOLATION, EventType.CUSTOM}
NO_CHANGES = "The chosen event types have no schema changes: choose Schema change as well, or {}."
NOT_LATE = (
    "Only freshness violations say how late they are: choose that event type as well, or leave this"
    " empty."
)
EXCLUDABLE = ("data_sources", "schemas", "assets")

Values = Mapping[str, Any]
Problems = Iterator[tuple[str, str]]


def problems(values: Values) -> Problems:
    """`values` by field; one that could not be read itself is not there."""
    yield from _severity(values)
    yield from _changes(values)
    yield from _lateness(values)
    for name in EXCLUDABLE:
        yield from _exclusion(name, values)
    yield from _schedule(values)


def _severity(values: Values) -> Problems:
    chosen, least = values.get("severities") or [], values.get("min_severity")
    if least and chosen and all(SEVERITY_RANK[each] < SEVERITY_RANK[least] for each in chosen):
        yield "min_severity", f"None of the chosen severities is {Severity(least).label} or graver."


def _changes(values: Values) -> Problems:
    scope = values.get("change_scope")
    if scope == ChangeScope.CHOSEN and values.get("change_types") == []:
        yield "change_types", "Choose at least one change type."
    if not _rules_out(values, WITH_CHANGES):
        return
    if scope in (ChangeScope.BREAKING, ChangeScope.NON_BREAKING):
        yield "change_scope", NO_CHANGES.format("Any change here")
    if values.get("change_types"):
        yield "change_types", NO_CHANGES.format("Any change above")
    if values.get("columns"):
        yield "columns", NO_CHANGES.format("leave this empty")


def _lateness(values: Values) -> Problems:
    if _rules_out(values, WITH_LATENESS):
        for name in ("late_minutes", "over_percent"):
            if values.get(name):
                yield name, NOT_LATE


def _rules_out(values: Values, event_types: set[EventType]) -> bool:
    chosen = values.get("event_types")
    return bool(chosen) and not event_types.intersection(chosen or ())


def _exclusion(name: str, values: Values) -> Problems:
    """Two lists of hundreds of patterns have tens of thousands of pairs, so each list is made ready
    once. Stars in a pattern are taken by stars alone, so where what excludes has nothing but stars,
    looking at the other as a name will do."""
    excluded = values.get(f"exclude_{name}") or []
    same = {line.lower(): line for line in excluded}
    every = Patterns(excluded)
    with_stars = Patterns(line for line in excluded if not {"?", "["} & set(line))
    for included in values.get(name) or ():
        lowered = included.lower()
        sure = with_stars if WILDCARDS & set(lowered) else every
        found = same.get(lowered) or (sure.fits(lowered) and sure.that_fits([lowered]))
        if found:
            yield f"exclude_{name}", f"{found} excludes all that {included} lets in."
            return


def _schedule(values: Values) -> Problems:
    schedule, now = values.get("schedule"), timezone.now()
    if schedule is None or schedules.is_open(schedule, now):
        return
    if schedules.next_opening(schedule, now) is None:
        yield "schedule", f"{schedule.name} never opens: this rule would send nothing."
