"""Somebody else writes for longer than we wait: nothing is half done, and nothing is done twice."""

import threading
from typing import Any

import pytest
from django.db import OperationalError
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from accounts.models import ApiKey
from alerts import lanes
from alerts.models import Alert, Delivery, DeliveryState, Event, Match
from alerts.sweep import sweep
from destinations.errors import Outcome
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import an_alert, create_of, drain
from tests.api.client import EVENT, Api
from tests.faults.locks import Lock
from tests.pipeline.system import wait_for

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def api() -> Api:
    return Api(ApiKey.objects.issue("dbt")[1])


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lanes, "SAVE_RETRY", 0.05)


def lock_after_the_create(sandbox: Sandbox, lock: Lock, seconds: float) -> None:
    """The incident is there, its answer comes, and the database is locked for so long."""

    def take(*_: Any) -> None:
        lock.take()
        threading.Timer(seconds, lock.let_go).start()

    sandbox.faults.add("callback", route="create", times=1, at="processed", callback=take)


def test_an_event_waits_for_its_turn(api: Api, lock: Lock) -> None:
    lock.take()
    threading.Timer(0.05, lock.let_go).start()
    assert api.report().status_code == 202
    assert Alert.objects.get().count == 1


def test_a_batch_that_gets_no_turn_is_a_503_and_leaves_nothing(
    api: Api, lock: Lock, destination: Destination
) -> None:
    batch = {"events": [EVENT | {"event_id": name, "asset": name} for name in "abc"]}
    lock.take("alerts_delivery")  # on PostgreSQL, events and alerts are written before it stops
    answer = api.post("/events/batch", batch)
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    lock.let_go()
    for model in (Event, Alert, Match, Delivery, OrmQ):
        assert not model.objects.exists()
    assert api.post("/events/batch", batch).status_code == 202
    assert Delivery.objects.count() == 3


def test_an_outcome_that_cannot_be_saved_at_once_is_saved_later(
    sandbox: Sandbox, destination: Destination, lock: Lock
) -> None:
    alert = an_alert()
    lock_after_the_create(sandbox, lock, seconds=0.7)
    drain(destination)
    create = create_of(alert)
    assert create.state == DeliveryState.DELIVERED
    assert create.attempts.get().outcome == Outcome.SUCCESS
    assert len(sandbox.journal.entries()) == 1


def test_an_outcome_that_is_never_saved_is_asked_for_again_with_the_same_key(
    sandbox: Sandbox, destination: Destination, lock: Lock, settings: Settings
) -> None:
    settings.LEASE = 1.0
    alert = an_alert()
    lock_after_the_create(sandbox, lock, seconds=1.5)
    with pytest.raises(OperationalError):
        drain(destination)

    def is_delivered() -> bool:
        try:
            sweep()
            drain(destination)
        except OperationalError:
            return False
        return create_of(alert).state == DeliveryState.DELIVERED

    wait_for(is_delivered)
    (incident,) = sandbox.workspace.incidents()
    assert create_of(alert).external_id == incident.id
    outcomes = [attempt.outcome for attempt in create_of(alert).attempts.all()]
    assert outcomes == [Outcome.INTERRUPTED, Outcome.SUCCESS]
    assert sandbox.journal.requests_with_key(incident.idempotency_key) == 2
