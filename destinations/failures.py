"""What a failed call means: transport exceptions and HTTP statuses become DestinationErrors."""

import math
from datetime import datetime
from email.utils import parsedate_to_datetime
from http import HTTPStatus

from django.utils import timezone
from requests.exceptions import ConnectionError as RequestsConnectionError
from requests.exceptions import ConnectTimeout, InvalidHeader, SSLError, Timeout
from urllib3.exceptions import ReadTimeoutError

from destinations.errors import (
    DestinationError,
    NeedsAttention,
    Outcome,
    RateLimited,
    Rejected,
    Retryable,
)

RETRYABLE_STATUSES = frozenset({408, 425})
ATTENTION_STATUSES = frozenset({401, 403})
_PASSING = (
    "A delivery is tried again by itself. If this goes on, look at the provider's status page."
)
_ADVICE = {
    400: "Look at the answer: the provider does not take this request as it is.",
    401: "The key is wrong or was revoked. Make a new one and enter it here.",
    403: "The key lacks a permission. Give it the missing role, or use another key.",
    404: "The thing is not there, or the key may not see it.",
    422: "Change the setting that the message names, then send again.",
    429: "Nothing to do: deliveries are sent as soon as the provider allows it.",
}


def status(
    code: int, *, detail: str, advice: str, request_id: str, retry_after: float | None
) -> DestinationError:
    """The error for an HTTP status other than 2xx."""
    sentence = f"HTTP {code}: {_phrase(code)}" + (f" ({detail.rstrip('.')})" if detail else "")
    advice = advice or _ADVICE.get(code, _PASSING if code >= 500 else "")
    if code == HTTPStatus.TOO_MANY_REQUESTS:
        return RateLimited(
            sentence,
            retry_after=retry_after,
            advice=advice,
            status_code=code,
            request_id=request_id,
        )
    kind: type[DestinationError] = Rejected
    if code in ATTENTION_STATUSES:
        kind = NeedsAttention
    elif code >= 500 or code in RETRYABLE_STATUSES:
        kind = Retryable
    elif 300 <= code < 400:
        sentence += ": redirects are not followed"
        advice = advice or "Enter the address that the provider really uses."
    return kind(sentence, advice=advice, status_code=code, request_id=request_id)


def parse_retry_after(text: str) -> float | None:
    """Seconds to wait, from seconds, an RFC 1123 date (GMT or UTC) or RFC 3339; None if neither.

    All three are in use by incident.io: https://api-docs.incident.io/#section/Rate-limits.
    """
    text = text.strip()
    try:
        seconds = float(text)
        return max(0.0, seconds) if math.isfinite(seconds) else None
    except ValueError:
        until = _parse_date(text)
    if until is None:
        return None
    return max(0.0, (until - timezone.now()).total_seconds())


def timeout(host: str) -> Retryable:
    """The call took longer than its total deadline."""
    return Retryable(f"{host} did not answer in time.", outcome=Outcome.TIMEOUT, advice=_PASSING)


def blocked(error: Exception) -> NeedsAttention:
    """The address must not be reached (destinations/outbound.py)."""
    return NeedsAttention(
        f"Nothing was sent: {error}.",
        outcome=Outcome.BLOCKED_ADDRESS,
        advice="Enter another address. Internal ones are opened by the operator, in"
        " OUTBOUND_ALLOW_CIDRS.",
    )


def name_not_found(host: str) -> Retryable:
    """Its name server does not know it, or did not answer."""
    return _not_reached(host, "its name was not found")


def transport(error: Exception, host: str) -> DestinationError:
    """Our sentence for requests' exception, whose own text holds the whole URL."""
    if isinstance(error, Timeout | ReadTimeoutError) and not isinstance(error, ConnectTimeout):
        return timeout(host)
    if isinstance(error, SSLError):
        return Retryable(
            f"No trusted connection to {host}: its certificate was not accepted.",
            outcome=Outcome.TLS_ERROR,
            advice="Check the certificate, this server's clock and its certificate authorities.",
        )
    if isinstance(error, InvalidHeader | UnicodeError):
        return Rejected(
            "The key holds characters that cannot be sent.",
            outcome=Outcome.NETWORK_ERROR,
            advice="Copy the key again, without spaces or line breaks.",
        )
    return _unreachable(error, host) or Retryable(
        f"The connection to {host} broke before the answer was complete.",
        outcome=Outcome.NETWORK_ERROR,
        advice="A delivery is tried again by itself, with the same idempotency key.",
    )


def _unreachable(error: Exception, host: str) -> Retryable | None:
    trace = repr(error)
    if isinstance(error, ConnectTimeout):
        what = "the connection timed out"
    elif "NameResolutionError" in trace:
        what = "its name was not found"
    elif isinstance(error, RequestsConnectionError) and "NewConnectionError" in trace:
        what = "nobody answers there"
    else:
        return None
    return _not_reached(host, what)


def _not_reached(host: str, what: str) -> Retryable:
    return Retryable(
        f"{host} could not be reached: {what}.",
        outcome=Outcome.UNREACHABLE,
        advice="Check the address, and that this server may open connections to it.",
    )


def _phrase(code: int) -> str:
    try:
        return HTTPStatus(code).phrase
    except ValueError:
        return "unknown status"


def _parse_date(text: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            moment = parse(text)
        except (ValueError, TypeError, IndexError):
            continue
        # parsedate_to_datetime returns a naive time when the text names no zone.
        return moment if moment.tzinfo else timezone.make_aware(moment)
    return None
