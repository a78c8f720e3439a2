"""PagerDuty: what becomes of every answer, and what its form takes."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.pagerduty import PagerDuty as Connector
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.http import Door
from sandbox.pagerduty import KEY, PagerDuty
from tests.destinations import example

OTHER = "f" * 32


@pytest.fixture
def pagerduty(settings: Settings) -> Iterator[PagerDuty]:
    with PagerDuty() as running:
        settings.PAGERDUTY_EVENTS_URL = running.url
        yield running


def refused(key: str = KEY) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        Connector({}, {"routing_key": key}, Door([key], 5)).create(example.MESSAGE)
    return caught.value


def form(**changes: Any) -> Connector.Form:
    return Connector.Form(data={"routing_key": KEY, "region": "us"} | changes)


def test_a_wrong_key_is_for_a_person(pagerduty: PagerDuty) -> None:
    error = refused(OTHER)
    assert type(error) is NeedsAttention
    assert str(error) == "HTTP 400: Bad Request (Invalid routing key)"
    assert "copy the integration key" in error.advice
    assert "region" in error.advice
    assert error.status_code == 400


@pytest.mark.parametrize(
    "said",
    [
        {"errors": ["Length of 'routing_key' is incorrect (should be 32 characters)"]},
        {"message": "Event object is invalid", "errors": ["'routing_key' cannot be blank"]},
        "Invalid routing key",
    ],
)
def test_each_wording_of_a_wrong_key_is_for_a_person(pagerduty: PagerDuty, said: Any) -> None:
    pagerduty.fail(400, said)
    assert type(refused()) is NeedsAttention


def test_an_invalid_event_is_rejected_with_pagerdutys_sentences(pagerduty: PagerDuty) -> None:
    errors = ["'payload.source' is missing or blank", "'payload.severity' is invalid", 5]
    pagerduty.fail(400, {"status": "invalid event", "message": "Invalid", "errors": errors})
    error = refused()
    assert type(error) is Rejected
    assert str(error) == (
        "HTTP 400: Bad Request ('payload.source' is missing or blank; 'payload.severity' is"
        " invalid)"
    )
    assert "report it" in error.advice


def test_a_page_of_html_is_not_quoted(pagerduty: PagerDuty) -> None:
    pagerduty.fail(502, "<h1>Bad gateway</h1>")
    assert str(refused()) == "HTTP 502: Bad Gateway"


@pytest.mark.parametrize(("named", "seconds"), [({}, 30.0), ({"Retry_After": "7"}, 7.0)])
def test_a_limit_is_waited_for(pagerduty: PagerDuty, named: dict[str, str], seconds: float) -> None:
    pagerduty.fail(429, "", **named)
    error = refused()
    assert isinstance(error, RateLimited)
    assert error.retry_after == seconds


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (401, NeedsAttention),
        (403, NeedsAttention),
        (404, Rejected),
        (413, Rejected),
        (408, Retryable),
        (500, Retryable),
        (503, Retryable),
    ],
)
def test_each_other_status_has_its_class(
    pagerduty: PagerDuty, status: int, kind: type[DestinationError]
) -> None:
    pagerduty.fail(status, {"message": "No"})
    error = refused()
    assert type(error) is kind
    assert "(No)" in str(error)


@pytest.mark.parametrize("said", ["", "ok", {"status": "queued"}, {"message": "Event processed"}])
def test_a_success_that_does_not_say_so_is_none(pagerduty: PagerDuty, said: Any) -> None:
    pagerduty.fail(202, said)
    error = refused()
    assert type(error) is MalformedAnswer
    assert error.status_code == 202


def test_an_answer_that_quotes_the_key_is_blanked(pagerduty: PagerDuty) -> None:
    pagerduty.fail(400, {"errors": [f"no service for {KEY}"]})
    assert KEY not in str(refused())


@pytest.mark.parametrize("key", ["e+23rschqsESqk9Q6_-g", "0" * 31, "0" * 33])
def test_a_key_of_another_length_is_an_error(key: str) -> None:
    [sentence] = form(routing_key=key).errors["routing_key"]
    assert sentence.startswith(f"An integration key has 32 characters, and this has {len(key)}.")
    assert key not in sentence


@pytest.mark.parametrize("key", ["0" * 31 + "-", "0" * 31 + "é", "0" * 31 + "٣"])
def test_a_key_has_only_letters_and_digits(key: str) -> None:
    assert list(form(routing_key=key).errors) == ["routing_key"]


def test_a_form_left_alone_maps_each_severity_to_its_own() -> None:
    cleaned = form(region="")
    assert cleaned.is_valid()
    assert {n: v for n, v in cleaned.cleaned_data.items() if n != "routing_key"} == {
        "region": "us",
        "severity_info": "info",
        "severity_warning": "warning",
        "severity_critical": "critical",
    }


def test_a_severity_or_region_that_is_not_offered_is_an_error() -> None:
    wrong = form(severity_info="fatal", region="mars")
    assert sorted(wrong.errors) == ["region", "severity_info"]
