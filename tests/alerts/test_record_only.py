"""A record-only destination renders and keeps everything, and sends nothing."""

import pytest

from alerts import lifecycle, resending
from alerts.models import Alert, AlertState, Attempt, DeliveryState
from destinations.errors import Outcome
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import an_alert, close_of, create_of, drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def shadow(destination: Destination) -> Destination:
    destination.is_record_only = True
    destination.save()
    return destination


def end(alert: Alert) -> None:
    lifecycle.end(alert, AlertState.RESOLVED, "ada", "reran the job")


def test_what_would_have_been_sent_is_in_the_history(sandbox: Sandbox, shadow: Destination) -> None:
    alert = an_alert()
    drain(shadow)
    create = create_of(alert)
    assert create.state == DeliveryState.SKIPPED
    assert create.reason == "Record only: it was rendered, and not sent."
    attempt = Attempt.objects.get(delivery=create)
    assert (attempt.outcome, attempt.status_code) == (Outcome.RECORDED, None)
    [exchange] = attempt.exchanges
    assert exchange["body"]["name"] == "[AnomalyArmor] Column removed from orders"
    assert exchange["answer"] == ""
    assert sandbox.journal.entries() == []


def test_a_close_is_recorded_as_well(sandbox: Sandbox, shadow: Destination) -> None:
    alert = an_alert()
    drain(shadow)
    end(alert)
    drain(shadow)
    close = close_of(alert)
    assert close.state == DeliveryState.SKIPPED
    assert Attempt.objects.get(delivery=close).outcome == Outcome.RECORDED
    assert sandbox.journal.entries() == []


def test_it_is_neither_a_success_nor_a_failure_of_the_destination(shadow: Destination) -> None:
    an_alert()
    drain(shadow)
    shadow.refresh_from_db()
    assert (shadow.last_success_at, shadow.last_failure_at, shadow.attention) == (None, None, "")


def test_switched_on_it_sends_what_comes_and_closes_nothing_that_was_only_recorded(
    sandbox: Sandbox, shadow: Destination
) -> None:
    old = an_alert()
    drain(shadow)
    Destination.objects.update(is_record_only=False)
    end(old)
    new = an_alert(asset="shop.public.customers")
    drain(shadow)
    assert close_of(old).state == DeliveryState.SKIPPED
    assert close_of(old).reason == "There is nothing to close: no incident was created."
    assert create_of(new).state == DeliveryState.DELIVERED
    assert len(sandbox.journal.entries()) == 1


def test_switched_on_a_recorded_create_can_be_sent_for_real(
    sandbox: Sandbox, shadow: Destination
) -> None:
    alert = an_alert()
    drain(shadow)
    Destination.objects.update(is_record_only=False)
    resending.send_again(create_of(alert), "ada")
    drain(shadow)
    assert create_of(alert).state == DeliveryState.DELIVERED
    end(alert)
    drain(shadow)
    assert close_of(alert).state == DeliveryState.DELIVERED


def test_switched_to_record_only_what_is_open_there_is_not_closed(
    sandbox: Sandbox, destination: Destination
) -> None:
    alert = an_alert()
    drain(destination)
    Destination.objects.update(is_record_only=True)
    end(alert)
    drain(destination)
    assert close_of(alert).state == DeliveryState.SKIPPED
    [incident] = sandbox.workspace.incidents()
    assert incident.is_open
