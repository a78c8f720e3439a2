"""HTTP alert sources: what is posted to them, and the alerts that come of it.

https://api-docs.incident.io/tag/Alert-Events-V2. A source has a token of its own, and takes no API
key. 202 says that an event was accepted, whatever becomes of it: while the alert of a key is
firing, a repeat is dropped and changes nothing; `resolved` for an unknown key does nothing; firing
after resolved opens a new alert. No alert route is set up here: no incident comes of an alert.
"""

import threading
from dataclasses import dataclass
from typing import Any

from sandbox.errors import (
    ApiError,
    Json,
    Problem,
    invalid,
    invalid_token,
    missing_authorization,
    not_found,
    required,
    unprocessable,
)
from sandbox.identifiers import request_id, timestamp, ulid
from sandbox.limits import Limiter, rfc3339_after, too_many_requests
from sandbox.wire import Request, Response, json_response

PATH = "/v2/alert_events/http/"
SOURCE = "01HNYMA1ERTS0VRCE000000001"
TOKEN = "fa4e00a1" * 8  # spells out that it is fake
# 120 events a minute and source.
RATE, BURST = 2, 120
MAX_BYTES = 512 * 1024
STATUSES = ("firing", "resolved")


@dataclass
class Alert:
    """One alert, with the content of the event that opened it."""

    id: str
    source: str
    event: Json
    created_at: str
    resolved_at: str = ""
    dropped: int = 0

    @property
    def is_firing(self) -> bool:
        return not self.resolved_at

    @property
    def deduplication_key(self) -> str:
        return str(self.event["deduplication_key"])

    def as_json(self) -> Json:
        return {
            "id": self.id,
            "alert_source_id": self.source,
            "deduplication_key": self.deduplication_key,
            "title": self.event["title"],
            "description": self.event.get("description", ""),
            "source_url": self.event.get("source_url"),
            "metadata": self.event.get("metadata", {}),
            "status": "firing" if self.is_firing else "resolved",
            "created_at": self.created_at,
            "resolved_at": self.resolved_at or None,
            "dropped": self.dropped,
        }


class AlertSources:
    """All sources with their tokens, and the alerts that they have made, the oldest first."""

    def __init__(self) -> None:
        self.limiter = Limiter(RATE, BURST)
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        self.tokens = {SOURCE: TOKEN}
        self.alerts: list[Alert] = []
        self.accepted = 0
        self.limiter.configure(RATE, BURST)

    def add(self, token: str) -> str:
        """A further source; its id."""
        identifier = ulid()
        self.tokens[identifier] = token
        return identifier

    def take(self, source: str, event: Json) -> None:
        """What becomes of an event that is valid."""
        with self._lock:
            self.accepted += 1
            alert = self._firing(source, event["deduplication_key"])
            if event["status"] == "resolved":
                if alert:
                    alert.resolved_at = timestamp()
            elif alert:
                alert.dropped += 1
            else:
                self.alerts.append(Alert(ulid(), source, event, timestamp()))

    def _firing(self, source: str, key: str) -> Alert | None:
        wanted = (source, key, True)
        found = [a for a in self.alerts if (a.source, a.deduplication_key, a.is_firing) == wanted]
        return found[0] if found else None


def answer(sources: AlertSources, source: str, request: Request, sequence: int) -> Response:
    """The answer to one event, in the order in which it is looked at."""
    try:
        _authenticate(sources, source, request)
        allowance = sources.limiter.take(source)
        if not allowance.granted:
            moment = rfc3339_after(allowance.wait_seconds)
            body = too_many_requests(request_id(sequence), "alert_source", BURST, moment)
            return json_response(429, body, {"Retry-After": str(allowance.wait_seconds)})
        if len(request.body) > MAX_BYTES:
            raise ApiError(413, Problem("payload_too_large", "Payload is larger than 512KB"))
        _check(request.payload)
    except ApiError as error:
        return json_response(error.status, error.body(request_id(sequence)))
    sources.take(source, request.payload)
    accepted = {"status": "success", "message": "Event accepted for processing"}
    key = {"deduplication_key": request.payload["deduplication_key"]}
    return json_response(202, accepted | key)


def _authenticate(sources: AlertSources, source: str, request: Request) -> None:
    token = request.bearer or request.parameters.get("token", [""])[0]
    if not token:
        raise missing_authorization()
    if source not in sources.tokens:
        raise not_found()
    if sources.tokens[source] != token:
        raise invalid_token()


def _check(event: Json) -> None:
    problems = [
        required(name, "Deduplication key is required" if name == "deduplication_key" else "")
        for name in ("title", "status", "deduplication_key")
        if not event.get(name)
    ]
    if event.get("status") and event["status"] not in STATUSES:
        problems.append(invalid("status", "must be one of firing, resolved"))
    names = ("title", "description", "source_url", "deduplication_key")
    wrong = [name for name in names if event.get(name) and not isinstance(event[name], str)]
    problems += [invalid(name, "must be a string") for name in wrong]
    problems += _wrong_metadata(event.get("metadata", {}))
    if problems:
        raise unprocessable(*problems)


def _wrong_metadata(metadata: Any) -> list[Problem]:
    """The published example has a list in it, and real sources refused one."""
    if not isinstance(metadata, dict):
        return [invalid("metadata", "must be an object")]
    nested = [name for name, value in metadata.items() if isinstance(value, dict | list)]
    return [invalid(f"metadata.{name}", "must be a flat value") for name in nested]
