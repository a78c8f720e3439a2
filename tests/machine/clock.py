"""Simulated time, which everything in this process lives by: product, sandbox and judge."""

from datetime import UTC, datetime

from time_machine import Traveller

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)


class Clock:
    """Jumps on and back. It ticks, too: the product's loops would never end otherwise."""

    def __init__(self, traveller: Traveller) -> None:
        self._traveller = traveller
        self.reset()

    def reset(self) -> None:
        self._traveller.move_to(START)
        self.set_back = 0.0

    def jump(self, seconds: float) -> None:
        self._traveller.shift(seconds)
        self.set_back += max(0.0, -seconds)

    def steady(self, wall_time: float) -> float:
        """The same moment on a clock that is never set back, only halted meanwhile."""
        return wall_time + self.set_back
