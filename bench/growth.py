"""Whether a delivery costs more when many others wait."""

from collections.abc import Iterator

from bench.database import Engine
from bench.report import Row
from bench.rounds import in_turns, middle, ratio
from bench.stage import Plan
from bench.wire import Backlog, backlog


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        yield _measure(engine, plan)


def _measure(engine: Engine, plan: Plan) -> Row:
    few, many = plan.size(1000, 100), plan.size(100_000, 2000)
    with backlog(engine) as small, backlog(engine) as large:
        _add(large, many - few)
        # Both are filled up by `few` before each round, and `few` are sent.
        found = in_turns(plan.size(5, 1), {"few": small.ours(few), "many": large.ours(few)})
    return Row(
        "growth",
        f"{engine.name}, {many:,} waiting ÷ {few:,}",
        f"{middle(found['many'], 'cpu_ms'):.2f} CPU-ms",
        f"{middle(found['few'], 'cpu_ms'):.2f} CPU-ms",
        ratio(found["many"], found["few"], "cpu_ms"),
        1.1,
        details={"deliveries": few, **found},
    )


def _add(work: Backlog, count: int) -> None:
    work.stage.call("bench.scenes:fill", count=count, destination=work.destination)
    work.stage.call("bench.scenes:tidy")
