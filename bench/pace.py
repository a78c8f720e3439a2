"""What a delivery costs at the pace of the provider, 20 a second, all idling counted; and how late
it is. Beside it Alertmanager, which keeps no history, with the same stream."""

import itertools
from collections.abc import Callable, Iterator
from typing import Any

from bench import alertmanager
from bench.database import Engine
from bench.latency import arrivals, summary, waits_ms
from bench.report import Row
from bench.rounds import Figures, in_turns, middle, ratio
from bench.stage import Plan, Stage
from bench.wire import DELAY_MS

RATE = 20
WARM_UP = 40
LATENCY_GOAL_MS = 50


def run(plan: Plan) -> Iterator[Row]:
    for engine in plan.engines:
        with Stage(engine, delay_ms=DELAY_MS) as stage:
            found = _Streams(stage, plan.size(30 * RATE, 3 * RATE)).play(plan.size(3, 1))
        yield from _rows(engine, found)


class _Streams:
    """The same stream to the worker, through the web server, and to Alertmanager."""

    def __init__(self, stage: Stage, count: int) -> None:
        self._stage, self._count = stage, count
        self._key = stage.call("bench.scenes:set_up")["key"]
        self._postmaster: int = stage.call("bench.cost:postmaster")
        self._worker = stage.start_worker().pid
        self._web = stage.start_web().pid
        self._numbers = itertools.count()

    def play(self, rounds: int) -> dict[str, list[Figures]]:
        contestants: dict[str, Callable[[], Figures]] = {"worker": self._by_record}
        contestants["web"] = self._by_web
        if alertmanager.is_installed():
            self._peer = alertmanager.start(self._stage)
            contestants["alertmanager"] = self._by_alertmanager
        for stream in contestants.values():
            stream_count, self._count = self._count, WARM_UP
            stream()
            self._count = stream_count
        return in_turns(rounds, contestants)

    def _by_record(self) -> Figures:
        answer = self._stream("record", pids=[self._worker], postmaster=self._postmaster)
        return self._figures(answer, arrivals(self._stage))

    def _by_web(self) -> Figures:
        server = {"url": self._stage.url, "key": self._key, "postmaster": self._postmaster}
        answer = self._stream("post_events", pids=[self._worker, self._web], **server)
        return self._figures(answer, arrivals(self._stage))

    def _by_alertmanager(self) -> Figures:
        answer = self._stream("post_alerts", pids=[self._peer.pid], url=self._peer.url)
        return self._figures(answer, self._peer.arrivals())

    def _stream(self, function: str, **arguments: Any) -> Any:
        prefix = f"{function}-{next(self._numbers)}"
        arguments |= {"prefix": prefix, "count": self._count, "rate": RATE}
        return self._stage.call(f"bench.stream:{function}", **arguments)

    def _figures(self, answer: dict[str, Any], arrived: dict[str, float]) -> Figures:
        waits = waits_ms(answer["sent"], arrived)
        own, database = answer["own"], answer["database"]
        return {
            "cpu_ms": (own + database) * 1000 / self._count,
            "own_ms": own * 1000 / self._count,
            "database_ms": database * 1000 / self._count,
            "waits_ms": waits,
        } | summary(waits)


def _rows(engine: Engine, found: dict[str, list[Figures]]) -> Iterator[Row]:
    waits = [wait for each in found["worker"] for wait in each["waits_ms"]]
    for each in itertools.chain(*found.values()):
        del each["waits_ms"]
    if peer := found.get("alertmanager"):
        yield _beside(f"{engine.name}, worker", found["worker"], peer)
        yield _beside(f"{engine.name}, worker and web server", found["web"], peer)
    late = summary(waits)
    yield Row(
        "pace",
        f"{engine.name}, commit → request, p99",
        f"{late['p99_ms']:.0f} ms (p50 {late['p50_ms']:.0f})",
        f"{LATENCY_GOAL_MS} ms",
        late["p99_ms"] / LATENCY_GOAL_MS,
        1.0,
        details=late | found,
    )


def _beside(case: str, ours: list[Figures], peer: list[Figures]) -> Row:
    return Row(
        "pace",
        case,
        f"{middle(ours, 'cpu_ms'):.2f} CPU-ms",
        f"Alertmanager {middle(peer, 'cpu_ms'):.2f} CPU-ms",
        ratio(ours, peer, "cpu_ms"),
        2.0,
        details={"ours": ours, "alertmanager": peer},
    )
