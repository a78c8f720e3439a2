"""The rows: events and alerts, rules and matches, deliveries and attempts, lanes."""

from alerts.models.alert import Activity, Alert, AlertState, Event
from alerts.models.delivery import Attempt, Delivery, DeliveryState
from alerts.models.lane import Heartbeat, Installation, Lane
from alerts.models.rule import Match, Rule, Verdict
from alerts.models.storm import Storm

__all__ = [
    "Activity",
    "Alert",
    "AlertState",
    "Attempt",
    "Delivery",
    "DeliveryState",
    "Event",
    "Heartbeat",
    "Installation",
    "Lane",
    "Match",
    "Rule",
    "Storm",
    "Verdict",
]
