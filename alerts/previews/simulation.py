"""What a rule would have done with the alerts that it wants, in order of time. Pure.

The rules are those of alerts/judging.py and alerts/waiting.py: what holds an alert back is asked
when it comes, and again when that is over if the alert is still open then. Where the alerts are a
sample, each of them speaks for several, so what may be taken is counted in parts of an alert.
"""

import heapq
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID

from django.conf import settings

from alerts.models import Rule, Schedule, Suppressor
from alerts.previews.quiet_spells import Held, QuietSpells
from alerts.quotas import day_ends_at, zone_of_days

LOOKS_LIMIT = 100_000  # at alerts that were held back before
DUST = 1e-9  # what is left of an alert by the rounding of numbers


@dataclass(frozen=True, slots=True)
class Wanted:
    """An alert that the rule wants."""

    id: UUID
    at: datetime
    ended_at: datetime | None
    ready_at: datetime | None  # when the rule has waited long enough; None: not by now
    event_type: str
    severity: str
    asset: str  # by this a cooldown goes
    burst: str  # those of one burst share an incident
    covering: tuple[int, ...] = ()  # the blackouts in whose scope it is

    def is_open_at(self, moment: datetime) -> bool:
        return self.ended_at is None or self.ended_at > moment


@dataclass(slots=True)
class Fate:
    """What became of one: parts of an alert, which are one in all. Never mind what is left over
    when it was not held: it still waits."""

    opened: float = 0.0
    grouped: float = 0.0
    held_by: Suppressor | None = None  # the first that did
    untold: float = 1.0

    @property
    def told(self) -> float:
        return self.opened + self.grouped

    @property
    def is_late(self) -> bool:
        """Told, but held back before."""
        return bool(self.told and self.held_by)


@dataclass(slots=True)
class Outcome:
    fates: list[Fate] = field(default_factory=list)  # in the order of the alerts
    bursts: list[int] = field(default_factory=list)  # how many alerts each incident of one lists
    is_cut: bool = False  # alerts were held back so often that it was not followed to the end


def simulate(
    rule: Rule,
    schedule: Schedule | None,
    spells: QuietSpells,
    wanted: Sequence[Wanted],
    until: datetime,
    share: float = 1.0,
) -> Outcome:
    """`wanted` are in order of time, and are that share of all."""
    return _Simulation(rule, schedule, spells, wanted, until, share).run()


class _Simulation:
    def __init__(
        self,
        rule: Rule,
        schedule: Schedule | None,
        spells: QuietSpells,
        wanted: Sequence[Wanted],
        until: datetime,
        share: float,
    ) -> None:
        self._rule, self._schedule, self._spells = rule, schedule, spells
        self._wanted, self._until = wanted, until
        self._quotas = _Quotas(rule, schedule, share, _per_cooldown(rule, wanted, share))
        self._bursts: dict[str, tuple[datetime, int]] = {}
        self._outcome = Outcome([Fate() for _ in wanted])

    def run(self) -> Outcome:
        queue = [
            (each.ready_at, place)
            for place, each in enumerate(self._wanted)
            if each.ready_at and each.ready_at <= self._until
        ]
        heapq.heapify(queue)
        looks = len(queue) + LOOKS_LIMIT
        while queue and looks:
            at, place = heapq.heappop(queue)
            looks -= 1
            again_at = self._look(place, at)
            if again_at and again_at <= self._until and self._wanted[place].is_open_at(again_at):
                heapq.heappush(queue, (again_at, place))
        self._outcome.is_cut = bool(queue)
        return self._outcome

    def _look(self, place: int, at: datetime) -> datetime | None:
        """Tells of the alert, or of a part of it; the answer is when to ask again."""
        alert, fate = self._wanted[place], self._outcome.fates[place]
        held = self._spells.held(self._schedule, alert.covering, at)
        if not held:
            told, held = self._quotas.take(alert, fate.untold, at)
            self._tell(alert, fate, told, at)
        if not held:
            return None
        fate.held_by = fate.held_by or held[0]
        return held[1]

    def _tell(self, alert: Wanted, fate: Fate, told: float, at: datetime) -> None:
        if not told:
            return
        fate.untold -= told
        if self._rule.is_grouped and self._joins(alert.burst, at):
            fate.grouped += told
        else:
            fate.opened += told

    def _joins(self, burst: str, at: datetime) -> bool:
        began_at, place = self._bursts.get(burst, (None, 0))
        if began_at and at < began_at + timedelta(seconds=settings.GROUP_WINDOW):
            self._outcome.bursts[place] += 1
            return True
        self._bursts[burst] = at, len(self._outcome.bursts)
        self._outcome.bursts.append(1)
        return False


class _Quotas:
    """The cooldown and the daily limit, counted in memory as alerts/quotas.py counts them."""

    def __init__(
        self, rule: Rule, schedule: Schedule | None, share: float, per_cooldown: float
    ) -> None:
        self._cooldown = timedelta(minutes=rule.cooldown_minutes or 0)
        self._per_cooldown = per_cooldown
        self._daily = (rule.daily_limit or 0) * share
        self._zone = zone_of_days(schedule)
        self._cooling: dict[str, tuple[datetime, float]] = {}  # until when, and what is left
        self._taken: dict[date, float] = defaultdict(float)

    def take(self, alert: Wanted, asked: float, at: datetime) -> tuple[float, Held | None]:
        """How much of it is taken, and what keeps the rest."""
        cools_until, left = self._cooling.get(alert.asset, (at, 0.0))
        if not self._cooldown or cools_until <= at:
            cools_until, left = at + self._cooldown, self._per_cooldown
        day = at.astimezone(self._zone).date()
        today = self._daily - self._taken[day] if self._daily else asked
        taken = max(min(asked, left, today), 0.0)
        if taken:
            self._taken[day] += taken
            self._cooling[alert.asset] = cools_until, left - taken
        if asked - taken < DUST:
            return taken, None
        if left - taken < DUST:
            return taken, (Suppressor.COOLDOWN, cools_until)
        return taken, (Suppressor.DAILY_LIMIT, day_ends_at(day, self._zone))


def _per_cooldown(rule: Rule, wanted: Sequence[Wanted], share: float) -> float:
    """How much of a sampled alert one cooldown lets through: in a sample most of those that a
    cooldown would hold back are missing."""
    if not rule.cooldown_minutes:
        return float("inf")
    if share == 1:
        return 1.0
    cooldown, sizes = timedelta(minutes=rule.cooldown_minutes), list[int]()
    began: dict[str, tuple[datetime, int]] = {}
    for alert in wanted:
        began_at, place = began.get(alert.asset, (None, 0))
        if began_at and alert.at < began_at + cooldown:
            sizes[place] += 1
        else:
            began[alert.asset] = alert.at, len(sizes)
            sizes.append(1)
    return share * how_many(sizes, share) / len(sizes) if sizes else share


def how_many(sizes: Sequence[int], share: float) -> float:
    """How many groups there are, of which a sample holds these with so many members each.

    The estimate is Chao's (1984), from how many were seen only once and only twice; there are not
    fewer than were seen, and not more than members.
    """
    once, twice = sizes.count(1), sizes.count(2)
    if share == 1:
        return len(sizes)
    return min(len(sizes) + once * (once - 1) / (2 * (twice + 1)), len(sizes) / share)
