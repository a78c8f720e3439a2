"""What many rules cost an event, and what the preview of a rule costs among many alerts.

An event is taken in by the product's function in a process of its own, with 500 rules and with one;
only one rule ever wants it. A preview is beside a plain scan, which reads the same columns of all
alerts that the preview is about, and does nothing with them.
"""

from collections.abc import Iterator
from functools import partial
from time import monotonic
from typing import Any

from bench.report import Row
from bench.rounds import Figures, in_turns, middle, percentile, ratio
from bench.stage import Plan, Stage

RULES = 500
RULES_GOAL = 3
PREVIEW_GOAL = 1
GROWTH_GOAL = 2
DAYS = 30


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        with Stage(engine) as one, Stage(engine) as many:
            yield _events_row(plan, one, many)
        few, multitude = plan.size(100_000, 2_000), plan.size(1_000_000, 4_000)
        with Stage(engine) as small, Stage(engine) as large:
            yield from _preview_rows(plan, (small, few), (large, 0 if plan.is_quick else multitude))


def _events_row(plan: Plan, one: Stage, many: Stage) -> Row:
    one.call("bench.scenes:set_up")
    many.call("bench.scenes:set_up")
    many.call("bench.rules:add_rules", count=RULES - 1)
    found = in_turns(
        plan.size(5, 1),
        {
            name: partial(stage.call, "bench.rules:take", events=plan.size(200, 20))
            for name, stage in (("many", many), ("one", one))
        },
    )
    return Row(
        benchmark="rules",
        case=f"{one.engine.name}, an event with {RULES} rules ÷ 1",
        measured=f"{middle(found['many'], 'ms'):.2f} ms",
        reference=f"{middle(found['one'], 'ms'):.2f} ms",
        ratio=ratio(found["many"], found["one"], "ms"),
        goal=RULES_GOAL,
        details=dict(found),
    )


def _preview_rows(plan: Plan, small: tuple[Stage, int], large: tuple[Stage, int]) -> Iterator[Row]:
    stages = {"few": small, "many": large}
    contestants = {}
    for name, (stage, count) in stages.items():
        if count:
            stage.call("bench.multitude:multiply_alerts", count=count, days=DAYS)
            contestants[name] = partial(stage.call, "bench.rules:look", times=plan.size(3, 1))
    found = in_turns(plan.size(3, 1), contestants)
    engine, few = small[0].engine.name, found["few"]
    yield Row(
        benchmark="rules",
        case=f"{engine}, preview of {small[1]:,} alerts",
        measured=f"{middle(few, 'preview_ms'):.0f} ms",
        reference=f"{middle(few, 'scan_ms'):.0f} ms, a plain scan",
        ratio=_own_ratio(few),
        goal=PREVIEW_GOAL,
        details=dict(found),
    )
    if "many" in found:
        yield Row(
            benchmark="rules",
            case=f"{engine}, preview of {large[1]:,} ÷ {small[1]:,}",
            measured=f"{middle(found['many'], 'preview_ms'):.0f} ms",
            reference=f"{middle(few, 'preview_ms'):.0f} ms",
            ratio=ratio(found["many"], few, "preview_ms"),
            goal=GROWTH_GOAL,
            details=dict(found),
        )


def _own_ratio(figures: list[Figures]) -> float:
    own = [{"ms": each["scan_ms"]} for each in figures]
    return ratio([{"ms": each["preview_ms"]} for each in figures], own, "ms")


# --- In a child process, with Django ----------------------------------------------------------


def add_rules(count: int) -> int:
    """Rules as a large team may have them, none of which wants the event of `take`."""
    from alerts.models import Rule
    from destinations.models import Destination

    destination = Destination.objects.get()
    for number in range(count):
        kind = KINDS[number % len(KINDS)]
        rule = Rule(name=f"Team {number}: {kind['name']}")
        for name, value in kind["conditions"].items():
            filled = [each.format(n=number) for each in value] if isinstance(value, list) else value
            setattr(rule, name, filled)
        rule.save()
        rule.destinations.add(destination)
    return count


KINDS: list[dict[str, Any]] = [
    {"name": "tables", "conditions": {"assets": ["team{n}_*", "*.team{n}.*"]}},
    {
        "name": "breaking changes",
        "conditions": {
            "event_types": ["schema_change"],
            "change_scope": "breaking",
            "data_sources": ["prod-{n}", "prod-{n}-*"],
        },
    },
    {"name": "stale", "conditions": {"event_types": ["freshness_violation"], "late_minutes": 60}},
    {"name": "tags", "conditions": {"tags": ["team-{n}", "tier-1"], "tag_mode": "all"}},
    {
        "name": "columns",
        "conditions": {
            "change_scope": "chosen",
            "change_types": ["column_removed", "column_renamed"],
            "columns": ["team{n}_*"],
        },
    },
    {"name": "critical", "conditions": {"min_severity": "critical", "schemas": ["team_{n}"]}},
    {
        "name": "anything but",
        "conditions": {"exclude_assets": ["*.orders-*", "d0.*"], "severities": ["critical"]},
    },
    {
        "name": "new tables",
        "conditions": {"change_scope": "chosen", "change_types": ["table_added"]},
    },
]


def take(events: int) -> Figures:
    """The median of what an event takes, each on a new asset."""
    import uuid

    from alerts import events as reported
    from alerts import ingest
    from bench.scenes import event

    tag = uuid.uuid4().hex[:8]
    parsed = [
        reported.Event.model_validate(event(f"orders-{tag}-{number}")) for number in range(events)
    ]
    waits = [_seconds(partial(ingest.record, each)) for each in parsed]
    return {"ms": percentile(waits[events // 10 :], 0.5) * 1000}


def look(times: int) -> Figures:
    """The median of what a preview takes, and of a scan of the same alerts."""
    from collections import deque
    from datetime import timedelta

    from django.utils import timezone

    from alerts.models import Alert, Rule
    from alerts.previews.past import look_back
    from alerts.previews.sampling import COLUMNS

    rule = Rule(
        assets=["*.orders_1*", "*.customers_*"],
        exclude_schemas=["tmp_*"],
        change_scope="breaking",
        min_severity="warning",
        cooldown_minutes=60,
        is_grouped=True,
    )
    now = timezone.now()
    in_time = Alert.objects.filter(created_at__gte=now - timedelta(days=DAYS))
    scanned = in_time.exclude(severity="info").values_list(*COLUMNS, "changes")
    past = look_back(rule, DAYS, now)  # warms up
    if not past.tally.matched:
        raise RuntimeError("The preview found nothing.")
    return {
        "preview_ms": _median(partial(look_back, rule, DAYS, now), times),
        "scan_ms": _median(lambda: deque(scanned.iterator(), maxlen=0), times),
        "share": past.share,
        "matched": past.tally.matched,
        "incidents": past.tally.incidents,
    }


def _median(work: Any, times: int) -> float:
    return percentile([_seconds(work) for _ in range(times)], 0.5) * 1000


def _seconds(work: Any) -> float:
    started = monotonic()
    work()
    return monotonic() - started
