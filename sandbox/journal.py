"""The journal: every API request, what was answered, and which fault was applied to it."""

import json
import threading
import time
from collections import Counter, deque
from dataclasses import dataclass
from itertools import islice
from typing import Any

from sandbox.errors import ApiError, Json
from sandbox.wire import Request

MAX_ENTRIES = 200_000
MAX_BODY_BYTES = 64 * 1024


@dataclass(eq=False)
class Entry:
    """One request. `status` stays None until an answer is on its way: "none" in JSON."""

    sequence: int
    wall_time: float
    monotonic_time: float
    method: str
    path: str
    query: str
    route: str | None
    key_name: str | None
    idempotency_key: str | None
    body: bytes
    status: int | None = None
    incident_id: str | None = None
    fault: str | None = None

    @property
    def asks_about(self) -> str:
        """The incident that the request names, in its path or its body; empty for a create."""
        if self.route in ("show", "edit"):
            return self.path.split("/")[3]
        body = self._readable_body() if self.route == "update" else None
        return str(body.get("incident_id", "")) if isinstance(body, dict) else ""

    def as_json(self) -> Json:
        return {
            "sequence": self.sequence,
            "wall_time": self.wall_time,
            "monotonic_time": self.monotonic_time,
            "method": self.method,
            "path": self.path,
            "query": self.query,
            "route": self.route,
            "key": self.key_name,
            "idempotency_key": self.idempotency_key,
            "status": "none" if self.status is None else self.status,
            "incident_id": self.incident_id,
            "fault": self.fault,
            "body": self._readable_body(),
        }

    def _readable_body(self) -> Any:
        """The JSON that was sent, or the text when it is none; it may have been cut off."""
        try:
            return json.loads(self.body) if self.body else None
        except (ValueError, RecursionError):
            return self.body.decode(errors="replace")


class Journal:
    def __init__(self, max_entries: int = MAX_ENTRIES) -> None:
        self._max_entries = max_entries
        self._lock = threading.Lock()
        self.reset()

    def reset(self) -> None:
        with self._lock:
            self._entries: deque[Entry] = deque(maxlen=self._max_entries)
            self._by_key: Counter[str] = Counter()
            self._sequence = 0

    def write(self, request: Request, route: str | None, key_name: str | None) -> Entry:
        idempotency_key = _idempotency_key(request) if route == "create" else None
        with self._lock:
            self._sequence += 1
            entry = Entry(
                sequence=self._sequence,
                wall_time=time.time(),
                monotonic_time=time.monotonic(),
                method=request.method,
                path=request.path,
                query=request.query,
                route=route,
                key_name=key_name,
                idempotency_key=idempotency_key,
                body=request.body[:MAX_BODY_BYTES],
            )
            self._entries.append(entry)
            if idempotency_key:
                self._by_key[idempotency_key] += 1
        return entry

    def entries(self, since: int = 0) -> list[Entry]:
        """The requests with a higher sequence number than that, the oldest first."""
        with self._lock:
            dropped = self._sequence - len(self._entries)
            return list(islice(self._entries, max(0, since - dropped), None))

    def requests_with_key(self, idempotency_key: str) -> int:
        return self._by_key[idempotency_key]

    def distinct_idempotency_keys(self) -> int:
        return len(self._by_key)


def _idempotency_key(request: Request) -> str | None:
    try:
        key = request.payload.get("idempotency_key")
    except ApiError:
        return None
    return key if isinstance(key, str) else None
