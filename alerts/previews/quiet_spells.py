"""When a schedule or a blackout held a rule quiet, made ready for many alerts of one time. Pure.

What it says of a moment is what alerts/suppression.py says of it.
"""

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from uuid import UUID

from alerts import blackouts, schedules
from alerts.facts import Facts
from alerts.models import Blackout, Schedule, Suppressor
from alerts.scopes import Scope

Spell = tuple[datetime, datetime]  # the second is the first moment that is free again
Held = tuple[Suppressor, datetime | None]  # what, and until when if that is known


class Spells:
    """The spells of one blackout, in order."""

    def __init__(self, spells: Iterable[Spell]) -> None:
        self._spells = list(spells)
        self._starts = [start for start, _ in self._spells]

    def __bool__(self) -> bool:
        return bool(self._spells)

    def end_at(self, moment: datetime) -> datetime | None:
        """When the spell that is on ends; None if none is."""
        place = bisect_right(self._starts, moment) - 1
        end = self._spells[place][1] if place >= 0 else moment
        return end if end > moment else None


class QuietSpells:
    """The blackouts that are on at some time between two moments, and schedules at any time."""

    def __init__(
        self, scoped: Iterable[tuple[Blackout, Scope]], since: datetime, until: datetime
    ) -> None:
        found = [(each, scope, Spells(_spells(each, since, until))) for each, scope in scoped]
        kept = [one for one in found if one[2]]
        self.blackouts = [blackout for blackout, _, _ in kept]
        self._scopes = [scope for _, scope, _ in kept]
        self._spells = [spells for _, _, spells in kept]
        # By schedule: since when it is known to be open or not, which, and until when that holds.
        self._stands: dict[UUID, tuple[datetime, bool, datetime | None]] = {}

    def that_cover(self, facts: Facts) -> tuple[int, ...]:
        """The places of the blackouts in whose scope the alert is."""
        return tuple(place for place, scope in enumerate(self._scopes) if scope.has(facts))

    def held(
        self, schedule: Schedule | None, covering: Sequence[int], moment: datetime
    ) -> Held | None:
        """The first thing that holds an alert back at the moment."""
        is_open, turns_at = self._stand(schedule, moment) if schedule else (True, None)
        if not is_open:
            return Suppressor.SCHEDULE, turns_at
        ends = [end for place in covering if (end := self._spells[place].end_at(moment))]
        return (Suppressor.BLACKOUT, max(ends)) if ends else None

    def _stand(self, schedule: Schedule, moment: datetime) -> tuple[bool, datetime | None]:
        """Whether it is open, and until when. To look for that takes half a millisecond, and the
        moments come in order: what was found for the last one holds for most."""
        since, is_open, turns_at = self._stands.get(schedule.pk, (None, False, None))
        if since is None or moment < since or (turns_at and moment >= turns_at):
            is_open = schedules.is_open(schedule, moment)
            turn = schedules.next_closing if is_open else schedules.next_opening
            turns_at = turn(schedule, moment)
            self._stands[schedule.pk] = moment, is_open, turns_at
        return is_open, turns_at


def _spells(blackout: Blackout, since: datetime, until: datetime) -> Iterator[Spell]:
    at: datetime | None = since
    while at and at <= until:
        end, coming = blackouts.ends_at(blackout, at), blackouts.next_after(blackout, at)
        if end:
            yield at, end
        # One that comes before this one ends may end later.
        at = min(filter(None, (end, coming.start if coming else None)), default=None)
