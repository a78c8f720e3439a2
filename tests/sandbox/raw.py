"""A connection on which every byte is the test's own."""

import json
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from sandbox.keys import FULL
from sandbox.server import Sandbox

TIMEOUT_SECONDS = 5


@contextmanager
def connection(sandbox: Sandbox, timeout: float = TIMEOUT_SECONDS) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", sandbox.port), timeout) as opened:
        yield opened


def create_request(key: str = "key-1", **fields: Any) -> bytes:
    body = json.dumps({"idempotency_key": key, "visibility": "public", **fields}).encode()
    head = (
        "POST /v2/incidents HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        f"Authorization: Bearer {FULL}\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def read_until_silent(opened: socket.socket, silence: float = 0.3) -> bytes:
    """What arrives before nothing more does; the connection must still be open then."""
    opened.settimeout(silence)
    received = b""
    try:
        while chunk := opened.recv(65_536):
            received += chunk
    except TimeoutError:
        return received
    raise AssertionError(f"the connection was closed after {received!r}")


def read_to_end(opened: socket.socket) -> bytes:
    received = b""
    while chunk := opened.recv(65_536):
        received += chunk
    return received


def read_to_reset(opened: socket.socket) -> bytes:
    """What arrives before the connection is reset; a proper end is a failure."""
    received = b""
    try:
        while chunk := opened.recv(65_536):
            received += chunk
    except ConnectionResetError:
        return received
    raise AssertionError(f"the connection ended properly after {received!r}")


def wait_for_request(sandbox: Sandbox) -> None:
    wait_until(lambda: bool(sandbox.journal.entries()))


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + TIMEOUT_SECONDS
    while not condition():
        assert time.monotonic() < deadline, "it did not happen in time"
        time.sleep(0.005)
