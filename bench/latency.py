"""How long it took from a commit to the request at the provider."""

from collections.abc import Mapping
from typing import Any

from bench.rounds import percentile
from bench.stage import Stage


def arrivals(stage: Stage) -> dict[str, float]:
    """When the first request for each asset came in; the headline ends with its name."""
    found: dict[str, float] = {}
    for entry in stage.journal():
        name = str(entry["body"]["name"]).rpartition(" ")[2]
        found.setdefault(name, entry["monotonic_time"])
    return found


def waits_ms(sent: Mapping[str, float], arrived: Mapping[str, float]) -> list[float]:
    """Milliseconds for each that was sent. Raises KeyError for one that never came."""
    return [max(0.0, arrived[name] - moment) * 1000 for name, moment in sent.items()]


def summary(waits: list[float]) -> dict[str, Any]:
    return {
        "p50_ms": percentile(waits, 0.5),
        "p99_ms": percentile(waits, 0.99),
        "max_ms": max(waits),
        "samples": len(waits),
    }
