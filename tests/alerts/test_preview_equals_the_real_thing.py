"""On few alerts a preview is exact: it says what the rule itself does, asked alert by alert."""

import heapq
from collections import Counter
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from alerts import quotas, rules
from alerts.groups import burst_of
from alerts.models import Alert, Blackout, Rule, Schedule, Suppressor, Verdict
from alerts.previews.past import look_back
from alerts.rulebook import Rulebook

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
GROUP_WINDOW = timedelta(minutes=5)

alerts = st.fixed_dictionaries(
    {
        "minutes": st.integers(0, 30) | st.integers(0, 6 * 24 * 60),
        "lasts": st.sampled_from([None, 0, 1, 20, 300, 3000]),
        "asset": st.sampled_from(["orders", "Orders", "customers"]),
        "schema": st.sampled_from(["public", "other"]),
        "severity": st.sampled_from(["info", "warning", "critical"]),
        "event_type": st.sampled_from(["schema_change", "new_asset"]),
        "tags": st.sampled_from([[], ["finance"], ["Finance", "nightly"]]),
        "count": st.integers(1, 4),
    }
)
windows = st.lists(
    st.fixed_dictionaries(
        {
            "days": st.lists(st.integers(1, 7), min_size=1, unique=True),
            "start": st.sampled_from(["00:00", "08:00", "20:00"]),
            "end": st.sampled_from(["00:00", "06:00", "18:00"]),
        }
    ),
    max_size=2,
)
blackouts = st.lists(
    st.fixed_dictionaries(
        {
            "recurrence": st.sampled_from(["once", "weekly", "yearly"]),
            "zone": st.sampled_from(["UTC", "Europe/Berlin"]),
            "days_ago": st.integers(-1, 12),
            "length": st.integers(0, 9),
            "start_time": st.sampled_from([time(0), time(9)]),
            "end_time": st.sampled_from([time(11), time(22, 30)]),
            "tags": st.sampled_from([[], ["finance"]]),
        }
    ),
    max_size=3,
)
conditions = st.fixed_dictionaries(
    {
        "severities": st.sampled_from([[], ["critical", "info"]]),
        "min_severity": st.sampled_from(["", "warning"]),
        "event_types": st.sampled_from([[], ["schema_change"]]),
        "assets": st.sampled_from([[], ["ord*"]]),
        "exclude_schemas": st.sampled_from([[], ["other"]]),
        "tags": st.sampled_from([[], ["fin*"]]),
        "cooldown_minutes": st.sampled_from([None, 1, 60, 2000]),
        "daily_limit": st.sampled_from([None, 1, 3]),
        "min_minutes": st.sampled_from([None, 15]),
        "min_events": st.sampled_from([None, 3]),
        "is_grouped": st.booleans(),
    }
)


@settings(
    max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    given_alerts=st.lists(alerts, max_size=14),
    hours=st.none() | windows,
    quiet=blackouts,
    asked=conditions,
)
def test_a_preview_equals_the_rule_itself(
    given_alerts: list[dict[str, Any]],
    hours: list[dict[str, Any]] | None,
    quiet: list[dict[str, Any]],
    asked: dict[str, Any],
) -> None:
    with transaction.atomic():
        schedule = None
        if hours is not None:
            schedule = Schedule.objects.create(name="S", zone="America/New_York", windows=hours)
        for number, blackout in enumerate(quiet):
            _make_blackout(number, **blackout)
        made = [_make_alert(**fields) for fields in given_alerts]
        rule = Rule.objects.create(name="R", schedule=schedule, **asked)
        tally = look_back(rule, 7, NOW).tally
        expected = _ask_one_by_one(rule, sorted(made, key=lambda each: (each.created_at, each.pk)))
        found = Counter({"matched": tally.matched, "incidents": tally.incidents})
        found.update({"grouped": tally.grouped, "waiting": tally.waiting, "late": tally.late})
        found.update(tally.held)
        assert +found == +expected
        transaction.set_rollback(True)


def _ask_one_by_one(rule: Rule, made: list[Alert]) -> Counter[str]:
    """By the functions that judge events, each alert whenever the sweeper would look at it."""
    book, expected = Rulebook(), Counter[str]()
    first_held: dict[int, Suppressor] = {}
    wanted, untold = set[int](), set[int]()
    bursts: dict[str, datetime] = {}
    queue = [(alert.created_at, place) for place, alert in enumerate(made)]
    heapq.heapify(queue)
    while queue:
        at, place = heapq.heappop(queue)
        alert = made[place]
        is_first = at == alert.created_at
        if at > NOW or not (is_first or alert.ended_at is None or alert.ended_at > at):
            continue
        [finding] = rules.verdicts(alert, [rule], now=at, breaking=book.breaking, quiet=book.quiet)
        if finding.verdict == Verdict.NOT_MATCHED:
            continue
        wanted.add(place)
        untold.add(place)
        if finding.verdict == Verdict.MATCHED:
            obstacle = quotas.take(rule, alert, book.quiet.schedule_of(rule), at)
            finding = rules.suppressed(rule, obstacle) if obstacle else finding
        if finding.suppressor:
            first_held.setdefault(place, finding.suppressor)
        if finding.verdict == Verdict.MATCHED:
            untold.discard(place)
            expected["late"] += place in first_held
            expected[_of_burst(rule, alert, at, bursts)] += 1
        elif finding.until:
            heapq.heappush(queue, (finding.until, place))
    expected["matched"] = len(wanted)
    for place in untold:
        expected[first_held.get(place, "waiting")] += 1
    return expected


def _of_burst(rule: Rule, alert: Alert, at: datetime, bursts: dict[str, datetime]) -> str:
    burst = burst_of(alert)
    if rule.is_grouped and burst in bursts and at < bursts[burst] + GROUP_WINDOW:
        return "grouped"
    bursts[burst] = at
    return "incidents"


def _make_alert(minutes: int, lasts: int | None, **fields: Any) -> Alert:
    at = NOW - minutes * MINUTE
    alert = Alert(title="T", data_source="prod", occurred_at=at, last_event_at=at, **fields)
    alert.fingerprint = alert.pk.hex
    alert.ended_at = None if lasts is None else at + lasts * MINUTE
    alert.save()
    alert.created_at = at
    alert.save()
    return alert


def _make_blackout(number: int, days_ago: int, length: int, **fields: Any) -> None:
    start = (NOW - timedelta(days=days_ago)).date()
    end = start + timedelta(days=length)
    Blackout.objects.create(name=f"B{number}", start_date=start, end_date=end, **fields)
