"""What people do, in our pages and in the provider's."""

from alerts import deletion, lifecycle, resending
from alerts.models import Alert, AlertState, Delivery
from tests.alerts.factories import CLOSED
from tests.machine.channel import Channel
from tests.machine.world import World

VERBS = ("acknowledge", "snooze", "resolve", "dismiss")
ADD, PAUSE, ENABLE, DELETE, REVOKE = "add", "pause", "enable", "delete", "revoke"
SET_STATUS, UNSET_STATUS = "set status", "unset status"
EDITS = (ADD, PAUSE, ENABLE, DELETE, DELETE, REVOKE, SET_STATUS, UNSET_STATUS)
MAX_CHANNELS = 3
PERSON = "ada"


def handle(world: World, number: int, verb: str) -> None:
    alerts = list(Alert.objects.order_by("created_at", "pk"))
    if not alerts:
        return
    alert = alerts[number % len(alerts)]
    try:
        _do(alert, verb)
    except lifecycle.AlreadyEnded:
        assert not alert.is_open


def _do(alert: Alert, verb: str) -> None:
    if verb == "acknowledge":
        lifecycle.acknowledge(alert, PERSON)
    elif verb == "snooze":
        lifecycle.snooze(alert, 1, PERSON)
    else:
        state = AlertState.RESOLVED if verb == "resolve" else AlertState.DISMISSED
        lifecycle.end(alert, state, PERSON)


def end_newest(world: World) -> None:
    _, alert_id = world.events[-1]
    lifecycle.end(Alert.objects.get(pk=alert_id), AlertState.RESOLVED, PERSON)


def send_again(world: World, number: int) -> None:
    deliveries = list(Delivery.objects.order_by("created_at", "pk"))
    if deliveries:
        send_one_again(world, deliveries[number % len(deliveries)])


def send_one_again(world: World, delivery: Delivery) -> None:
    try:
        resending.send_again(delivery, PERSON)
    except resending.CannotSend:
        return
    world.sent_again[delivery.pk] += 1


def end_incident(world: World, number: int) -> None:
    incidents = world.sandbox.workspace.incidents()
    if incidents:
        category = ("closed", "canceled", "declined")[number % 3]
        incident = incidents[number % len(incidents)]
        world.sandbox.workspace.move_by_hand(incident.id, category)


def edit(world: World, channel: Channel, what: str) -> None:
    if what == ADD:
        if len(world.channels) < MAX_CHANNELS:
            world.add_channel()
    elif what == REVOKE:
        channel.revoke_key()
    elif channel.is_deleted:
        return
    elif what == DELETE:
        deletion.delete(channel.row())
        channel.is_deleted = True
        world.add_channel()  # or the rest of the history could be dull
    elif what in (PAUSE, ENABLE):
        channel.pause(what == PAUSE)
    else:
        channel.set_closed_status(CLOSED if what == SET_STATUS else "")


def repair(channel: Channel) -> None:
    """All that a destination needs to work again."""
    if channel.is_deleted:
        return
    channel.change_key()
    channel.pause(False)
    channel.set_closed_status(CLOSED)
    channel.is_held = False
