from datetime import timedelta

import pytest
from django.utils import timezone
from django_q.models import OrmQ

from alerts.lifecycle import snooze
from alerts.models import AlertState, Heartbeat, Lane
from alerts.sweep import is_stalled, sweep
from alerts.tasks import HEARTBEAT, ask_for_beat, beat, drain, ring
from destinations.models import Destination
from tests.alerts.factories import a_destination, a_rule, an_alert, lane_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def destination() -> Destination:
    destination = a_destination()
    a_rule(destination)
    return destination


def lose_the_queue() -> None:
    OrmQ.objects.all().delete()
    Lane.objects.update(rung_at=None)


def doorbells() -> list[tuple[str, tuple[int, ...]]]:
    return [(row.func(), row.task["args"]) for row in OrmQ.objects.all()]


def test_a_lost_doorbell_is_rung_again(destination: Destination) -> None:
    an_alert()
    lose_the_queue()
    sweep()
    assert doorbells() == [("alerts.tasks.drain", (lane_of(destination).pk,))]


def test_a_doorbell_carries_one_integer(destination: Destination) -> None:
    an_alert()
    ((_, arguments),) = doorbells()
    assert [type(argument) for argument in arguments] == [int]


def test_a_lane_is_not_rung_twice(destination: Destination) -> None:
    an_alert()
    an_alert(asset="another")
    sweep()
    assert len(doorbells()) == 1


def test_a_doorbell_that_nobody_answers_is_rung_again(destination: Destination) -> None:
    an_alert()
    Lane.objects.update(rung_at=timezone.now() - timedelta(seconds=6))
    sweep()
    assert len(doorbells()) == 2


def test_a_lane_in_work_is_not_rung(destination: Destination) -> None:
    an_alert()
    lose_the_queue()
    Lane.objects.update(lease_token="x", lease_until=timezone.now() + timedelta(seconds=9))
    sweep()
    assert doorbells() == []
    Lane.objects.update(lease_until=timezone.now())
    sweep()
    assert len(doorbells()) == 1


@pytest.mark.parametrize(
    "held",
    [{"attention": "HTTP 401: Unauthorized"}, {"is_active": False}],
    ids=["needs attention", "paused"],
)
def test_a_held_destination_is_not_rung(destination: Destination, held: dict[str, object]) -> None:
    an_alert()
    lose_the_queue()
    Destination.objects.update(**held)
    sweep()
    assert doorbells() == []


def test_a_waiting_lane_is_rung_when_its_wait_is_over(destination: Destination) -> None:
    an_alert()
    lose_the_queue()
    Lane.objects.update(paused_until=timezone.now() + timedelta(minutes=1))
    sweep()
    assert doorbells() == []
    Lane.objects.update(paused_until=timezone.now())
    sweep()
    assert len(doorbells()) == 1


def test_a_snooze_ends_by_itself(destination: Destination) -> None:
    alert = snooze(an_alert(), 1, "ada")
    sweep()
    alert.refresh_from_db()
    assert alert.state == AlertState.SNOOZED
    alert.snoozed_until = timezone.now()
    alert.save()
    sweep()
    alert.refresh_from_db()
    assert alert.state == AlertState.TRIGGERED
    assert alert.activities.filter(kind="woken").count() == 1


def test_a_task_for_a_lane_that_is_gone_raises_nothing() -> None:
    drain(10**6)


def test_a_task_that_breaks_off_raises_nothing_and_tells_no_text(
    destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    an_alert()
    monkeypatch.setattr("alerts.lanes.drain", lambda *args: 1 / 0)
    drain(lane_of(destination).pk)


def test_one_heartbeat_is_asked_for_at_a_time() -> None:
    now = timezone.now()
    ask_for_beat(now)
    ask_for_beat(now + timedelta(seconds=30))
    assert [name for name, _ in doorbells()] == ["alerts.tasks.beat"]
    beat()
    ask_for_beat(timezone.now() + timedelta(seconds=30))
    assert len(doorbells()) == 2


def test_a_worker_that_answers_is_not_stalled() -> None:
    ask_for_beat(timezone.now())
    beat()
    assert not is_stalled(timezone.now() + timedelta(hours=1))


def test_a_worker_that_is_silent_too_long_is_stalled() -> None:
    now = timezone.now()
    assert not is_stalled(now)
    ask_for_beat(now)
    assert not is_stalled(now + timedelta(seconds=59))
    assert is_stalled(now + timedelta(seconds=61))


def test_a_busy_worker_is_not_stalled(destination: Destination) -> None:
    an_alert()
    now = timezone.now()
    Heartbeat.objects.create(name=HEARTBEAT, asked_at=now - timedelta(minutes=5))
    Lane.objects.update(lease_token="x", lease_until=now + timedelta(seconds=60))
    assert not is_stalled(now)
    Lane.objects.update(lease_until=now + timedelta(seconds=1))
    assert is_stalled(now)


def test_ringing_tells_whether_it_rang(destination: Destination) -> None:
    lane = Lane.objects.create(destination=destination)
    now = timezone.now()
    assert [ring(lane, now), ring(lane, now)] == [True, False]
