"""Events a second through HTTP, beside a bare Django view that inserts one row for each.

Both run behind the same gunicorn command, settings and middleware, each on a database of its own.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bench.client import NAME
from bench.cost import cpu_seconds
from bench.report import Row
from bench.rounds import Figures, in_turns, middle, ratio
from bench.stage import Plan, Stage

GOAL = 0.5
BATCH = 1000
WARM_UP = 1.0  # seconds


@dataclass(frozen=True, slots=True)
class Case:
    """How events are posted."""

    name: str
    batch: int
    # Batches wait for each other in the database; two keep both parsing and writing busy.
    connections: int


CASES = (Case("single", 0, 8), Case(f"batches of {BATCH:,}", BATCH, 2))


def run(plan: Plan) -> Iterator[Row]:
    """No worker runs. One rule matches, so each event becomes an alert with a delivery."""
    for engine in plan.engines:
        with Stage(engine) as stage, Stage(engine) as bare_stage:
            key = stage.call("bench.scenes:set_up")["key"]
            template = stage.call("bench.scenes:event", name=NAME)
            product = Server(stage, stage.start_web().pid, key, template)
            settings = {"DJANGO_SETTINGS_MODULE": "bench.bare_settings"}
            bare = Server(bare_stage, bare_stage.start_web(**settings).pid, key, template)
            for case in CASES:
                yield _row(f"{engine.name}, {case.name}", *_measure(plan, case, product, bare))


class Server:
    """A web server under load."""

    def __init__(self, stage: Stage, pid: int, key: str, template: dict[str, Any]) -> None:
        self._stage, self._pid = stage, pid
        self._arguments = {"port": stage.port, "key": key, "template": template}
        self._rounds = 0

    def load(self, case: Case, seconds: float) -> Figures:
        """One round, from a client in a process of its own."""
        self._rounds += 1
        used = cpu_seconds(self._pid)
        done: Figures = self._stage.call_plain(
            "bench.client:load",
            connections=case.connections,
            seconds=seconds,
            batch=case.batch,
            prefix=f"{self._rounds}-",
            **self._arguments,
        )
        done["server_cpu_ms"] = (cpu_seconds(self._pid) - used) * 1000 / done["events"]
        return done


def _measure(
    plan: Plan, case: Case, product: Server, bare: Server
) -> tuple[list[Figures], list[Figures]]:
    for server in (product, bare):
        server.load(case, WARM_UP)
    seconds = plan.size(5, 1)
    found = in_turns(
        plan.size(5, 1),
        {"product": lambda: product.load(case, seconds), "bare": lambda: bare.load(case, seconds)},
    )
    return found["product"], found["bare"]


def _row(case: str, product: list[Figures], bare: list[Figures]) -> Row:
    return Row(
        benchmark="ingest",
        case=case,
        measured=f"{middle(product, 'per_second'):,.0f} events/s",
        reference=f"{middle(bare, 'per_second'):,.0f} events/s, bare view",
        ratio=ratio(product, bare, "per_second"),
        goal=GOAL,
        is_ceiling=False,
        details={"product": product, "bare": bare},
    )
