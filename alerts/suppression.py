"""What keeps a rule quiet about an alert that it wants: asked in a fixed order. Pure.

Only creates are ever suppressed. A close always goes through
(https://github.com/prometheus/alertmanager/issues/226 is what happens otherwise).
"""

from collections.abc import Iterable, Mapping
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

    def obstacle(self, facts: Facts, rule: Rule) -> Obstacle | None:
        """The first thing that keeps the rule quiet at this moment."""
        return _snooze(facts) or self._schedule(facts, rule) or self._blackout(facts)

    def _schedule(self, facts: Facts, rule: Rule) -> Obstacle | None:
        schedule = self.schedule_of(rule)
        if schedule is None or schedules.is_open(schedule, facts.now):
            return None
        opens_at = schedules.next_opening(schedule, facts.now)
        until = f" until {moment(opens_at)}" if opens_at else ""
        reason = f"Outside the operating hours of {schedule.name}{until}."
        return Obstacle(Suppressor.SCHEDULE, reason, opens_at, schedule=schedule)

    def _blackout(self, facts: Facts) -> Obstacle | None:
        for blackout, scope in self.blackouts:
            ends_at = blackouts.ends_at(blackout, facts.now)
            if ends_at and scope.has(facts):
                reason = f"In the blackout {blackout.name} until {moment(ends_at)}."
                return Obstacle(Suppressor.BLACKOUT, reason, ends_at, blackout=blackout)
        return None


def _snooze(facts: Facts) -> Obstacle | None:
    """Somebody wants to hear nothing of this alert for now."""
    alert = facts.alert
    if alert.state != AlertState.SNOOZED or not alert.snoozed_until:
        return None
    reason = f"Snoozed until {moment(alert.snoozed_until)}."
    return Obstacle(Suppressor.SNOOZE, reason, alert.snoozed_until)
