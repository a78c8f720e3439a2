"""The alerts that a quiet window held back, page by page, and what became of each since."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Literal
from uuid import UUID

from django.db.models import Q, QuerySet

from alerts.models import HELD, Alert, Delivery, Match, QuietWindow, Suppression, Verdict
from destinations.messages import Action

PAGE_SIZE = 50
DEFERS = ("alert__description", "alert__changes", "alert__details", "alert__tags")
Key = tuple[UUID, UUID | None]  # alert, rule


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of an alert that one rule wanted."""

    rule_id: UUID | None
    rule_name: str
    state: Literal["sent", "ended", "held", "passed_over"]
    reason: str = ""
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class HeldAlert:
    alert: Alert
    fates: list[Fate]
    creates: list[Delivery]


def page_of(window: QuietWindow, before: str) -> tuple[list[HeldAlert], str]:
    """The newest first; and where the next page begins, empty if nothing is left. At most four
    queries."""
    rows = window.suppressions.select_related("alert").defer(*DEFERS)
    if place := _place(window, before):
        created_at, pk = place.created_at, place.pk
        rows = rows.filter(Q(created_at__lt=created_at) | Q(id__lt=pk), created_at__lte=created_at)
    found = list(rows.order_by("-created_at", "-id")[: PAGE_SIZE + 1])
    shown = found[:PAGE_SIZE]
    return _with_fates(shown), str(shown[-1].pk) if len(found) > PAGE_SIZE else ""


def _place(window: QuietWindow, before: str) -> Suppression | None:
    """The last row of the page before. One that somebody has made up is no place."""
    is_number = before.isascii() and before.isdecimal() and len(before) < 19
    return window.suppressions.filter(pk=int(before)).first() if is_number else None


def _with_fates(rows: list[Suppression]) -> list[HeldAlert]:
    """Rows of one alert that stand together are one."""
    matches, creates = _matches(rows), _creates(rows)
    by_alert = groupby(rows, lambda row: row.alert_id)
    return [
        _held_alert([*of_one], matches, [one for one in creates if one.alert_id == pk])
        for pk, of_one in by_alert
    ]


def _held_alert(
    rows: list[Suppression], matches: Mapping[Key, Match], creates: list[Delivery]
) -> HeldAlert:
    fates = [_fate(row, matches.get((row.alert_id, row.rule_id))) for row in rows]
    return HeldAlert(rows[0].alert, sorted(fates, key=lambda fate: fate.rule_name), creates)


def _fate(row: Suppression, match: Match | None) -> Fate:
    verdict = match.verdict if match else ""
    if verdict == Verdict.MATCHED:
        return Fate(row.rule_id, row.rule_name, "sent")
    if row.alert.ended_at:
        return Fate(row.rule_id, row.rule_name, "ended")
    if match is None or row.rule_id is None:
        return Fate(row.rule_id, row.rule_name, "passed_over", "The rule is gone.")
    state: Literal["held", "passed_over"] = "held" if verdict in HELD else "passed_over"
    return Fate(row.rule_id, row.rule_name, state, match.reason, match.until)


def _matches(rows: Iterable[Suppression]) -> dict[Key, Match]:
    """What the rules say of the alerts today."""
    alerts = {row.alert_id for row in rows}
    rules = Q(rule__in={row.rule_id for row in rows if row.rule_id}) | Q(rule=None)
    found = Match.objects.filter(rules, alert__in=alerts).order_by("evaluated_at")
    return {(match.alert_id, match.rule_id): match for match in found}


def _creates(rows: Iterable[Suppression]) -> QuerySet[Delivery]:
    alerts = {row.alert_id for row in rows}
    creates = Delivery.objects.filter(alert__in=alerts, action=Action.CREATE)
    needed = ("alert_id", "state", "reference", "link", "destination__name")
    return creates.select_related("destination").only(*needed).order_by("destination__name")
