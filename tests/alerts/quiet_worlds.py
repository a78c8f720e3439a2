"""Any rules, quiet times and quotas, and any days with them: what the property tests play."""

from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import hypothesis.strategies as st
import time_machine
from django.db import transaction

from alerts import ingest, lifecycle
from alerts.models import (
    Alert,
    AlertState,
    Blackout,
    BreakingFlag,
    Delivery,
    Match,
    Rule,
    Schedule,
    Verdict,
)
from alerts.scopes import Scope
from alerts.suppression import QuietTimes
from alerts.sweep import sweep
from alerts.vocabulary import breaking_with
from destinations.messages import Action
from destinations.models import Destination
from tests.alerts.factories import an_event, drain, resolved

START = datetime(2026, 11, 24, 8, 30, tzinfo=UTC)  # a Tuesday
DESTINATIONS = 3
ALWAYS = {"days": [1, 2, 3, 4, 5, 6, 7], "start": "00:00", "end": "00:00"}
ZONES = ["UTC", "Europe/Berlin", "America/New_York", "Asia/Kathmandu"]
# Two of them are about one asset: they share a cooldown.
PROBLEMS: list[dict[str, Any]] = [
    {"dedup_key": "one", "asset": "shop.public.orders", "tags": ["production"]},
    {"dedup_key": "two", "asset": "shop.public.orders", "tags": []},
    {"dedup_key": "three", "asset": "shop.staging.orders_staging", "tags": ["staging"]},
    {"dedup_key": "four", "asset": "shop.public.users", "tags": ["production"]},
]
CHANGES: list[list[dict[str, str]]] = [
    [],
    [{"change_type": "column_added", "column": "user_id"}],
    [
        {"change_type": "column_removed", "column": "email"},
        {"change_type": "column_added", "column": "user_id"},
    ],
]
Step = tuple[str, ...] | tuple[Any, ...]


@dataclass(frozen=True)
class Plan:
    """What a world starts with, and what happens in it."""

    rules: list[dict[str, Any]]
    schedules: list[dict[str, Any]]
    blackouts: list[dict[str, Any]]
    flags: dict[str, bool]
    steps: list[Step]


def seldom(*values: Any, nothing: Any = None) -> st.SearchStrategy[Any]:
    """Mostly nothing: a rule that asks for everything at once takes no alert."""
    return st.sampled_from([nothing] * 6 * len(values) + list(values))


def often(*values: Any) -> st.SearchStrategy[Any]:
    return st.sampled_from([None, *values])


hours = st.integers(0, 23).map(lambda hour: f"{hour:02}:00")
windows = st.fixed_dictionaries(
    {
        "days": st.lists(st.integers(1, 7), min_size=1, max_size=7, unique=True),
        "start": hours,
        "end": hours,
    }
)
schedules = st.fixed_dictionaries(
    {"zone": st.sampled_from(ZONES), "windows": st.lists(windows, min_size=1, max_size=2)}
)
blackouts = st.fixed_dictionaries(
    {
        "recurrence": st.sampled_from(Blackout.Recurrence.values),
        "zone": st.sampled_from(ZONES),
        "begins": st.integers(-30, 40),  # hours from the start
        "lasts": st.integers(1, 30),  # hours
        "assets": seldom(["*.orders"], ["*_staging"], nothing=[]),
        "tags": seldom(["production"], nothing=[]),
    }
)
rules = st.fixed_dictionaries(
    {
        "is_active": seldom(False, nothing=True),
        "severities": seldom(["warning"], ["info", "critical"], nothing=[]),
        "min_severity": seldom("warning", nothing=""),
        "change_scope": seldom("breaking", "non_breaking", nothing="any"),
        "columns": seldom(["*_id"], ["email"], nothing=[]),
        "exclude_assets": seldom(["*_staging"], nothing=[]),
        "tags": seldom(["production"], ["staging"], nothing=[]),
        "late_minutes": seldom(60),
        "min_events": seldom(2, 3),
        "min_minutes": seldom(5, 90),
        "cooldown_minutes": often(10, 240),
        "daily_limit": often(1, 2),
        "schedule": often(0, 1),
        "destinations": st.sets(st.integers(0, DESTINATIONS - 1), min_size=1),
    }
)
problem = st.integers(0, len(PROBLEMS) - 1)
reports = st.tuples(
    st.just("report"),
    problem,
    st.sampled_from(["info", "warning", "critical"]),
    st.integers(0, len(CHANGES) - 1),
    st.sampled_from([None, 24, 25, 30]),
)
jumps = st.tuples(st.just("jump"), st.sampled_from([7, 45, 200, 600, 1440]))
others = st.one_of(
    st.tuples(st.just("recover"), problem),
    st.tuples(st.just("dismiss"), problem),
    st.tuples(st.just("snooze"), problem, st.sampled_from([1, 24])),
    st.tuples(st.just("acknowledge"), problem),
    st.just(("deliver",)),
)
plans = st.builds(
    Plan,
    rules=st.lists(rules, min_size=1, max_size=4),
    schedules=st.lists(schedules, min_size=2, max_size=2),
    blackouts=st.lists(blackouts, max_size=2),
    flags=st.dictionaries(st.sampled_from(["column_added", "column_removed"]), st.booleans()),
    steps=st.lists(st.one_of(reports, jumps, reports, jumps, others), min_size=10, max_size=25),
)
# Many alerts a day for rules that want all of them, and may take few.
scarce_plans = st.builds(
    Plan,
    rules=st.lists(
        st.fixed_dictionaries(
            {
                "cooldown_minutes": often(10, 240),
                "daily_limit": often(1, 2),
                "schedule": often(0, 1),
                "destinations": st.just({0}),
            }
        ),
        min_size=2,
        max_size=4,
    ),
    schedules=st.lists(
        schedules.map(lambda given: given | {"windows": [ALWAYS]}), min_size=2, max_size=2
    ),
    blackouts=st.just([]),
    flags=st.just({}),
    steps=st.lists(
        st.one_of(
            reports,
            reports,
            st.tuples(st.just("recover"), problem),
            st.tuples(st.just("jump"), st.sampled_from([7, 45, 600])),
        ),
        min_size=15,
        max_size=30,
    ),
)


class World:
    """One plan as it is played. After each step its tables say what was there before it."""

    def __init__(self, plan: Plan, clock: time_machine.Traveller) -> None:
        self._clock = clock
        self.now = START
        self.destinations = [
            Destination.objects.create(kind="board", name=f"Board {n}") for n in range(DESTINATIONS)
        ]
        self._schedules = [
            Schedule.objects.create(name=f"Schedule {n}", **given)
            for n, given in enumerate(plan.schedules)
        ]
        for number, given in enumerate(plan.blackouts):
            a_blackout(f"Blackout {number}", **given)
        for name, is_breaking in plan.flags.items():
            BreakingFlag.objects.create(change_type=name, is_breaking=is_breaking)
        self.breaking = breaking_with(plan.flags)
        self.rules = [self._rule(f"Rule {n}", **given) for n, given in enumerate(plan.rules)]
        # Before the step: the rules that had taken an alert, and the creates that there were.
        self.taken: dict[UUID, set[UUID]] = defaultdict(set)
        self.creates: dict[tuple[UUID, UUID], UUID] = {}
        # (rule, alert, when): each time that a rule took an alert.
        self.takings: list[tuple[Rule, Alert, datetime]] = []

    def play(self, step: Step) -> None:
        self.taken, self.creates = taken_now(), creates_now()
        self._tick(timedelta(seconds=1))
        name, *rest = step
        getattr(self, f"_{name}")(*rest)
        self._note_takings()

    def quiet(self) -> QuietTimes:
        """What keeps rules quiet, read anew."""
        rows = Blackout.objects.filter(is_active=True).order_by("name")
        return QuietTimes(
            {schedule.pk: schedule for schedule in Schedule.objects.all()},
            [(blackout, Scope(blackout)) for blackout in rows],
        )

    def end_all(self) -> None:
        """Somebody ends every alert, and everything is delivered."""
        self._tick(timedelta(seconds=1))
        for alert in Alert.objects.filter(ended_at=None):
            lifecycle.end(alert, AlertState.DISMISSED, "ada")
        self._deliver()

    def _rule(
        self, name: str, *, destinations: set[int], schedule: int | None, **asks: Any
    ) -> Rule:
        hours = None if schedule is None else self._schedules[schedule]
        rule = Rule.objects.create(name=name, schedule=hours, **asks)
        rule.destinations.set([self.destinations[number] for number in destinations])
        return rule

    def _report(self, number: int, severity: str, changes: int, hours_stale: int | None) -> None:
        details = {"hours_stale": hours_stale, "threshold_hours": 24} if hours_stale else {}
        fields = {"severity": severity, "changes": CHANGES[changes], "details": details}
        ingest.record(an_event(**PROBLEMS[number], **fields))

    def _recover(self, number: int) -> None:
        ingest.record(resolved(**PROBLEMS[number]))

    def _dismiss(self, number: int) -> None:
        for alert in self._open(number):
            lifecycle.end(alert, AlertState.DISMISSED, "ada")

    def _snooze(self, number: int, hours: int) -> None:
        for alert in self._open(number):
            lifecycle.snooze(alert, hours, "ada")

    def _acknowledge(self, number: int) -> None:
        for alert in self._open(number):
            lifecycle.acknowledge(alert, "ada")

    def _jump(self, minutes: int) -> None:
        self._tick(timedelta(minutes=minutes))
        sweep()

    def _deliver(self) -> None:
        for destination in self.destinations:
            drain(destination)

    def _open(self, number: int) -> list[Alert]:
        fingerprint = an_event(**PROBLEMS[number]).fingerprint
        return list(Alert.objects.filter(open_fingerprint=fingerprint))

    def _tick(self, time: timedelta) -> None:
        self._clock.shift(time)
        self.now += time

    def _note_takings(self) -> None:
        for match in Match.objects.filter(verdict=Verdict.MATCHED).select_related("rule", "alert"):
            if match.rule_id not in self.taken[match.alert_id]:
                self.takings.append((match.rule, match.alert, self.now))


@contextmanager
def a_world(plan: Plan) -> Iterator[World]:
    """A world of its own, of which nothing is left."""
    with transaction.atomic(), time_machine.travel(START, tick=False) as clock:
        try:
            yield World(plan, clock)
        finally:
            transaction.set_rollback(True)


def a_blackout(name: str, *, begins: int, lasts: int, **fields: Any) -> Blackout:
    start = (START + timedelta(hours=begins)).replace(tzinfo=None)
    end = start + timedelta(hours=lasts)
    return Blackout.objects.create(
        name=name,
        start_date=start.date(),
        start_time=start.time(),
        end_date=end.date(),
        end_time=end.time(),
        **fields,
    )


def taken_now() -> dict[UUID, set[UUID]]:
    """By alert: the rules that have taken it."""
    found: dict[UUID, set[UUID]] = defaultdict(set)
    for alert, rule in Match.objects.filter(verdict=Verdict.MATCHED).values_list("alert", "rule"):
        found[alert].add(rule)
    return found


def creates_now() -> dict[tuple[UUID, UUID], UUID]:
    """By alert and destination: the create. Fails if there are two."""
    rows = Delivery.objects.filter(action=Action.CREATE)
    found = {(row.alert_id, row.destination_id): row.pk for row in rows}
    assert len(found) == rows.count()
    return found
