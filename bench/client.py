"""A client that costs little beside the server it loads: ready bytes over kept-alive sockets.

Without Django; runs in a process of its own (`Stage.call_plain`).
"""

import json
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import count
from typing import Any

from bench.rounds import percentile

TIMEOUT = 120.0  # seconds
NAME = "NAME"  # what stands in the template for the number of the event
ACCEPTED = 202


def load(
    port: int,
    key: str,
    template: dict[str, Any],
    connections: int,
    seconds: float,
    batch: int = 0,
    prefix: str = "",
    limit: int = 0,
) -> dict[str, float]:
    """Posts events from several connections for so many seconds, or until `limit` are taken in.

    `batch` events in a request, or 0 for the path that takes one. Each connection finishes the
    request it has begun, and the time of that counts too.
    """
    bodies = _Bodies(json.dumps(template), batch, prefix)
    path = "/api/v1/events/batch" if batch else "/api/v1/events"
    requests_limit = limit // max(batch, 1) // connections if limit else 0
    started, used = time.monotonic(), time.process_time()
    ends = started + seconds
    with ThreadPoolExecutor(connections) as threads:
        posting = [
            threads.submit(_post_until, ends, requests_limit, port, path, key, bodies)
            for _ in range(connections)
        ]
        waits = [wait for each in posting for wait in each.result()]
    took = time.monotonic() - started
    return {
        "events": len(waits) * max(batch, 1),
        "seconds": took,
        "per_second": len(waits) * max(batch, 1) / took,
        "p50_ms": percentile(waits, 0.5) * 1000,
        "p99_ms": percentile(waits, 0.99) * 1000,
        "client_cpu_share": (time.process_time() - used) / took,
    }


class _Bodies:
    """Bodies of requests, no two events of which are the same."""

    def __init__(self, template: str, batch: int, prefix: str) -> None:
        self._template, self._batch, self._prefix = template, batch, prefix
        self._numbers = count()

    def next(self) -> bytes:
        if not self._batch:
            return self._event().encode()
        events = ",".join(self._event() for _ in range(self._batch))
        return f'{{"events":[{events}]}}'.encode()

    def _event(self) -> str:
        return self._template.replace(NAME, f"{self._prefix}{next(self._numbers)}")


def _post_until(
    ends: float, limit: int, port: int, path: str, key: str, bodies: _Bodies
) -> list[float]:
    """The seconds that each request took."""
    waits: list[float] = []
    connection = _Connection(port, path, key)
    while time.monotonic() < ends and (not limit or len(waits) < limit):
        body = bodies.next()
        started = time.monotonic()
        connection.post(body)
        waits.append(time.monotonic() - started)
    connection.close()
    return waits


class _Connection:
    def __init__(self, port: int, path: str, key: str) -> None:
        self._head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {key}\r\n"
            "Content-Type: application/json\r\nContent-Length: "
        ).encode()
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=TIMEOUT)
        self._answers = self._socket.makefile("rb")

    def post(self, body: bytes) -> None:
        self._socket.sendall(self._head + b"%d\r\n\r\n" % len(body) + body)
        status, answer = self._read()
        if status != ACCEPTED:
            raise RuntimeError(f"{status}: {answer[:500]!r}")

    def close(self) -> None:
        self._answers.close()
        self._socket.close()

    def _read(self) -> tuple[int, bytes]:
        status, length = int(self._answers.readline().split()[1]), 0
        while (line := self._answers.readline()) not in (b"\r\n", b""):
            if line[:15].lower() == b"content-length:":
                length = int(line[15:])
        return status, self._answers.read(length)
