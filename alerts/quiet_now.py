"""How schedules and blackouts stand at a moment: what is on, and what comes next. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from alerts import blackouts, quiet_words, schedules
from alerts.models import Blackout, Rule, Schedule


@dataclass(frozen=True, slots=True)
class ScheduleNow:
    """`turns_at`: when it closes or opens next; None: never."""

    schedule: Schedule
    is_open: bool
    turns_at: datetime | None
    rules: list[Rule] = field(default_factory=list)

    @property
    def hours(self) -> list[str]:
        return quiet_words.hours_of(self.schedule)

    @property
    def turns(self) -> str:
        return quiet_words.clock_of(self.turns_at, self.schedule.zone) if self.turns_at else ""


@dataclass(frozen=True, slots=True)
class BlackoutNow:
    """`at`: when it ends, if it is on; or begins next, if it is planned."""

    blackout: Blackout
    state: Literal["on", "planned", "over", "off"]
    at: datetime | None = None

    @property
    def spell(self) -> str:
        return quiet_words.spell_of(self.blackout)

    @property
    def length(self) -> str:
        return quiet_words.length_of(self.blackout)

    @property
    def scope(self) -> str:
        return quiet_words.scope_of(self.blackout)

    @property
    def clock(self) -> str:
        return quiet_words.clock_of(self.at, self.blackout.zone) if self.at else ""


@dataclass(frozen=True, slots=True)
class Board:
    """Blackouts by how they stand: what ends or comes first stands first; what is over, last."""

    on: list[BlackoutNow]
    planned: list[BlackoutNow]
    past: list[BlackoutNow]


def schedule_now(schedule: Schedule, now: datetime) -> ScheduleNow:
    is_open = schedules.is_open(schedule, now)
    turn = schedules.next_closing if is_open else schedules.next_opening
    return ScheduleNow(schedule, is_open, turn(schedule, now))


def blackout_now(blackout: Blackout, now: datetime) -> BlackoutNow:
    if not blackout.is_active:
        return BlackoutNow(blackout, "off")
    if ends := blackouts.ends_at(blackout, now):
        return BlackoutNow(blackout, "on", ends)
    if coming := blackouts.next_after(blackout, now):
        return BlackoutNow(blackout, "planned", coming.start)
    return BlackoutNow(blackout, "over")


def board_of(planned: Iterable[Blackout], now: datetime) -> Board:
    """Keeps the order of those that are over or off."""
    stands = [blackout_now(blackout, now) for blackout in planned]
    by_time = sorted((each for each in stands if each.at), key=lambda each: each.at or now)
    return Board(
        on=[each for each in by_time if each.state == "on"],
        planned=[each for each in by_time if each.state == "planned"],
        past=[each for each in stands if not each.at],
    )
