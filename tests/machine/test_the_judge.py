"""The judge of histories is no rubber stamp: each invariant fails when its promise is broken."""

from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import requests
from django.utils import timezone

from alerts import deliveries
from alerts.models import Alert, Attempt, DailyCount, Delivery, DeliveryState, Match, Rule
from destinations.models import Destination
from tests.machine import dying, ending, invariants, producers, quiet, workers
from tests.machine.channel import CANARY
from tests.machine.world import Stage, World

pytestmark = pytest.mark.django_db(transaction=True)
Tamper = Callable[[World], object]


@pytest.fixture
def world(stage: Stage) -> World:
    """One alert that was delivered, and one whose create waits."""
    world = World(stage)
    world.add_channel()
    producers.trigger(world, 0, "warning")
    workers.work()
    producers.trigger(world, 1, "warning")
    world.look()
    for check in invariants.INVARIANTS:
        check(world, world.sight)
    return world


def _pending() -> Delivery:
    return Delivery.objects.get(state=DeliveryState.PENDING)


def _update(**values: object) -> Tamper:
    def tamper(world: World) -> None:
        Delivery.objects.filter(state=DeliveryState.PENDING).update(**values)

    return tamper


def _call(method: str, path: str) -> Tamper:
    """A request with the channel's own key."""

    def tamper(world: World) -> None:
        [channel] = world.channels
        headers = {"Authorization": f"Bearer {channel.row().unseal('api_key')}"}
        requests.request(method, world.sandbox.url + path, headers=headers, json={}, timeout=10)

    return tamper


def _call_though_paused(world: World) -> None:
    world.channels[0].pause(True)
    _call("POST", "/v2/incidents")(world)


def _call_too_often(world: World) -> None:
    for _ in range(30):
        _call("POST", "/v2/incidents")(world)


def _second_incident(world: World) -> None:
    Delivery.objects.filter(state=DeliveryState.DELIVERED).update(
        state=DeliveryState.PENDING, idempotency_key="another", next_attempt_at=timezone.now()
    )
    for delivery in Delivery.objects.all():
        delivery.message |= {"idempotency_key": f"another-{delivery.pk}"}
        delivery.save()
    workers.work()


def _attempt(**values: object) -> Tamper:
    def tamper(world: World) -> None:
        Attempt.objects.create(
            delivery=_pending(), started_at=timezone.now(), **({"number": 1} | values)
        )

    return tamper


BROKEN: list[tuple[Callable[..., None], Tamper]] = [
    (invariants.nothing_accepted_is_forgotten, lambda _: _pending().delete()),
    (invariants.nothing_accepted_is_forgotten, _update(next_attempt_at=None)),
    (invariants.nothing_accepted_is_forgotten, _update(state=DeliveryState.SENDING)),
    (
        invariants.nothing_accepted_is_forgotten,
        lambda _: Alert.objects.update(state="resolved", ended_at=timezone.now()),
    ),
    (invariants.an_alert_is_one_incident, _second_incident),
    (invariants.no_close_before_its_create, _call("GET", "/v2/incidents/")),
    (invariants.no_close_before_its_create, _call("GET", f"/v2/incidents/{uuid4()}")),
    (invariants.no_close_before_its_create, _update(action="close", attempt_count=1)),
    (invariants.tries_are_bounded, _update(failure_count=5)),
    (invariants.the_silenced_hear_nothing, _call_though_paused),
    (invariants.every_try_is_on_record, _update(attempt_count=1)),
    (invariants.every_try_is_on_record, _attempt()),
    (invariants.the_rate_is_kept, _call_too_often),
    (invariants.no_key_leaks, _update(reason=f"inc_{CANARY}")),
    (invariants.no_key_leaks, lambda world: world.stage.log.append(f"inc_{CANARY}")),
    (invariants.nothing_breaks_inside, _attempt(outcome="internal_error")),
    (quiet.no_limit_is_exceeded, lambda _: _count(quiet.LIMIT + 1)),
    (quiet.what_settles_is_open_and_flaps, lambda _: Alert.objects.update(settles_at=_soon())),
]


def _count(taken: int) -> None:
    DailyCount.objects.create(rule=Rule.objects.get(), day=timezone.now(), taken=taken)


def _soon() -> datetime:
    return timezone.now() + timedelta(seconds=60)


@pytest.mark.parametrize(("check", "tamper"), BROKEN)
def test_a_broken_promise_is_noticed(
    world: World, check: Callable[..., None], tamper: Tamper
) -> None:
    tamper(world)
    world.look()
    with pytest.raises(AssertionError):
        check(world, world.sight)


def test_an_alert_that_disappears_is_noticed(world: World) -> None:
    workers.work()
    [_, alert] = Alert.objects.order_by("created_at")
    Attempt.objects.filter(delivery__alert=alert).delete()
    Delivery.objects.filter(alert=alert).delete()
    alert.delete()
    world.look()
    with pytest.raises(AssertionError):
        invariants.open_alerts_stay(world, world.sight)


def test_a_stale_holder_that_writes_is_noticed(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = dying.die(world, world.channels[0], dying.SENT, 1)
    assert words is not None
    Delivery.objects.update(lease_token="another")
    monkeypatch.setattr(deliveries, "record", lambda results: Delivery.objects.update(reason="!"))
    with pytest.raises(AssertionError):
        dying.speak_late(words)


def test_what_never_drains_is_noticed(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "work", lambda: None)
    with pytest.raises(AssertionError, match="still under way"):
        ending.end_well(world)


def test_an_incident_that_stays_open_is_noticed(world: World) -> None:
    alert = Alert.objects.order_by("created_at")[0]
    producers.resolve(world, 0)
    ending.end_well(world)
    incident = world.sandbox.workspace.find(
        Delivery.objects.get(alert=alert, action="create").external_id
    )
    world.sandbox.workspace.move_by_hand(incident.id, "live")
    world.look()
    with pytest.raises(AssertionError):
        ending._judge(world)


def test_a_destination_that_is_refused_and_not_held_is_noticed(world: World) -> None:
    world.channels[0].revoke_key()
    workers.work()
    Destination.objects.update(attention="")
    world.look()
    with pytest.raises(AssertionError):
        invariants.the_silenced_hear_nothing(world, world.sight)


@pytest.fixture
def patient(stage: Stage) -> World:
    """A rule that waits for a second event, and one alert for which it came."""
    world = World(stage)
    world.add_channel()
    quiet.add_channel(world, quiet.PATIENT)
    for asset in (0, 1, 1):
        producers.trigger(world, asset, "warning")
    workers.work()
    quiet.nothing_is_overdue()
    world.look()
    quiet.what_is_told_was_taken(world, world.sight)
    return world


def test_what_was_told_and_not_taken_is_noticed(patient: World) -> None:
    Match.objects.filter(verdict="matched").update(verdict="suppressed")
    patient.look()
    with pytest.raises(AssertionError, match="not taken"):
        quiet.what_is_told_was_taken(patient, patient.sight)


def test_what_was_taken_and_not_told_is_noticed(patient: World) -> None:
    Match.objects.filter(verdict="waiting").update(verdict="matched")
    patient.look()
    with pytest.raises(AssertionError, match="not told"):
        quiet.what_is_told_was_taken(patient, patient.sight)


def test_what_is_not_looked_at_again_is_noticed(patient: World) -> None:
    Alert.objects.update(count=2)
    with pytest.raises(AssertionError, match="overdue"):
        quiet.nothing_is_overdue()


def test_what_never_settles_is_noticed(patient: World) -> None:
    Alert.objects.filter(count=1).update(is_flapping=True, settles_at=_soon())
    with pytest.raises(AssertionError):
        quiet.nothing_is_held_for_ever()
