"""The worker's peak of memory while a storm of alerts comes in, beside what it holds when idle."""

import statistics
import threading
import time
from collections.abc import Iterator
from types import TracebackType
from typing import Self

import psutil

from bench.client import NAME
from bench.report import Row
from bench.stage import Plan, Stage, wait_for

GOAL = 1.5
BATCH = 1000
SAMPLE = 0.25  # seconds
FIRST_EVENTS = 40
IDLE_SECONDS = 5.0
STORM_SECONDS = 120.0  # after that the rest of the storm is not posted
MEBIBYTE = 2**20


def run(plan: Plan) -> Iterator[Row]:
    """The worker sends at incident.io's own 20 a second; the storm brake is off, so all of the
    storm waits in its lane."""
    for engine in plan.engines:
        with Stage(engine) as stage:
            yield _row(engine.name, stage, plan.size(10_000, 1_000), plan.size(60, 5))


def _row(engine: str, stage: Stage, alerts: int, seconds: float) -> Row:
    storm = _Storm(stage)
    worker = stage.start_worker().pid
    stage.start_web()
    storm.post(FIRST_EVENTS, batch=1)
    wait_for(lambda: stage.requests_seen() >= FIRST_EVENTS)
    with Watch(worker) as idle:
        time.sleep(IDLE_SECONDS)
    with Watch(worker) as busy:
        taken = storm.post(alerts, BATCH)
        time.sleep(seconds)
    sent = stage.requests_seen() - FIRST_EVENTS
    return Row(
        benchmark="memory",
        case=f"{engine}, storm of {alerts:,}",
        measured=f"{busy.peak:.0f} MiB at the peak",
        reference=f"{idle.median:.0f} MiB idle",
        ratio=busy.peak / idle.median,
        goal=GOAL,
        details={
            "idle_mib": idle.samples,
            "storm_mib": busy.samples,
            "ingest": taken,
            "calls_sent": sent,
        },
    )


class _Storm:
    """Alerts that come in through HTTP, all for one destination."""

    def __init__(self, stage: Stage) -> None:
        self._stage = stage
        self._key = stage.call("bench.scenes:set_up")["key"]
        self._template = stage.call("bench.scenes:event", name=NAME)

    def post(self, count: int, batch: int) -> dict[str, float]:
        taken: dict[str, float] = self._stage.call_plain(
            "bench.client:load",
            port=self._stage.port,
            key=self._key,
            template=self._template,
            connections=1,
            seconds=STORM_SECONDS,
            batch=batch,
            prefix=f"{batch}-",
            limit=count,
        )
        return taken


class Watch:
    """While it lasts, samples the memory of a process and of all its descendants, in MiB.

    Memory that forked processes share counts once (proportional set size).
    """

    def __init__(self, pid: int) -> None:
        self._root = psutil.Process(pid)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._sample)
        self.samples: list[float] = []

    @property
    def peak(self) -> float:
        return max(self.samples)

    @property
    def median(self) -> float:
        return statistics.median(self.samples)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _sample(self) -> None:
        while True:
            self.samples.append(self._now())
            if self._ended.wait(SAMPLE):
                return

    def _now(self) -> float:
        total = 0
        for process in [self._root, *self._root.children(recursive=True)]:
            try:
                total += process.memory_full_info().pss
            except psutil.NoSuchProcess:
                continue  # it has just ended, and another takes its place
        return total / MEBIBYTE
