"""What the tests of groups share."""

from datetime import timedelta

import time_machine

from alerts.models import (
    Alert,
    Delivery,
    Storm,
)
from alerts.sweep import sweep
from destinations.messages import Action, Message
from destinations.models import Destination
from tests.alerts.factories import (
    a_destination,
    a_rule,
)

Clock = time_machine.Traveller


def a_grouped_destination() -> Destination:
    """One at the sandbox, and a rule that sends every alert to it and groups."""
    destination = a_destination()
    a_rule(destination, is_grouped=True)
    return destination


def the_group() -> Storm:
    return Storm.objects.select_related("alert").get()


def later(clock: Clock, seconds: float) -> None:
    clock.shift(timedelta(seconds=seconds))
    sweep()


def told(destination: Destination) -> Message:
    """What the group's create to the destination says."""
    create = Delivery.objects.get(
        alert=the_group().pk, destination=destination, action=Action.CREATE
    )
    return Message.from_json(create.message)


def create_to(destination: Destination, alert: Alert) -> Delivery:
    return Delivery.objects.get(alert=alert, destination=destination, action=Action.CREATE)
