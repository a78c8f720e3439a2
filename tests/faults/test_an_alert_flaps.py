"""Triggered, resolved, triggered, resolved, in any order with the worker's and the provider's
moods: every alert has at most one incident, and that one is open exactly as long as its alert."""

import random

import pytest
import time_machine
from pytest_django.fixtures import Settings

from alerts import flapping, ingest, lifecycle
from alerts.models import Alert, Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.messages import Action
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import an_alert, an_event, close_of, create_of, drain, resolved
from tests.faults.clocks import jump

pytestmark = pytest.mark.django_db
MOODS = ("reset_before", "reset_after", "reset_mid_body", "not_json", "status", "rate_limited")


class Story:
    """One asset's life, by chance but the same for the same seed."""

    def __init__(self, seed: int, sandbox: Sandbox, clock: time_machine.Traveller) -> None:
        self._chance = random.Random(seed)
        self._sandbox = sandbox
        self._clock = clock

    def go_on(self, destination: Destination) -> None:
        step = self._chance.choice(["trigger", "resolve", "work", "work", "mood"])
        if step == "trigger":
            ingest.record(an_event())
        elif step == "resolve":
            ingest.record(resolved())
        elif step == "mood":
            self._sandbox.faults.add(self._chance.choice(MOODS), times=1)
        else:
            work(destination)
        jump(self._clock, seconds=self._chance.choice([0, 1, 10, 100]))


def work(destination: Destination) -> None:
    sweep()
    drain(destination)


@pytest.mark.parametrize("limit", [0, 2])
@pytest.mark.parametrize("seed", range(6))
def test_an_incident_is_open_as_long_as_its_alert(
    sandbox: Sandbox,
    destination: Destination,
    clock: time_machine.Traveller,
    settings: Settings,
    seed: int,
    limit: int,
) -> None:
    settings.FLAP_LIMIT, settings.FLAP_SETTLE = limit, 60
    story = Story(seed, sandbox, clock)
    for _ in range(40):
        story.go_on(destination)
    for _ in range(12):  # in the end everybody is in a good mood
        sandbox.faults.clear()
        work(destination)
        jump(clock, minutes=10)
    assert not Delivery.objects.filter(state=DeliveryState.PENDING).exists()
    keys = [incident.idempotency_key for incident in sandbox.workspace.incidents()]
    assert len(keys) == len(set(keys))
    told = {d.idempotency_key: d.alert for d in Delivery.objects.filter(action=Action.CREATE)}
    for incident in sandbox.workspace.incidents():
        alert = told[incident.idempotency_key]
        assert incident.is_open == alert.is_open, f"seed {seed}"
    for alert in Alert.objects.filter(ended_at=None):
        assert create_of(alert).state == DeliveryState.DELIVERED


def test_the_old_close_does_not_close_the_new_incident(
    sandbox: Sandbox, destination: Destination
) -> None:
    old = an_alert()
    drain(destination)
    ingest.record(resolved())
    new = an_alert()
    assert new != old
    drain(destination)
    assert close_of(old).state == create_of(new).state == DeliveryState.DELIVERED
    first, second = sorted(sandbox.workspace.incidents(), key=lambda incident: incident.number)
    assert (first.is_open, second.is_open) == (False, True)
    assert create_of(new).external_id == second.id


def test_one_that_flaps_all_day_is_held_open_as_one_incident(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller, settings: Settings
) -> None:
    settings.FLAP_LIMIT = 3
    for _ in range(60):
        ingest.record(an_event())
        work(destination)
        ingest.record(resolved())
        work(destination)
        jump(clock, minutes=10)
    assert len(sandbox.workspace.incidents()) == 4
    [incident] = [incident for incident in sandbox.workspace.incidents() if incident.is_open]
    jump(clock, seconds=settings.FLAP_SETTLE)
    work(destination)
    assert not sandbox.workspace.find(incident.id).is_open


def test_a_sweeper_that_dies_as_it_ends_what_has_settled_loses_nothing(
    destination: Destination,
    clock: time_machine.Traveller,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    settings.FLAP_LIMIT = 1
    ingest.record_all([an_event(), resolved(), an_event(), resolved()])
    alert = Alert.objects.get(is_flapping=True)
    jump(clock, seconds=settings.FLAP_SETTLE + 1)
    with monkeypatch.context() as death:
        death.setattr(lifecycle, "_give_up_waiting", die)
        with pytest.raises(Death):
            flapping.end_settled()
    alert.refresh_from_db()
    assert alert.is_open
    sweep()
    alert.refresh_from_db()
    assert not alert.is_open
    assert alert.activities.filter(kind="resolved").count() == 1


class Death(Exception):
    """Of a process: its connection is gone, and what it had not committed."""


def die(*_: object) -> None:
    raise Death
