"""How long a lone event takes from its commit to the provider, while nothing else goes on."""

from collections.abc import Callable, Iterator
from itertools import chain

from bench.database import Engine
from bench.latency import arrivals, summary, waits_ms
from bench.report import Row
from bench.rounds import Figures, in_turns
from bench.stage import Plan, Stage, wait_for

DELAY_MS = 20
GOALS_MS = {"p50_ms": 60, "p99_ms": 150}
# The worker answers a doorbell, takes a lease and claims, where the loop only selects and deletes.


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        with Stage(engine, delay_ms=DELAY_MS) as stage, Stage(engine, delay_ms=DELAY_MS) as bare:
            stage.call("bench.scenes:set_up")
            # Lanes that do not linger: each event finds its lane as quiet as after ten seconds.
            stage.start("worker", "-m", "bench.worker", "0")
            wait_for(lambda: stage.processes.said("worker", "The worker is ready"))
            bare.start("poller", "-m", "bench.poller")
            count = plan.size(40, 5)
            contestants = {
                "ours": _lone(stage, "lone_events", count),
                "bare": _lone(bare, "lone_rows", count),
            }
            found = in_turns(plan.size(3, 1), contestants)
        yield from _rows(engine, found)


def _lone(stage: Stage, function: str, count: int) -> Callable[[], Figures]:
    rounds = iter(range(1000))

    def measure() -> Figures:
        prefix = f"{function}-{next(rounds)}"
        sent = stage.call(f"bench.stream:{function}", prefix=prefix, count=count)
        return {"waits_ms": waits_ms(sent, arrivals(stage))}

    return measure


def _rows(engine: Engine, found: dict[str, list[Figures]]) -> Iterator[Row]:
    ours, bare = (
        summary(list(chain(*(each["waits_ms"] for each in rounds)))) for rounds in found.values()
    )
    for field, goal in GOALS_MS.items():
        case = f"{engine.name}, commit → request, {field.removesuffix('_ms')}"
        measured = f"{ours[field]:.0f} ms"
        yield Row("idle", case, measured, f"{goal} ms", ours[field] / goal, 1.0, details=ours)
    yield Row(
        "idle",
        f"{engine.name}, p50 ÷ bare polling",
        f"{ours['p50_ms']:.0f} ms",
        f"bare loop {bare['p50_ms']:.0f} ms",
        ours["p50_ms"] / bare["p50_ms"],
        None,
        details={"ours": ours, "bare": bare},
    )
