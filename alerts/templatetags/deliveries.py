"""Deliveries and attempts, as people read them."""

from typing import Any

from django import template
from django.utils import timezone

from alerts.breaking import breaking_here
from alerts.models import Delivery, DeliveryState, Lane
from alerts.vocabulary import change_name
from alerts.wording import moment
from destinations.messages import Action, web_link

register = template.Library()
register.filter(web_link)
register.filter(change_name)


@register.filter
def waits_for(delivery: Delivery) -> str:
    """What a pending delivery waits for, other than its own next try; empty if nothing."""
    if delivery.state != DeliveryState.PENDING:
        return ""
    destination = delivery.destination
    if destination.deleted_at:
        return f"{destination.name} was deleted. Nothing more is sent to it."
    if destination.attention:
        return f"{destination.name} needs attention first: {destination.attention}"
    if not destination.is_active:
        return f"{destination.name} is paused. It is sent when the destination is resumed."
    if delivery.carried_by_id:
        return "It waits for the digest that tells it."
    if delivery.digest_at and delivery.digest_at > timezone.now():
        return f"It waits for the digest of {moment(delivery.digest_at)}."
    if delivery.next_attempt_at is None and delivery.action == Action.CLOSE:
        return "It waits for its create: nothing can be closed before it is there."
    return _lane_pause(delivery)


@register.filter
def creates_shown(alert: Any) -> list[Delivery]:
    """In a list: its creates; where a storm or group speaks for it, those of the summary."""
    own: list[Delivery] = alert.creates
    is_silent = all(create.state == DeliveryState.SKIPPED for create in own)
    return alert.part_of.alert.told_creates if alert.part_of and is_silent else own


@register.filter
def is_due(delivery: Delivery) -> bool:
    """Whether its next try may be made at once."""
    return delivery.next_attempt_at is not None and delivery.next_attempt_at <= timezone.now()


def _lane_pause(delivery: Delivery) -> str:
    try:
        lane = delivery.destination.lane
    except Lane.DoesNotExist:
        return ""
    if lane.paused_until and lane.paused_until > timezone.now():
        return f"{delivery.destination.name} has a short break: {lane.pause_reason}"
    return ""


@register.simple_tag
def breaking_changes() -> frozenset[str]:
    """The change types that are breaking here. One query."""
    return breaking_here()
