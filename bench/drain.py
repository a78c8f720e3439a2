"""How fast a backlog leaves: deliveries a second beside a bare loop of requests."""

from collections.abc import Iterator

from bench.database import Engine
from bench.report import Row
from bench.rounds import in_turns, middle, ratio
from bench.stage import Plan
from bench.wire import backlog


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        yield _measure(engine, plan)


def _measure(engine: Engine, plan: Plan) -> Row:
    count = plan.size(3000, 300)
    with backlog(engine) as work:
        contestants = {"ours": work.ours(count), "bare": work.bare(count)}
        found = in_turns(plan.size(3, 1), contestants)
    ours, bare = found["ours"], found["bare"]
    return Row(
        "drain",
        f"{engine.name}, 100 ms, 32 in flight",
        f"{middle(ours, 'per_second'):.0f}/s",
        f"bare loop {middle(bare, 'per_second'):.0f}/s",
        ratio(ours, bare, "per_second"),
        0.95,
        is_ceiling=False,
        details={"deliveries": count, **found},
    )
