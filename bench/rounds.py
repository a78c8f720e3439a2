"""Reference and measurement take turns, several times: what disturbs one disturbs both."""

from collections.abc import Callable, Mapping
from statistics import median
from typing import Any

Figures = dict[str, Any]


def in_turns(
    rounds: int, contestants: Mapping[str, Callable[[], Figures]]
) -> dict[str, list[Figures]]:
    """What each contestant gave, round by round."""
    found: dict[str, list[Figures]] = {name: [] for name in contestants}
    for _ in range(rounds):
        for name, measure in contestants.items():
            found[name].append(measure())
    return found


def middle(figures: list[Figures], field: str) -> float:
    return float(median(each[field] for each in figures))


def ratio(measured: list[Figures], reference: list[Figures], field: str) -> float:
    """The median of the rounds' own ratios."""
    pairs = zip(measured, reference, strict=True)
    return float(median(ours[field] / theirs[field] for ours, theirs in pairs))


def percentile(values: list[float], share: float) -> float:
    """The value below which this share of them lies (nearest rank)."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(len(ordered) * share))]
