"""How long lone alerts take while another destination hangs on every call, beside without it."""

import random
import time
from collections.abc import Iterator
from uuid import UUID

import requests

from bench.latency import arrivals, waits_ms
from bench.report import Row
from bench.rounds import Figures, in_turns, percentile
from bench.stage import Plan, Stage, wait_for
from sandbox.keys import NO_OPT_OUT

GOAL = 2.0
WAITING = 200  # deliveries for the one that hangs
HANGING_KEY = "no_opt_out"  # the sandbox's name for it
FAST, HANGING = 0, 1
# Between two alerts, never the same, so that no rhythm of the worker's own is hit or missed.
PAUSES = (0.15, 0.35)  # seconds
ARRIVAL = 30.0  # seconds: long, so that a slow one is counted and not lost


def run(plan: Plan) -> Iterator[Row]:
    """From the commit of an alert to its request at the sandbox, with one real worker."""
    for engine in plan.engines:
        with Stage(engine) as stage:
            neighbours = _Neighbours(stage, seconds=plan.size(20, 4))
            stage.start_worker()
            neighbours.latencies()  # warms up
            found = in_turns(
                plan.size(3, 1), {"alone": neighbours.latencies, "beside": neighbours.beside}
            )
            yield _row(engine.name, found["beside"], found["alone"])


def _row(engine: str, beside: list[Figures], alone: list[Figures]) -> Row:
    slow, fast = (
        percentile([wait for figures in rounds for wait in figures["waits_ms"]], 0.95)
        for rounds in (beside, alone)
    )
    return Row(
        benchmark="neighbour",
        case=f"{engine}, one hangs",
        measured=f"p95 {slow:.0f} ms",
        reference=f"p95 {fast:.0f} ms alone",
        ratio=slow / fast,
        goal=GOAL,
        details={"beside": beside, "alone": alone},
    )


class _Neighbours:
    """Two destinations: one is fast, and one can be made to hang."""

    def __init__(self, stage: Stage, seconds: float) -> None:
        self._stage, self._seconds = stage, seconds
        self._hanging = stage.call("bench.scenes:set_up", destinations=2)["destinations"][HANGING]
        stage.call("bench.neighbour:give_own_key", destination=self._hanging)
        self._round = 0
        self._http = requests.Session()
        self._http.trust_env = False

    def latencies(self) -> Figures:
        """Lone alerts for the fast one, each with the milliseconds until it was asked for."""
        self._round += 1
        sent = self._stage.call(
            "bench.neighbour:report", seconds=self._seconds, prefix=f"lone-{self._round}"
        )
        wait_for(lambda: sent.keys() <= arrivals(self._stage).keys(), ARRIVAL)
        return {"waits_ms": waits_ms(sent, arrivals(self._stage))}

    def beside(self) -> Figures:
        """The same while the other one hangs until the deadline of each call."""
        fault = {"mode": "hang_before", "match": {"key": HANGING_KEY}}
        self._stage.control("faults", fault)
        fill = {"count": WAITING, "destination": self._hanging, "prefix": f"w{self._round}"}
        self._stage.call("bench.scenes:fill", **fill)
        wait_for(self._calls_that_hang)
        figures = self.latencies()
        figures["calls_that_hung"] = self._calls_that_hang()
        self._clear()
        return figures

    def _calls_that_hang(self) -> int:
        return sum(fault["used"] for fault in self._stage.control("faults")["faults"])

    def _clear(self) -> None:
        self._http.delete(f"{self._stage.sandbox_url}/_sandbox/faults").raise_for_status()
        self._stage.call("bench.neighbour:forget", destination=self._hanging)


# --- In child processes, with Django ----------------------------------------------------------


def give_own_key(destination: str) -> None:
    """By its key the sandbox tells it from the other."""
    from destinations.models import Destination

    row = Destination.objects.get(pk=destination)
    row.set_secret("api_key", NO_OPT_OUT)
    row.save()


def report(seconds: float, prefix: str) -> dict[str, float]:
    """Records lone alerts for the fast one; the moment after the commit of each, by its name."""
    from alerts import events, ingest
    from bench.scenes import event

    sent: dict[str, float] = {}
    chance = random.Random(prefix)
    ends = time.monotonic() + seconds
    while time.monotonic() < ends:
        name = f"{prefix}-{len(sent)}"
        ingest.record(events.Event.model_validate(event(name, FAST)))
        sent[name] = time.monotonic()
        time.sleep(chance.uniform(*PAUSES))
    return sent


def forget(destination: str) -> None:
    """Nothing waits for this destination any more, and its lane is as new."""
    from alerts.models import Delivery, DeliveryState, Lane

    pk = UUID(destination)
    pending, sending = (
        Delivery.objects.filter(destination=pk, state=state)
        for state in (DeliveryState.PENDING, DeliveryState.SENDING)
    )
    while pending.update(state=DeliveryState.SKIPPED, next_attempt_at=None) or sending.exists():
        time.sleep(0.1)  # the calls that were let go come back one after another
    Lane.objects.filter(destination=pk).update(paused_until=None, failures_in_row=0, rung_at=None)
