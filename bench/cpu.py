"""What a delivery costs in processor time: beside a bare loop of requests, and beside the same job
as one task for each delivery."""

import shutil
from collections.abc import Iterator

from bench.database import Engine
from bench.peers.contest import OURS, PEERS, Queue, contestant
from bench.report import Row
from bench.rounds import Figures, in_turns, middle, ratio
from bench.stage import Plan
from bench.wire import backlog


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        yield _beside_bare(engine, plan)
    for engine in plan.engines:
        yield from _beside_peers(engine, plan)


def _beside_bare(engine: Engine, plan: Plan) -> Row:
    count = plan.size(3000, 300)
    with backlog(engine) as work:
        contestants = {"ours": work.ours(count), "bare": work.bare(count)}
        found = in_turns(plan.size(3, 1), contestants)
    return _row(f"{engine.name}, a lane", "bare loop", found, 2.0)


def _beside_peers(engine: Engine, plan: Plan) -> Iterator[Row]:
    """Here it is the whole worker, with its idle processes, as theirs."""
    count = plan.size(1500, 200)
    queues = [OURS, *(peer for peer in PEERS if _can_run(peer))]
    contestants = {queue.name: contestant(queue, engine, count) for queue in queues}
    found = in_turns(plan.size(3, 1), contestants)
    for peer in queues[1:]:
        pair = {"ours": found[OURS.name], "theirs": found[peer.name]}
        yield _row(f"{engine.name}, worker ÷ {peer.name}", peer.name, pair, 1.0)


def _can_run(queue: Queue) -> bool:
    return not queue.program or shutil.which(queue.program) is not None


def _row(case: str, name: str, found: dict[str, list[Figures]], goal: float) -> Row:
    ours, theirs = found.values()
    return Row(
        "cpu",
        case,
        f"{middle(ours, 'cpu_ms'):.2f} CPU-ms",
        f"{name} {middle(theirs, 'cpu_ms'):.2f} CPU-ms",
        ratio(ours, theirs, "cpu_ms"),
        goal,
        details=dict(found),
    )
