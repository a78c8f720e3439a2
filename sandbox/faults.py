"""Faults that can be switched on: which requests they meet, and what they do to them."""

import http.client
import json
import threading
from collections.abc import Callable
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

from sandbox.errors import Json, invalid, unprocessable
from sandbox.journal import Entry

ACCEPTED = "accepted"
RECEIVED = "received"
PROCESSED = "processed"
ANSWERED = "answered"
MOMENTS = (ACCEPTED, RECEIVED, PROCESSED, ANSWERED)

CALLBACK_TIMEOUT_SECONDS = 5

MODES = {
    "hang_before": "carry out nothing, never answer",
    "create_then_hang": "carry the request out, never answer",
    "hang_after": "carry it out, answer half a body, then nothing more",
    "reset_before": "reset the connection before anything is carried out",
    "reset_after": "carry it out, then reset the connection",
    "reset_mid_body": "carry it out, answer half a body, then reset the connection",
    "drip": "carry it out, answer the body one byte per `seconds`",
    "drip_headers": "carry it out, answer everything one byte per `seconds`",
    "delay": "wait `seconds`, then behave",
    "callback": "behave, and only call back",
    "huge": "200 with `bytes` of body, in chunks",
    "gzip_bomb": "200 with a body that unpacks to `bytes`",
    "not_json": "200 with cut off JSON that is not UTF-8",
    "empty": "200 without a body",
    "no_id": '200 with {"incident": {}}',
    "html": "200 with a web page",
    "deep_json": "200 with JSON nested too deeply to parse",
    "redirect": "`status` (301, 302, 307, 308) to `location`",
    "status": "`status` with an error body of the real shape, and `headers`",
    "rate_limited": "429 with `retry_after` in one of its forms, `seconds` from now",
}
RETRY_AFTER_FORMS = ("seconds", "rfc1123", "rfc3339", "body_only", "none", "garbage")

# Called with the moment, and with the request unless none has been read yet.
Callback = Callable[[str, Entry | None], object]


@dataclass
class Fault:
    """One way to misbehave, for the requests it matches."""

    mode: str
    method: str | None = None
    path: str = ""  # a prefix
    route: str | None = None
    key: str | None = None  # the name of an API key, never the key
    times: int | None = None
    seconds: float | None = None
    status: int = 503
    headers: dict[str, str] = field(default_factory=dict)
    bytes: int = 64 * 1024 * 1024
    location: str = "http://127.0.0.1:9/"
    retry_after: str = "seconds"
    process: bool = False  # whether a false answer is given after the request was carried out
    at: str = RECEIVED
    callback: Callback | None = None
    used: int = 0
    # Set when the fault is cleared: everything that waits because of it goes on.
    released: threading.Event = field(default_factory=threading.Event, repr=False)

    def matches(self, method: str, path: str, route: str | None, key: str | None) -> bool:
        return (
            self.at != ACCEPTED
            and self.method in (None, method)
            and path.startswith(self.path)
            and self.route in (None, route)
            and self.key in (None, key)
        )

    @property
    def spent(self) -> bool:
        return self.times is not None and self.used >= self.times

    def call_back(self, moment: str, entry: Entry | None) -> None:
        if self.callback and self.at == moment:
            self.callback(moment, entry)

    def as_json(self) -> Json:
        hidden = ("released", "callback")
        shown = {f.name: getattr(self, f.name) for f in fields(self) if f.name not in hidden}
        return {**shown, "spent": self.spent}


NO_FAULT = Fault("none")


class FaultList:
    """The faults in the order they were added; the first that matches is applied."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._faults: list[Fault] = []

    def add(self, mode: str, **options: Any) -> Fault:
        fault = Fault(mode, **options)
        _check(fault)
        with self._lock:
            self._faults.append(fault)
        return fault

    def add_json(self, body: Json) -> Fault:
        """As posted: what to match in an object of its own, and the callback as a URL."""
        options = {**body, **body.get("match", {})}
        options.pop("match", None)
        if "callback" in options:
            options["callback"] = _http_callback(options["callback"])
        try:
            return self.add(**options)
        except TypeError as error:
            raise unprocessable(invalid("fault", str(error))) from error

    def clear(self) -> None:
        with self._lock:
            gone, self._faults = self._faults, []
        for fault in gone:
            fault.released.set()

    def all(self) -> list[Fault]:
        with self._lock:
            return list(self._faults)

    def take(self, method: str, path: str, route: str | None, key: str | None) -> Fault:
        return self._use(lambda fault: fault.matches(method, path, route, key))

    def take_accepted(self) -> Fault:
        """For a new connection, of which nothing has been read: whatever it is about to ask."""
        return self._use(lambda fault: fault.at == ACCEPTED)

    def _use(self, wanted: Callable[[Fault], bool]) -> Fault:
        if not self._faults:
            return NO_FAULT
        with self._lock:
            for fault in self._faults:
                if not fault.spent and wanted(fault):
                    fault.used += 1
                    return fault
        return NO_FAULT


def _check(fault: Fault) -> None:
    if fault.mode not in MODES:
        raise unprocessable(invalid("mode", f"must be one of {', '.join(sorted(MODES))}"))
    if fault.at not in MOMENTS:
        raise unprocessable(invalid("at", f"must be one of {', '.join(MOMENTS)}"))
    if fault.retry_after not in RETRY_AFTER_FORMS:
        raise unprocessable(
            invalid("retry_after", f"must be one of {', '.join(RETRY_AFTER_FORMS)}")
        )


def _http_callback(target: Json) -> Callback:
    """A callback that posts to a server of the test's own, and waits for its answer."""
    url = urlsplit(str(target.get("url")))
    if url.scheme != "http" or url.hostname not in ("127.0.0.1", "localhost"):
        raise unprocessable(invalid("callback.url", "must be http:// on this machine"))
    address = (url.hostname, url.port or 80)

    def post(moment: str, entry: Entry | None) -> None:
        body = json.dumps({"at": moment, "request": entry.as_json() if entry else None})
        connection = http.client.HTTPConnection(*address, timeout=CALLBACK_TIMEOUT_SECONDS)
        try:
            connection.request("POST", url.path or "/", body, {"Content-Type": "application/json"})
            connection.getresponse().read()
        finally:
            connection.close()

    return post
