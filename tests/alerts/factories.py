"""Builds what the tests of alerts start from."""

import json
from typing import Any

from alerts import events, ingest, lanes, lifecycle, planning
from alerts.models import Alert, AlertState, Delivery, Lane, Rule
from destinations.messages import Action
from destinations.models import Destination
from sandbox import keys
from sandbox.reference_data import first_status

CLOSED = first_status("closed")["id"]
EVENT: dict[str, Any] = {
    "event_type": "schema_change",
    "severity": "critical",
    "title": "Column removed from orders",
    "description": "Column customer_email was removed.",
    "data_source": "prod-postgres",
    "schema": "public",
    "asset": "prod-postgres.shop.public.orders",
    "asset_id": "a-17",
    "changes": [{"change_type": "column_removed", "column": "customer_email"}],
    "tags": ["production"],
    "occurred_at": "2026-11-23T08:00:00Z",
}


def an_event(**fields: Any) -> events.Event:
    return events.parse(json.dumps(EVENT | fields).encode())


def resolved(**fields: Any) -> events.Event:
    return an_event(status="resolved", **fields)


def a_destination(
    name: str = "On-call", key: str = keys.FULL, closed_status_id: str = CLOSED, **config: str
) -> Destination:
    config = {"closed_status_id": closed_status_id} | config
    destination = Destination(kind="incident_io", name=name, config=config)
    if key:
        destination.set_secret("api_key", key)
    destination.save()
    return destination


def a_rule(*destinations: Destination, name: str = "Everything", **conditions: Any) -> Rule:
    rule = Rule.objects.create(name=name, **conditions)
    rule.destinations.set(destinations)
    return rule


def an_alert(**fields: Any) -> Alert:
    """The alert that an event opens."""
    return Alert.objects.get(pk=ingest.record(an_event(**fields)).alert_id)


def alerts(count: int) -> list[Alert]:
    """Several alerts, each for an asset of its own."""
    return [an_alert(asset=f"shop.public.table_{number}") for number in range(count)]


def the(action: Action, alert: Alert) -> Delivery:
    """The alert's only delivery of that action, as it is now."""
    return Delivery.objects.get(alert=alert, action=action)


def create_of(alert: Alert) -> Delivery:
    return the(Action.CREATE, alert)


def close_of(alert: Alert) -> Delivery:
    return the(Action.CLOSE, alert)


def resolve(alert: Alert, actor: str = "") -> None:
    """Somebody resolves the alert; no actor: the detector."""
    lifecycle.end(alert, AlertState.RESOLVED, actor)


def lane_of(destination: Destination) -> Lane:
    return Lane.objects.get(destination=destination)


def drain(destination: Destination) -> None:
    """A worker answers the destination's doorbell, until nothing more is due."""
    planning.ring([destination.pk])
    lanes.drain(lane_of(destination).pk, lambda: False)
