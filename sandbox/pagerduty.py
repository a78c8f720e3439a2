"""A stand-in for PagerDuty's Events API v2, over real HTTP.

    with PagerDuty() as pagerduty:
        pagerduty.fail(429, times=2)
        ...  # let the code under test post to pagerduty.url with the key KEY
        assert pagerduty.alerts[0].is_open

https://developer.pagerduty.com/docs/send-alert-event: a trigger with the key of an open alert adds
to it, one with that of a resolved alert opens another; a resolve without an open alert is dropped,
and answered as if it had done something. That is so for each routing key by itself.
"""

import threading
from dataclasses import dataclass, field
from typing import Any

from sandbox.errors import ApiError, Json
from sandbox.stand_in import StandIn
from sandbox.wire import Request, Response, json_response

KEY = "0123456789abcdef0123456789abcdef"
PATH = "/v2/enqueue"
MAX_BYTES = 512 * 1024
# Field of the event or of its payload → the most characters that it may have.
LIMITS = {"dedup_key": 255, "summary": 1024}
ACTIONS = ("trigger", "acknowledge", "resolve")
SEVERITIES = ("info", "warning", "error", "critical")


@dataclass
class Alert:
    """An alert on a service, with all events that have reached it, the first one first."""

    dedup_key: str
    routing_key: str
    events: list[Json] = field(default_factory=list)
    is_open: bool = True

    @property
    def payload(self) -> Json:
        return dict(self.events[0]["payload"])


@dataclass
class _Failure:
    status: int
    times: int
    action: str
    body: Any
    headers: dict[str, str]


class PagerDuty(StandIn):
    """A running stand-in. It takes the routing keys in `keys`."""

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.keys = {KEY}
        self.alerts: list[Alert] = []
        self.events: list[Json] = []  # all that were accepted, also those that were dropped
        self.asked = 0
        self._failures: list[_Failure] = []
        self._lock = threading.Lock()
        self.url = self.root

    def fail(
        self, status: int, body: Any = "", *, times: int = 1, action: str = "", **headers: str
    ) -> None:
        """The next events (of one action, if it is given) get this answer, and do nothing."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self._lock:
            self._failures.append(_Failure(status, times, action, body, named))

    def resolve_by_hand(self) -> None:
        """What a person does in the app, to all that is open."""
        with self._lock:
            for alert in self.alerts:
                alert.is_open = False

    def answer_to(self, request: Request) -> Response:
        with self._lock:
            self.asked += 1
            if (request.method, request.path) != ("POST", PATH):
                return Response(404)
            if len(request.body) > MAX_BYTES:
                return _refused("invalid event", "Event object is too large")
            try:
                event = request.payload
            except ApiError:
                return _refused("invalid event", "Event object is invalid", "JSON is invalid")
            return self._failed(event) or self._take(event)

    def _failed(self, event: Json) -> Response | None:
        for failure in self._failures:
            if failure.times and failure.action in ("", event.get("event_action")):
                failure.times -= 1
                if isinstance(failure.body, str):
                    return Response(failure.status, failure.body.encode(), failure.headers)
                return json_response(failure.status, failure.body, failure.headers)
        return None

    def _take(self, event: Json) -> Response:
        if problems := _problems(event):
            return _refused("invalid event", "Event object is invalid", *problems)
        if event["routing_key"] not in self.keys:
            return _refused("invalid key", "Invalid routing key")
        self.events.append(event)
        dedup_key = event.get("dedup_key") or f"generated-{len(self.events)}"
        self._apply(event, dedup_key)
        success = {"status": "success", "message": "Event processed", "dedup_key": dedup_key}
        return json_response(202, success)

    def _apply(self, event: Json, dedup_key: str) -> None:
        alert = self._open_alert(event["routing_key"], dedup_key)
        if alert is None and event["event_action"] == "trigger":
            alert = Alert(dedup_key, event["routing_key"])
            self.alerts.append(alert)
        if alert:
            alert.events.append(event)
            alert.is_open = event["event_action"] != "resolve"

    def _open_alert(self, routing_key: str, dedup_key: str) -> Alert | None:
        wanted = (routing_key, dedup_key, True)
        found = [a for a in self.alerts if (a.routing_key, a.dedup_key, a.is_open) == wanted]
        return found[0] if found else None


def _problems(event: Json) -> list[str]:
    key, payload = str(event.get("routing_key") or ""), event.get("payload")
    problems = []
    if len(key) != len(KEY):
        problems.append("Length of 'routing_key' is incorrect (should be 32 characters)")
    if event.get("event_action") not in ACTIONS:
        problems.append("'event_action' is invalid")
    if event.get("event_action") == "trigger" or payload is not None:
        problems += _payload_problems(payload if isinstance(payload, dict) else {})
    texts = event | (payload if isinstance(payload, dict) else {})
    too_long = [name for name, limit in LIMITS.items() if len(str(texts.get(name, ""))) > limit]
    return problems + [f"'{name}' is too long" for name in too_long]


def _payload_problems(payload: Json) -> list[str]:
    missing = [name for name in ("summary", "source", "severity") if not payload.get(name)]
    problems = [f"'payload.{name}' is missing or blank" for name in missing]
    if payload.get("severity") and payload["severity"] not in SEVERITIES:
        problems.append("'payload.severity' is invalid (must be one of the following: …)")
    return problems


def _refused(status: str, message: str, *errors: str) -> Response:
    body: Json = {"status": status, "message": message}
    return json_response(400, body | ({"errors": list(errors)} if errors else {}))
