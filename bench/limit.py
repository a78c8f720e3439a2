"""How much of the provider's 20 calls a second is used while a backlog waits, without one 429."""

import time
from collections.abc import Iterator

import requests

from bench.database import Engine
from bench.report import Row
from bench.stage import Plan, Stage, wait_for
from bench.wire import DELAY_MS
from sandbox.keys import FULL

RATE = 20
# What the connector takes the provider to forgive at once (IncidentIo.BURST).
BURST = 200


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        yield _measure(engine, plan.size(2000, 400), plan.size(40, 8))


def _measure(engine: Engine, waiting: int, seconds: int) -> Row:
    with Stage(engine, delay_ms=DELAY_MS, rate=RATE, burst=BURST) as stage:
        before = _start(stage, waiting)
        wait_for(lambda: stage.journal(before))
        time.sleep(seconds + 0.5)
        journal = stage.journal(before)
    first = journal[0]["monotonic_time"]
    made = sum(first < entry["monotonic_time"] <= first + seconds for entry in journal)
    refused = sum(entry["status"] == 429 for entry in journal)
    share = made / (RATE * seconds)
    return Row(
        "limit",
        f"{engine.name}, {waiting:,} wait",
        f"{made} calls in {seconds} s, {refused} with 429",
        f"{RATE * seconds} allowed",
        0.0 if refused else share,
        0.98,
        is_ceiling=False,
        details={"calls": made, "seconds": seconds, "answers_429": refused, "share": share},
    )


def _start(stage: Stage, waiting: int) -> int:
    """A real worker, and a lane and a provider whose buckets are both empty at its start.
    Returns how many requests there were before."""
    destination = stage.call("bench.scenes:set_up")["destinations"][0]
    stage.call("bench.scenes:hold", destination=destination)
    stage.call("bench.scenes:fill", count=waiting, destination=destination)
    stage.start_worker()
    _use_up(stage)
    before = stage.requests_seen()
    stage.call("bench.scenes:release", destination=destination, tokens=0.0)
    return before


def _use_up(stage: Stage) -> None:
    """Calls with the same key until the provider refuses one."""
    stage.control("settings", {"delay_ms": 0})
    url, headers = f"{stage.sandbox_url}/v1/identity", {"Authorization": f"Bearer {FULL}"}
    with requests.Session() as http:
        http.trust_env = False
        while http.get(url, headers=headers, timeout=30).status_code != 429:
            pass
    stage.control("settings", {"delay_ms": DELAY_MS})
