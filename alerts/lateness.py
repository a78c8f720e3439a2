"""How late stale data is, from what its detector says in the event's details. Pure.

Detectors name the age and the threshold in hours, minutes or seconds; AnomalyArmor's own are
`hours_stale` and `threshold_hours` (https://docs.anomalyarmor.ai, API page of alerts).
"""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

MINUTES = {"hours": 60.0, "minutes": 1.0, "seconds": 1 / 60}
# 24.7 h less 24.6 h is six minutes, which floats miss by a hair.
DIGITS = 6


@dataclass(frozen=True, slots=True)
class Lateness:
    """All in minutes. A detector that names no threshold leaves it None; likewise the age."""

    age: float | None
    threshold: float | None

    @property
    def late(self) -> float | None:
        """How far beyond its threshold; negative: it is not."""
        if self.age is None or self.threshold is None:
            return None
        return round(self.age - self.threshold, DIGITS)

    @property
    def over_percent(self) -> float | None:
        """The same, in percent of the threshold; None of a threshold that has no percentages."""
        if self.late is None or self.threshold is None or self.threshold <= 0:
            return None
        return round(100 * self.late / self.threshold, DIGITS)


UNTOLD = Lateness(None, None)


def lateness_of(details: Mapping[str, Any]) -> Lateness:
    """Reads an event's details. What is no number there says nothing."""
    if not details:
        return UNTOLD
    return Lateness(_minutes(details, "{}_stale"), _minutes(details, "threshold_{}"))


def _minutes(details: Mapping[str, Any], key: str) -> float | None:
    for unit, factor in MINUTES.items():
        value = _number(details.get(key.format(unit)))
        if value is not None:
            return value * factor
    return None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    # "nan" is beyond every threshold and beyond none; 1e308 hours are no time either.
    return number if math.isfinite(number * MINUTES["hours"]) else None


def in_words(minutes: float) -> str:
    """`90` as "1 h 30 min", `2880` as "2 days", `0.5` as "30 s". Never more than it is: what is
    59.9 minutes late is not an hour late."""
    if minutes < 1:
        return f"{math.floor(minutes * 60)} s"
    hours, rest = divmod(math.floor(minutes), 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "day" if days == 1 else "days"), (hours, "h"), (rest, "min")]
    return " ".join(f"{count} {unit}" for count, unit in parts if count)
