"""Queues at the same job: each is started, warmed up, and given so many deliveries to do.

Counted is the processor time of all processes of the queue, of its broker and of PostgreSQL, from
handing over to the last row. What the handing over costs is left out, for all alike.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from bench.cost import cpu_seconds
from bench.database import Engine
from bench.rounds import Figures
from bench.stage import Stage, free_port, wait_for
from bench.wire import DELAY_MS, THREADS

WARM_UP = 320
SETTLE = 0.5  # seconds from the last request to the last row, and a little more
REDIS = "redis-server --port {port} --bind 127.0.0.1 --appendonly no --dir {folder} --save"


@dataclass(frozen=True, slots=True)
class Queue:
    """How a queue is started, and how deliveries are handed to it."""

    name: str
    command: str
    submit: str
    environment: dict[str, str] = field(default_factory=dict)
    program: str = ""  # what has to run beside it


OURS = Queue("ours", "-m bench.worker 0", "bench.peers.lane:submit")
PEERS = (
    Queue(
        "a django-q2 task each",
        "manage.py qcluster",
        "bench.peers.django_q2:submit",
        {"DJANGO_SETTINGS_MODULE": "bench.peers.settings"},
    ),
    Queue(
        "Dramatiq",
        "-m dramatiq bench.peers.dramatiq_app --processes 1 --threads 32",
        "bench.peers.dramatiq_app:submit",
        program="redis-server",
    ),
    Queue(
        "Huey",
        "-m huey.bin.huey_consumer bench.peers.huey_app.huey -w 32 -d 0.05 -m 0.1 -n",
        "bench.peers.huey_app:submit",
    ),
)


def measure(queue: Queue, engine: Engine, count: int) -> Figures:
    with Stage(engine, delay_ms=DELAY_MS, LANE_THREADS=str(THREADS)) as stage:
        run = _Run(stage, queue)
        run.send(WARM_UP)
        return run.send(count)


def contestant(queue: Queue, engine: Engine, count: int) -> Callable[[], Figures]:
    return lambda: measure(queue, engine, count)


class _Run:
    """A queue at work on a stage."""

    def __init__(self, stage: Stage, queue: Queue) -> None:
        self._stage, self._queue = stage, queue
        self._sent = 0
        self._destination = stage.call("bench.scenes:set_up")["destinations"][0]
        port = free_port()
        stage.environment |= {"REDIS_URL": f"redis://127.0.0.1:{port}"}
        stage.environment |= {"HUEY_FILE": str(stage.folder / "huey.sqlite3")}
        self._own: list[int] = []
        if queue.program:
            redis = REDIS.format(port=port, folder=stage.folder).split()
            self._own.append(stage.processes.start("redis", [*redis, ""], stage.environment).pid)
        consumer = stage.start("queue", *queue.command.split(), **queue.environment)
        self._own.append(consumer.pid)
        self._postmaster: int = stage.call("bench.cost:postmaster")

    def send(self, count: int) -> Figures:
        """Has so many deliveries done; what it took."""
        self._stage.call("bench.scenes:hold", destination=self._destination)
        self._stage.call("bench.scenes:fill", count=count, destination=self._destination)
        own, database = self._cpu()
        handing_over = self._hand_over(count)
        self._sent += count
        own, database = (
            after - before
            for after, before in zip(self._cpu_when_done(), (own, database), strict=True)
        )
        database -= handing_over
        return {
            "cpu_ms": (own + database) * 1000 / count,
            "own_ms": own * 1000 / count,
            "database_ms": database * 1000 / count,
            "per_second": self._per_second(count),
        }

    def _hand_over(self, count: int) -> float:
        """PostgreSQL's processor time for it."""
        arguments = {"submit": self._queue.submit, "count": count}
        return float(self._stage.call("bench.peers.job:hand_over", **arguments))

    def _cpu_when_done(self) -> tuple[float, float]:
        wait_for(lambda: self._stage.journal(since=self._sent - 1))
        expected = {"delivered": self._sent, "attempts": self._sent}
        reading = (0.0, 0.0)

        def is_done() -> bool:
            nonlocal reading
            time.sleep(SETTLE)
            reading = self._cpu()
            return bool(self._stage.call("bench.ours:stored") == expected)

        wait_for(is_done)
        return reading

    def _cpu(self) -> tuple[float, float]:
        database = cpu_seconds(self._postmaster) if self._postmaster else 0.0
        return sum(cpu_seconds(pid) for pid in self._own), database

    def _per_second(self, count: int) -> float:
        times: list[float] = [
            entry["monotonic_time"] for entry in self._stage.journal(self._sent - count)
        ]
        return (len(times) - 1) / (max(times) - min(times))
