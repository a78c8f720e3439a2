import random
from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from django.utils import timezone
from pytest_django.fixtures import Settings

from alerts.fates import wait_after
from alerts.models import DeliveryState
from destinations.connectors.incident_io import IncidentIo
from destinations.errors import NeedsAttention, Outcome, RateLimited, Rejected, Retryable
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import an_alert, create_of, drain

pytestmark = pytest.mark.django_db


@pytest.fixture
def clock() -> Iterator[time_machine.Traveller]:
    with time_machine.travel(timezone.now(), tick=True) as traveller:
        yield traveller


def later(clock: time_machine.Traveller, seconds: float) -> None:
    clock.move_to(timezone.now() + timedelta(seconds=seconds))


def test_a_server_error_is_tried_again_with_the_same_key(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    waiting = create_of(alert)
    assert (waiting.state, waiting.failure_count) == (DeliveryState.PENDING, 1)
    assert waiting.reason.startswith("HTTP 503: Service Unavailable")
    later(clock, 10)
    drain(destination)
    delivered = create_of(alert)
    assert delivered.state == DeliveryState.DELIVERED
    keys = [entry.idempotency_key for entry in sandbox.journal.entries()]
    assert keys == [delivered.idempotency_key] * 2
    assert [a.outcome for a in delivered.attempts.all()] == [Outcome.NON_2XX, Outcome.SUCCESS]
    assert [a.number for a in delivered.attempts.all()] == [1, 2]


def test_it_is_not_tried_again_before_its_time(sandbox: Sandbox, destination: Destination) -> None:
    sandbox.faults.add("status", status=503, times=1)
    alert = an_alert()
    drain(destination)
    drain(destination)
    assert create_of(alert).attempt_count == 1
    assert len(sandbox.journal.entries()) == 1


def test_a_lost_answer_makes_no_second_incident(
    sandbox: Sandbox, destination: Destination, clock: time_machine.Traveller
) -> None:
    sandbox.faults.add("reset_after", times=1)
    alert = an_alert()
    drain(destination)
    later(clock, 10)
    drain(destination)
    (incident,) = sandbox.workspace.incidents()
    assert create_of(alert).external_id == incident.id
    assert len(sandbox.journal.entries()) == 2


@pytest.mark.parametrize("mode", ["empty", "html", "no_id", "not_json", "deep_json", "huge"])
def test_a_success_without_an_incident_is_never_taken_for_one(
    sandbox: Sandbox, destination: Destination, mode: str
) -> None:
    sandbox.faults.add(mode, process=True)
    alert = an_alert()
    drain(destination)
    waiting = create_of(alert)
    assert (waiting.state, waiting.external_id) == (DeliveryState.PENDING, "")
    assert waiting.attempts.get().outcome == Outcome.MALFORMED_RESPONSE
    assert waiting.attempts.get().status_code == 200


def test_an_answer_with_nul_bytes_can_be_stored(sandbox: Sandbox, destination: Destination) -> None:
    sandbox.faults.add("gzip_bomb")
    alert = an_alert()
    drain(destination)
    attempt = create_of(alert).attempts.get()
    assert attempt.outcome == Outcome.MALFORMED_RESPONSE
    assert "\x00" not in attempt.exchanges[0]["answer"]


def test_it_gives_up_after_the_last_retry(
    sandbox: Sandbox,
    destination: Destination,
    clock: time_machine.Traveller,
    settings: Settings,
) -> None:
    settings.RETRY_SCHEDULE = (5, 30)
    sandbox.faults.add("status", status=500)
    alert = an_alert()
    for _ in range(5):
        drain(destination)
        later(clock, 60)
    failed = create_of(alert)
    assert failed.state == DeliveryState.FAILED
    assert failed.reason.endswith("Given up after 3 failed tries.")
    assert failed.next_attempt_at is None
    assert failed.attempts.count() == len(sandbox.journal.entries()) == 3


@pytest.mark.parametrize("status", [400, 404, 409, 413, 422, 302])
def test_what_would_fail_again_is_not_tried_again(
    sandbox: Sandbox, destination: Destination, status: int
) -> None:
    sandbox.faults.add("status", status=status)
    alert = an_alert()
    drain(destination)
    failed = create_of(alert)
    assert (failed.state, failed.failure_count) == (DeliveryState.FAILED, 1)
    assert failed.reason.startswith(f"HTTP {status}: ")
    assert "Given up" not in failed.reason


@pytest.mark.parametrize("status", [408, 425, 500, 502, 503, 504, 599])
def test_what_may_pass_is_tried_again(
    sandbox: Sandbox, destination: Destination, status: int
) -> None:
    sandbox.faults.add("status", status=status)
    alert = an_alert()
    drain(destination)
    assert create_of(alert).state == DeliveryState.PENDING


def test_the_first_two_retries_come_within_90_seconds(settings: Settings) -> None:
    longest = 1 + settings.RETRY_JITTER
    assert sum(settings.RETRY_SCHEDULE[:2]) * longest < 90


@pytest.mark.parametrize("failures", range(1, 11))
def test_waits_follow_the_schedule_with_jitter(failures: int, settings: Settings) -> None:
    planned = settings.RETRY_SCHEDULE[failures - 1]
    random.seed(failures)
    waits = {wait_after(Retryable("odd"), failures) for _ in range(200)}
    assert planned * 0.8 <= min(waits) < planned * 0.9
    assert planned * 1.1 < max(waits) <= planned * 1.2
    assert len(waits) > 100


def test_a_person_is_not_waited_for_by_the_clock() -> None:
    assert wait_after(NeedsAttention("HTTP 401"), 3) == 0


@pytest.mark.parametrize(
    ("asked", "wait"), [(None, 120), (0, 1), (-5, 1), (7, 7), (900, 900), (1e9, 900)]
)
def test_the_providers_wait_is_kept_within_bounds(asked: float | None, wait: float) -> None:
    assert wait_after(RateLimited("429", retry_after=asked), 1) == wait


def test_an_unforeseen_error_is_told_by_its_class_only(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    def explode(*args: object) -> None:
        raise KeyError("canary-4711")

    monkeypatch.setattr(IncidentIo, "create", explode)
    alert = an_alert()
    drain(destination)
    waiting = create_of(alert)
    attempt = waiting.attempts.get()
    assert (waiting.state, attempt.outcome) == (DeliveryState.PENDING, Outcome.INTERNAL_ERROR)
    assert "(KeyError)" in attempt.error
    assert "canary-4711" not in f"{waiting.reason} {attempt.error} {attempt.advice}"


def test_what_the_provider_names_too_long_for_the_row_is_cut(
    sandbox: Sandbox, destination: Destination, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*args: object) -> None:
        raise Rejected("odd \x00 \ud800", status_code=422, request_id="r" * 300)

    monkeypatch.setattr(IncidentIo, "create", refuse)
    alert = an_alert()
    drain(destination)
    attempt = create_of(alert).attempts.get()
    assert attempt.request_id == "r" * 100
    assert attempt.error == "odd \ufffd ?"
