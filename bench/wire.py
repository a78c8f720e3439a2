"""A backlog and the wire: the lane and the bare loop, each sending as much in the same way."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from bench.database import Engine
from bench.rounds import Figures
from bench.stage import Stage
from sandbox.keys import FULL

DELAY_MS = 100
THREADS = 32
WARM_UP = 32


@dataclass(frozen=True, slots=True)
class Backlog:
    """A stage with one destination, and the body that the product sends to it."""

    stage: Stage
    destination: str
    lane: int
    body: dict[str, Any]

    def ours(self, count: int) -> Callable[[], Figures]:
        """Fills the lane with so many deliveries, then sends them."""

        def measure() -> Figures:
            self.stage.call("bench.scenes:fill", count=count, destination=self.destination)
            figures: Figures = self.stage.call("bench.ours:drain", lane=self.lane, count=count)
            return figures

        return measure

    def bare(self, count: int) -> Callable[[], Figures]:
        def measure() -> Figures:
            url = f"{self.stage.sandbox_url}/v2/incidents"
            figures: Figures = self.stage.call_plain(
                "bench.bare:post_all",
                url=url,
                key=FULL,
                body=self.body,
                count=count,
                threads=THREADS,
            )
            return figures

        return measure


@contextmanager
def backlog(engine: Engine) -> Iterator[Backlog]:
    """The provider takes 100 ms for each call, and 32 are in flight."""
    with Stage(engine, delay_ms=DELAY_MS, LANE_THREADS=str(THREADS)) as stage:
        made = stage.call("bench.scenes:set_up")
        destination, lane = made["destinations"][0], made["lanes"][0]
        stage.call("bench.scenes:fill", count=WARM_UP, destination=destination)
        stage.call("bench.ours:drain", lane=lane, count=WARM_UP)
        yield Backlog(stage, destination, lane, stage.journal()[-1]["body"])
