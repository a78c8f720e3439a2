"""The day on which everything works again: what is left drains, and what has ended is closed."""

from collections.abc import Iterable

from alerts.models import Delivery, DeliveryState
from destinations.connectors.incident_io import IncidentIo
from destinations.messages import Action
from tests.machine import people, quiet, workers
from tests.machine.invariants import INVARIANTS, alert_of, the_rate_is_kept
from tests.machine.world import World

# Seconds. Together more than the longest wait of each kind, one after the other: a lease, a 429,
# the breaker, and the whole retry schedule.
STEPS = (1, 61, 61, 61, 200, 200, 200, 901, 901, 901, 901)
UNDER_WAY = (DeliveryState.PENDING, DeliveryState.SENDING)


def end_well(world: World) -> None:
    """I10: in bounded time, with everything working."""
    _repair(world)
    burst, IncidentIo.BURST = IncidentIo.BURST, 10_000.0
    try:
        _drain(world)
        _send_failed_again(world)
    finally:
        IncidentIo.BURST = burst
    _judge(world)


def _repair(world: World) -> None:
    world.sandbox.faults.clear()
    for channel in world.living:
        people.repair(channel)


def _drain(world: World) -> None:
    for step in STEPS:
        world.clock.jump(step)
        workers.work()
        _look(world)
        if not _under_way():
            return
    left = [(d.action, d.state, d.reason, d.next_attempt_at) for d in _under_way()]
    raise AssertionError(f"still under way after {sum(STEPS)} s: {left}")


def _look(world: World) -> None:
    world.look()
    for check in INVARIANTS:
        if check is not the_rate_is_kept:  # the bucket was made bigger
            check(world, world.sight)


def _under_way() -> list[Delivery]:
    return list(Delivery.objects.filter(state__in=UNDER_WAY))


def _send_failed_again(world: World) -> None:
    """A person goes through all that could not be done. Creates first, as closes need them."""
    _again(world, Delivery.objects.filter(action=Action.CREATE, state=DeliveryState.FAILED))
    closes = Delivery.objects.filter(action=Action.CLOSE)
    _again(world, closes.filter(state=DeliveryState.FAILED))
    _again(world, closes.filter(state=DeliveryState.SKIPPED, reason__startswith="No closed status"))


def _again(world: World, deliveries: Iterable[Delivery]) -> None:
    living = {channel.pk for channel in world.living}
    for delivery in deliveries:
        if delivery.destination_id in living:
            people.send_one_again(world, delivery)
    _drain(world)


def _judge(world: World) -> None:
    """Every incident is known, and those of ended alerts are closed."""
    for delivery in world.sight.deliveries.values():
        channel = next(c for c in world.channels if c.pk == delivery.destination_id)
        if channel.is_deleted or delivery.action == Action.CLOSE:
            continue
        assert delivery.state in (DeliveryState.DELIVERED, DeliveryState.SKIPPED), delivery.reason
        if delivery.external_id and not world.sight.alerts[delivery.alert_id].is_open:
            close = world.sight.of(delivery.alert_id, Action.CLOSE)[delivery.destination_id]
            incident = world.sandbox.workspace.find(delivery.external_id)
            assert close.state == DeliveryState.DELIVERED, (close.state, close.reason)
            assert not incident.is_open
    _judge_the_provider(world)
    _pass_the_longest_wait(world)


def _judge_the_provider(world: World) -> None:
    known = {delivery.external_id for delivery in world.sight.deliveries.values()}
    for incident in world.sandbox.workspace.incidents():
        [channel] = [c for c in world.channels if c.owns(incident.creator.name)]
        is_forgotten = channel.is_deleted or alert_of(incident.summary) in world.pruned
        assert is_forgotten or incident.id in known, f"{incident.reference} was lost track of"


def _pass_the_longest_wait(world: World) -> None:
    """A day later nothing waits any more, and nothing that was reported as over is open."""
    for step in quiet.A_DAY:
        world.clock.jump(step)
        workers.work()
        quiet.nothing_is_overdue()
    world.look()
    for check in INVARIANTS:
        if check is not the_rate_is_kept:
            check(world, world.sight)
    quiet.nothing_is_held_for_ever()
