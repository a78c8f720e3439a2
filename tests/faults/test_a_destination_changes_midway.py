"""Somebody pauses, deletes or edits a destination, or changes its key, while it is in use."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts.deletion import DELETED, delete
from alerts.lifecycle import end
from alerts.models import AlertState, Delivery, DeliveryState
from alerts.sweep import sweep
from destinations.models import Destination
from sandbox import keys
from sandbox.reference_data import SEVERITIES
from sandbox.server import Sandbox
from tests.alerts.factories import alerts, an_alert, close_of, create_of, drain

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture(autouse=True)
def one_connection(settings: Settings) -> None:
    """One request after another, so that "the first" is the first."""
    settings.LANE_THREADS = 1


def during_the_first_call(sandbox: Sandbox, change: Callable[[], object]) -> None:
    """Makes the change from a connection of its own, as a web server would."""

    def call(*_: Any) -> None:
        try:
            change()
        finally:
            connection.close()

    sandbox.faults.add("callback", route="create", times=1, at="received", callback=call)


def in_hand(settings: Settings) -> int:
    """What a worker may have claimed at any moment."""
    return min(2 * settings.LANE_THREADS, settings.LANE_BATCH)


def states() -> dict[str, int]:
    found = list(Delivery.objects.values_list("state", flat=True))
    return {state: found.count(state) for state in set(found)}


def test_a_pause_lets_through_what_is_in_hand_and_keeps_the_rest(
    sandbox: Sandbox, destination: Destination, settings: Settings
) -> None:
    alerts(6)
    during_the_first_call(sandbox, lambda: Destination.objects.update(is_active=False))
    drain(destination)
    sent = len(sandbox.journal.entries())
    assert 1 <= sent <= in_hand(settings)
    assert states() == {DeliveryState.DELIVERED: sent, DeliveryState.PENDING: 6 - sent}
    sweep()
    drain(destination)
    assert len(sandbox.journal.entries()) == sent
    Destination.objects.update(is_active=True)
    drain(destination)
    assert states() == {DeliveryState.DELIVERED: 6}
    assert len(sandbox.workspace.incidents()) == len(sandbox.journal.entries()) == 6


def test_a_deletion_lets_through_what_is_in_hand_and_skips_the_rest(
    sandbox: Sandbox, destination: Destination, settings: Settings
) -> None:
    alerts(6)
    during_the_first_call(sandbox, lambda: delete(Destination.objects.get()))
    drain(destination)
    sent = len(sandbox.journal.entries())
    assert 1 <= sent <= in_hand(settings)
    assert states() == {DeliveryState.DELIVERED: sent, DeliveryState.SKIPPED: 6 - sent}
    skipped = Delivery.objects.filter(state=DeliveryState.SKIPPED)
    assert set(skipped.values_list("reason", flat=True)) == {DELETED}
    sweep()
    drain(destination)
    assert len(sandbox.journal.entries()) == sent


def test_a_deletion_while_a_retry_waits_sends_nothing_more(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    delete(destination)
    send_now()
    drain(destination)
    assert (create_of(alert).state, create_of(alert).reason) == (DeliveryState.SKIPPED, DELETED)
    assert len(sandbox.journal.entries()) == 1


def test_the_next_try_uses_the_settings_of_now_and_says_the_same(
    sandbox: Sandbox, destination: Destination
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    severity = SEVERITIES[0]["id"]
    destination.config["severity_id"] = severity
    destination.save()
    send_now()
    drain(destination)
    first, second = [json.loads(entry.body) for entry in sandbox.journal.entries()]
    assert second == first | {"severity_id": severity}
    assert create_of(alert).state == DeliveryState.DELIVERED


def test_a_key_that_is_rotated_midway_costs_no_alert_and_no_retry(
    sandbox: Sandbox, destination: Destination
) -> None:
    alerts(6)
    during_the_first_call(sandbox, lambda: sandbox.keys.revoke("full"))
    drain(destination)
    destination.refresh_from_db()
    assert destination.attention.startswith("HTTP 401: Unauthorized")
    requests = len(sandbox.journal.entries())
    sweep()
    drain(destination)
    assert len(sandbox.journal.entries()) == requests
    new = sandbox.keys.add("new", keys.VIEWER, keys.CREATOR, keys.EDITOR)
    destination.set_secret("api_key", new)
    destination.save()
    sweep()
    drain(destination)
    assert states() == {DeliveryState.DELIVERED: 6}
    assert set(Delivery.objects.values_list("failure_count", flat=True)) == {0}
    assert len(sandbox.workspace.incidents()) == 6


def test_a_close_with_the_key_of_another_account_fails_at_once_and_says_so(
    sandbox: Sandbox, destination: Destination, settings: Settings
) -> None:
    alert = an_alert()
    drain(destination)
    with Sandbox() as other_account:
        settings.INCIDENT_IO_API_URL = other_account.url
        end(alert, AlertState.RESOLVED)
        drain(destination)
        sweep()
        drain(destination)
        assert len(other_account.journal.entries()) == 1
        assert other_account.workspace.incidents() == []
    close = close_of(alert)
    assert close.state == DeliveryState.FAILED
    assert close.reason.startswith("HTTP 404: Not Found")


def send_now() -> None:
    Delivery.objects.filter(state=DeliveryState.PENDING).update(next_attempt_at=timezone.now())
