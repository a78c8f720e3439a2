"""What the test shares with its processes: the sandboxes, a file of events, and a board."""

import json
import mmap
import os
import signal
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Self

# Leases of about a second; the order of the times is that of production (alerts/checks.py).
TIMINGS = {
    "DELIVERY_CALL_DEADLINE": "0.35",
    "DELIVERY_DRAIN_BUDGET": "0.5",
    "DELIVERY_TASK_TIMEOUT": "1",
    "DELIVERY_LEASE": "1.2",
    "DELIVERY_QUEUE_RETRY": "2",
    "STORM_LIMIT": "0",
}
VARIABLE = "CRASH_SCENE"
INTEGER = 8  # bytes


@dataclass(frozen=True)
class Scene:
    """One destination, and so one lane, for each sandbox: then a callback says whose call it is."""

    folder: str
    urls: list[str]
    seed: int

    @classmethod
    def from_environment(cls) -> Self:
        return cls(**json.loads(os.environ[VARIABLE]))

    def to_environment(self) -> dict[str, str]:
        return {VARIABLE: json.dumps(asdict(self))}

    @property
    def accepted(self) -> Path:
        """A line for each event that was accepted, in their order."""
        return Path(self.folder) / "accepted"

    @property
    def board(self) -> "Board":
        return Board(Path(self.folder) / "board", len(self.urls))


class Board:
    """Shared memory: which process works on each lane, and in which lanes the next one must die.

    A worker looks at it whenever a drain asks whether to stop: after it has taken the lane and
    before its first claim, and then between each save and the next claim.
    """

    def __init__(self, path: Path, lanes: int) -> None:
        path.touch()
        os.truncate(path, 2 * lanes * INTEGER)
        with path.open("r+b") as file:
            slots = memoryview(mmap.mmap(file.fileno(), 0)).cast("q")
        self.holders, self.orders = slots[:lanes], slots[lanes:]

    def look(self, lane: int) -> bool:
        """Obeys an order to die. Never says that it is time to stop."""
        self.holders[lane] = os.getpid()
        if self.orders[lane]:
            self.orders[lane] = 0
            os.kill(os.getpid(), signal.SIGKILL)
        return False
