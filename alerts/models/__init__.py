"""The rows: events and alerts, rules and matches, deliveries and attempts, lanes."""

from alerts.models.alert import HELD, Activity, Alert, AlertState, Event, Verdict
from alerts.models.delivery import Attempt, Delivery, DeliveryState
from alerts.models.lane import Heartbeat, Installation, Lane
from alerts.models.quiet import (
    Blackout,
    Cooldown,
    DailyCount,
    QuietWindow,
    Schedule,
    Suppression,
    Suppressor,
)
from alerts.models.rule import BreakingFlag, ChangeScope, Explanation, Match, Rule, TagMode
from alerts.models.storm import Look, Storm

__all__ = [
    "HELD",
    "Activity",
    "Alert",
    "AlertState",
    "Attempt",
    "Blackout",
    "BreakingFlag",
    "ChangeScope",
    "Cooldown",
    "DailyCount",
    "Delivery",
    "DeliveryState",
    "Event",
    "Explanation",
    "Heartbeat",
    "Installation",
    "Lane",
    "Look",
    "Match",
    "QuietWindow",
    "Rule",
    "Schedule",
    "Storm",
    "Suppression",
    "Suppressor",
    "TagMode",
    "Verdict",
]
