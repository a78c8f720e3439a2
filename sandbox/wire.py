"""HTTP/1.1 as bytes: reading a request, writing an answer.

`http.server` reads headers with the e-mail parser, which costs more than everything else the
sandbox does for a request; benchmarks run against it, hence this smaller reader.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from http import HTTPStatus
from io import BufferedIOBase
from typing import Any
from urllib.parse import parse_qs

from sandbox.errors import Json, malformed_json

MAX_LINE_BYTES = 65_536
MAX_HEADERS = 200
MAX_BODY_BYTES = 10 * 1024 * 1024
# Answers that have no body, and may not announce the length of one.
BODILESS = (204, 304)

_STATUS_LINES = {
    status.value: f"HTTP/1.1 {status.value} {status.phrase}\r\n" for status in HTTPStatus
}


class UnreadableRequestError(Exception):
    """What arrived cannot be answered as HTTP; carries the status to refuse it with."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


@dataclass
class Request:
    method: str
    path: str
    query: str
    headers: dict[str, str]
    body: bytes
    keep_alive: bool

    @cached_property
    def payload(self) -> Json:
        """The JSON object in the body. Any other body is refused, as the API does."""
        try:
            payload = json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise malformed_json() from error
        if not isinstance(payload, dict):
            raise malformed_json()
        return payload

    @cached_property
    def parameters(self) -> dict[str, list[str]]:
        return parse_qs(self.query)

    @property
    def base_url(self) -> str:
        return f"http://{self.headers.get('host', '127.0.0.1')}"

    @cached_property
    def bearer(self) -> str | None:
        scheme, _, secret = self.headers.get("authorization", "").partition(" ")
        return secret.strip() if scheme.lower() == "bearer" else None


def read_request(stream: BufferedIOBase) -> Request | None:
    """The next request on a connection, or None when the client has closed it."""
    line = stream.readline(MAX_LINE_BYTES)
    if not line:
        return None
    parts = line.decode("latin-1").split()
    if len(parts) != 3 or not parts[2].startswith("HTTP/1."):
        raise UnreadableRequestError(400)
    method, target, version = parts
    headers = _read_headers(stream)
    path, _, query = target.partition("?")
    connection = headers.get("connection", "").lower()
    keep_alive = connection == "keep-alive" if version == "HTTP/1.0" else connection != "close"
    return Request(method, path, query, headers, _read_body(stream, headers), keep_alive)


def _read_headers(stream: BufferedIOBase) -> dict[str, str]:
    headers: dict[str, str] = {}
    for _ in range(MAX_HEADERS):
        line = stream.readline(MAX_LINE_BYTES)
        if line in (b"\r\n", b"\n"):
            return headers
        name, colon, value = line.decode("latin-1").partition(":")
        if not colon:
            raise UnreadableRequestError(400)
        headers[name.lower()] = value.strip()
    raise UnreadableRequestError(431)


def _read_body(stream: BufferedIOBase, headers: dict[str, str]) -> bytes:
    if "transfer-encoding" in headers:
        raise UnreadableRequestError(411)
    length = headers.get("content-length", "0")
    if not length.isdecimal():
        raise UnreadableRequestError(400)
    if int(length) > MAX_BODY_BYTES:
        raise UnreadableRequestError(413)
    body = stream.read(int(length))
    if len(body) < int(length):
        raise UnreadableRequestError(400)
    return body


@dataclass
class Response:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    # A body of unknown length, sent in chunks instead of `body`.
    stream: Iterator[bytes] | None = None

    def head(self, keep_alive: bool = True) -> bytes:
        status_line = _STATUS_LINES.get(self.status) or f"HTTP/1.1 {self.status} Unknown\r\n"
        lines = [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        if self.stream is not None:
            lines.append("Transfer-Encoding: chunked\r\n")
        elif self.status not in BODILESS:
            lines.append(f"Content-Length: {len(self.body)}\r\n")
        if not keep_alive:
            lines.append("Connection: close\r\n")
        return f"{status_line}{''.join(lines)}\r\n".encode("latin-1")


def json_response(status: int, payload: Any, headers: dict[str, str] | None = None) -> Response:
    body = json.dumps(payload).encode()
    return Response(status, body, {"Content-Type": "application/json", **(headers or {})})
