"""What is reported: a seeded sequence of events, and the alerts that must come of it."""

import random
from dataclasses import dataclass
from typing import Any

ASSETS = 20
REPEATED, RESOLVED = 0.08, 0.4  # shares of all events


@dataclass(frozen=True)
class Episode:
    """One alert that must exist, by the title of the event that opened it."""

    title: str
    is_ended: bool


def event(seed: int, number: int) -> dict[str, Any]:
    """The event of this number: a trigger, a resolve, or an earlier event once more."""
    chance = random.Random(f"{seed}:{number}")
    if number and chance.random() < REPEATED:
        return event(seed, chance.randrange(max(0, number - 20), number))
    asset = f"asset-{chance.randrange(ASSETS)}"
    return {
        "event_id": f"event-{number}",
        "status": "resolved" if chance.random() < RESOLVED else "triggered",
        "event_type": "schema_change",
        "severity": "critical",
        "title": f"Column removed from {asset} in event {number}",
        "asset": asset,
        "changes": [{"change_type": "column_removed", "column": "email"}],
    }


def episodes(seed: int, count: int) -> list[Episode]:
    """The alerts that the first `count` events make, told without the product."""
    opened: dict[str, str] = {}
    ended: list[Episode] = []
    seen: set[str] = set()
    for number in range(count):
        told = event(seed, number)
        if told["event_id"] in seen:
            continue
        seen.add(told["event_id"])
        if told["status"] == "triggered":
            opened.setdefault(told["asset"], told["title"])
        elif title := opened.pop(told["asset"], ""):
            ended.append(Episode(title, is_ended=True))
    return ended + [Episode(title, is_ended=False) for title in opened.values()]
