"""What keeps a rule quiet about an alert that it wants: asked in a fixed order. Pure.

Only creates are ever suppressed. A close always goes through
(https://github.com/prometheus/alertmanager/issues/226 is what happens otherwise).
"""

import functools
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from alerts import blackouts, schedules
from alerts.facts import Facts
from alerts.models import AlertState, Blackout, Rule, Schedule, Suppressor
from alerts.scopes import Scope
from alerts.wording import moment


@dataclass(frozen=True, slots=True)
class Obstacle:
    """What holds an alert back, why, and until when (None: nobody knows)."""

    kind: Suppressor
    reason: str
    until: datetime | None
    schedule: Schedule | None = None
    blackout: Blackout | None = None


@dataclass(frozen=True, slots=True)
class QuietTimes:
    """All schedules by id, and the blackouts that are on, each with its scope made ready."""

    schedules: Mapping[UUID, Schedule] = field(default_factory=dict)
    blackouts: Iterable[tuple[Blackout, Scope]] = ()

    def schedule_of(self, rule: Rule) -> Schedule | None:
        return self.schedules.get(rule.schedule_id) if rule.schedule_id else None

    def at(self, facts: Facts) -> Callable[[Rule], Obstacle | None]:
        """Says of any rule the first thing that keeps it quiet at this moment. What does not depend
        on the rule is found once, and only if a rule comes so far."""
        snooze, blackout = _snooze(facts), functools.cache(lambda: self._blackout(facts))
        on_schedule = functools.cache(lambda pk: self._schedule(facts, self.schedules.get(pk)))
        return lambda rule: (
            snooze or (on_schedule(rule.schedule_id) if rule.schedule_id else None) or blackout()
        )

    def _schedule(self, facts: Facts, schedule: Schedule | None) -> Obstacle | None:
        if schedule is None or schedules.is_open(schedule, facts.now):
            return None
        opens_at = schedules.next_opening(schedule, facts.now)
        until = f" until {moment(opens_at)}" if opens_at else ""
        reason = f"Outside the operating hours of {schedule.name}{until}."
        return Obstacle(Suppressor.SCHEDULE, reason, opens_at, schedule=schedule)

    def _blackout(self, facts: Facts) -> Obstacle | None:
        """Of several that are on, the one that lasts longest: nothing is sent before it ends."""
        on = ((blackouts.ends_at(each, facts.now), each, scope) for each, scope in self.blackouts)
        mine = [(ends, each, scope) for ends, each, scope in on if ends and scope.has(facts)]
        if not mine:
            return None
        ends, blackout, scope = max(mine, key=lambda each: each[0])
        narrowed = f" ({scope.in_words()})" if scope.in_words() else ""
        reason = f"In the blackout {blackout.name}{narrowed} until {moment(ends)}."
        return Obstacle(Suppressor.BLACKOUT, reason, ends, blackout=blackout)


def _snooze(facts: Facts) -> Obstacle | None:
    """Somebody wants to hear nothing of this alert for now."""
    alert = facts.alert
    if alert.state != AlertState.SNOOZED or not alert.snoozed_until:
        return None
    if alert.snoozed_until <= facts.now:
        return None  # over; it only has not been woken yet
    reason = f"Snoozed until {moment(alert.snoozed_until)}."
    return Obstacle(Suppressor.SNOOZE, reason, alert.snoozed_until)
