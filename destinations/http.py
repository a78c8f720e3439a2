"""The one door to the network.

Every call has a total deadline (requests' own timeout is per read, so a server that drips one byte
a second would hold it for ever), reads at most 64 KiB, follows no redirect, uses no proxy from the
environment, and leaves a redacted Exchange behind for the history. A URL that a user typed reaches
only allowed addresses (destinations/outbound.py); the operator's own are trusted.
"""

import json
import math
import time
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import urlsplit

import requests
from django.conf import settings
from requests.exceptions import ConnectTimeout, RequestException
from urllib3.exceptions import HTTPError

from destinations import deadlines, failures, outbound, sessions
from destinations.errors import DestinationError, MalformedAnswer, NeedsAttention, Recorded
from destinations.messages import shorten
from destinations.scrubbing import MASK, scrub

CONNECT_TIMEOUT = 5.0  # seconds
ANSWER_LIMIT = 64 * 1024  # bytes read
STORED_LIMIT = 2 * 1024  # characters kept
DETAIL_LIMIT = 500  # characters
HEADERS = {
    "User-Agent": f"armor-incidents/{settings.VERSION}",
    "Accept": "application/json",
    "Accept-Encoding": "identity",
}


@dataclass(slots=True)
class Exchange:
    """One request and its answer, as the history keeps them: no headers, no secrets."""

    method: str
    url: str
    body: Any
    status_code: int | None = None
    answer: str = ""
    duration_ms: int = 0

    def to_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, headers, at most 64 KiB of body."""

    status_code: int
    headers: requests.structures.CaseInsensitiveDict[str]
    content: bytes
    secrets: tuple[str, ...] = field(default=(), repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status_code < 300

    def error(
        self, *, detail: str = "", advice: str = "", request_id: str = "", wait: str = ""
    ) -> DestinationError:
        """This answer as an error of the right class (destinations/failures.py).

        `detail` is the provider's own sentence, which may quote the key; `wait` is a time to wait
        that stood in the body.
        """
        return failures.status(
            self.status_code,
            detail=shorten(scrub(detail, self.secrets), DETAIL_LIMIT),
            advice=advice,
            request_id=scrub(request_id, self.secrets),
            retry_after=failures.parse_retry_after(self.headers.get("Retry-After") or wait),
        )

    def json(self) -> dict[str, Any]:
        """The body as an object. Raises MalformedAnswer."""
        try:
            data = json.loads(self.content)
        # json raises RecursionError, which is no ValueError, at some thousand levels.
        except (ValueError, RecursionError):
            data = None
        if not isinstance(data, dict):
            raise MalformedAnswer(
                f"HTTP {self.status_code}, but the answer was not a JSON object.",
                status_code=self.status_code,
            )
        return data


class Door:
    """The calls of one attempt: they share one deadline, and their exchanges are kept.

    `secrets` are blanked wherever they turn up; `seconds` is the total time for all calls, from the
    first one on. `is_recording`: the first call is kept as an exchange, and not made.
    """

    def __init__(
        self,
        secrets: Iterable[str] = (),
        seconds: float | None = None,
        *,
        is_recording: bool = False,
    ) -> None:
        self._secrets = tuple(secret for secret in secrets if secret)
        self._seconds = seconds or settings.CALL_DEADLINE
        self._ends = math.inf
        self._is_recording = is_recording
        self.exchanges: list[Exchange] = []

    def request(
        self,
        method: str,
        url: str,
        *,
        headers: dict[str, str],
        body: Any = None,
        is_trusted: bool = False,
    ) -> Answer:
        """One call. Any HTTP status is an Answer. `body` is sent as JSON, or as it is if it is
        bytes (of JSON). `is_trusted`: the URL is the operator's setting, or part of the product.

        Raises Retryable or Rejected if no answer came, NeedsAttention if the address must not be
        reached, Recorded if nothing is to be sent.
        """
        exchange = self.begin(method, url, body)
        started = time.monotonic()
        try:
            answer = self._call(method, url, headers, body, is_trusted)
        finally:
            exchange.duration_ms = round((time.monotonic() - started) * 1000)
        exchange.status_code = answer.status_code
        exchange.answer = self._scrub(answer.content.decode("utf-8", "replace"))[:STORED_LIMIT]
        return replace(answer, secrets=self._secrets)

    def begin(self, method: str, url: str, body: Any) -> Exchange:
        """Notes what is about to be sent, by whatever protocol. Raises Recorded if it is not to be
        sent."""
        self._ends = min(self._ends, time.monotonic() + self._seconds)
        content = _text_of(body) if isinstance(body, bytes) else body
        exchange = Exchange(method, self._scrub_url(url), self._scrub_json(content))
        self.exchanges.append(exchange)
        if self._is_recording:
            raise Recorded("Record only: this is what would have been sent.")
        return exchange

    def remaining(self, host: str) -> float:
        """Seconds that are left of the deadline. Raises Retryable if none are."""
        left = self._ends - time.monotonic()
        if left <= 0:
            raise failures.timeout(host)
        return left

    def look_up(self, url: str) -> None:
        """Whether a URL that somebody typed may be reached, without reaching it. Raises
        NeedsAttention if not, and Retryable if its name is not found. While recording, nobody is
        asked for the name."""
        if self._is_recording:
            return
        parts = urlsplit(url)
        is_plain = parts.scheme == "http"
        try:
            port = parts.port or (80 if is_plain else 443)
            outbound.addresses(parts.hostname or "", port, is_plain=is_plain)
        except outbound.BlockedAddress as blocked:
            raise failures.blocked(blocked) from None
        except (OSError, UnicodeError):
            raise failures.name_not_found(parts.hostname or "The host") from None

    def problem_with(self, url: str) -> str:
        """Why a URL that somebody typed must not be reached, and what to do; empty if it may be.
        Raises Retryable as `look_up` does."""
        try:
            self.look_up(url)
        except NeedsAttention as blocked:
            return f"{blocked} {blocked.advice}"
        return ""

    def _call(
        self, method: str, url: str, headers: dict[str, str], body: Any, is_trusted: bool
    ) -> Answer:
        host = urlsplit(url).hostname or "the destination"
        remaining = self.remaining(host)
        session = sessions.session(is_trusted=is_trusted)
        try:
            with deadlines.limit(self._ends):
                answer = _exchange(session, method, url, headers, body, remaining)
        except outbound.BlockedAddress as blocked:
            raise failures.blocked(blocked) from None
        # urllib3's own errors come from reading the body, which requests does not wrap.
        except (RequestException, HTTPError, OSError, ValueError) as error:
            if time.monotonic() >= self._ends and not isinstance(error, ConnectTimeout):
                raise failures.timeout(host) from None
            raise failures.transport(error, host) from None
        if time.monotonic() >= self._ends:  # headers that were cut off can pass for whole ones
            raise failures.timeout(host)
        return answer

    def _scrub(self, text: str) -> str:
        return scrub(text, self._secrets)

    def _scrub_url(self, url: str) -> str:
        """A URL that is a secret itself keeps its origin: people need to see where it went."""
        return f"{outbound.origin(url)}/{MASK}" if url in self._secrets else self._scrub(url)

    def _scrub_json(self, body: Any) -> Any:
        # Value by value: as one text, a secret with a quote in it would be spelled differently.
        if isinstance(body, dict):
            return {name: self._scrub_json(value) for name, value in body.items()}
        if isinstance(body, list | tuple):
            return [self._scrub_json(value) for value in body]
        return self._scrub(body) if isinstance(body, str) else body


def _exchange(
    session: requests.Session,
    method: str,
    url: str,
    headers: dict[str, str],
    body: Any,
    seconds: float,
) -> Answer:
    encoded = {"data" if isinstance(body, bytes) else "json": body}
    # Prepared without the session: it has no cookies to send, and merging costs a fifth of a call.
    request = requests.Request(method, url, headers=HEADERS | headers, **encoded).prepare()
    # Past the session's own `send`: of a redirect, followed or not, it reads and unpacks the whole
    # body, and it fails over a Location that is no address.
    with session.get_adapter(url).send(
        request,
        stream=True,
        timeout=(min(CONNECT_TIMEOUT, seconds), seconds),
        verify=session.verify or True,
    ) as response:
        # Undecoded: `identity` was asked for, and a bomb stays as small as it travels.
        content = response.raw.read(ANSWER_LIMIT, decode_content=False)
        response.raw.read(1, decode_content=False)  # finds the end, so the connection is reused
        return Answer(response.status_code, response.headers, content)


def _text_of(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return body.decode("utf-8", "replace")
