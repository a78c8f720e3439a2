"""What a status means, and how long a provider asks us to wait."""

from datetime import UTC, datetime

import pytest
import time_machine

from destinations import failures
from destinations.errors import (
    DestinationError,
    NeedsAttention,
    Outcome,
    RateLimited,
    Rejected,
    Retryable,
)

NOW = datetime(2025, 4, 17, 11, 17, 0, tzinfo=UTC)


def status(code: int, detail: str = "", advice: str = "") -> DestinationError:
    return failures.status(code, detail=detail, advice=advice, request_id="r-1", retry_after=None)


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        *((code, Rejected) for code in (300, 301, 302, 303, 304, 307, 308)),
        *((code, Rejected) for code in (400, 402, 404, 405, 406, 409, 410, 413, 415, 422, 451)),
        *((code, NeedsAttention) for code in (401, 403)),
        *((code, Retryable) for code in (408, 425, 500, 501, 502, 503, 504, 520, 599)),
        (429, RateLimited),
    ],
)
def test_every_status_has_its_class(code: int, kind: type[DestinationError]) -> None:
    error = status(code)
    assert type(error) is kind
    assert (error.status_code, error.request_id) == (code, "r-1")
    assert error.outcome == Outcome.NON_2XX
    assert str(error).startswith(f"HTTP {code}: ")


@pytest.mark.parametrize(
    ("code", "sentence"),
    [
        (401, "HTTP 401: Unauthorized"),
        (403, "HTTP 403: Forbidden"),
        (429, "HTTP 429: Too Many Requests"),
        (599, "HTTP 599: unknown status"),
    ],
)
def test_the_sentence_is_that_of_the_troubleshooting_page(code: int, sentence: str) -> None:
    assert str(status(code)) == sentence


def test_the_providers_own_sentence_stands_in_brackets() -> None:
    assert str(status(422, "A severity is required.")) == (
        "HTTP 422: Unprocessable Entity (A severity is required)"
    )


@pytest.mark.parametrize("code", [302, 401, 403, 404, 422, 429, 500, 503])
def test_whoever_can_do_something_is_told_what(code: int) -> None:
    assert status(code).advice
    assert status(code, advice="Do this.").advice == "Do this."


@time_machine.travel(NOW, tick=False)
@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("7", 7),
        (" 7 ", 7),
        ("0", 0),
        ("1.5", 1.5),
        ("-5", 0),
        ("Thu, 17 Apr 2025 11:17:18 GMT", 18),
        ("Thu, 17 Apr 2025 11:17:18 UTC", 18),
        ("Thu, 17 Apr 2025 11:17:18", 18),
        ("2025-04-17T11:17:18Z", 18),
        ("2025-04-17T11:17:18.5Z", 18.5),
        ("2025-04-17T13:17:18+02:00", 18),
        ("2025-04-17T11:00:00Z", 0),
        ("", None),
        ("soon", None),
        ("None", None),
        ("Thu, 99 Apr 2025", None),
        ("9" * 30, float("9" * 30)),
    ],
)
def test_every_form_of_a_wait_is_understood(text: str, seconds: float | None) -> None:
    assert failures.parse_retry_after(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["nan", "inf", "-inf", "Infinity", "1e999"])
def test_a_wait_that_is_no_number_of_seconds_is_none(text: str) -> None:
    assert failures.parse_retry_after(text) is None
