"""Faults in the answer: refusals, redirects, and successes that are none."""

import zlib
from collections.abc import Callable, Iterator

from sandbox.errors import example
from sandbox.faults import Fault
from sandbox.identifiers import request_id
from sandbox.journal import Entry
from sandbox.limits import rfc1123_after, rfc3339_after, too_many_requests
from sandbox.wire import BODILESS, Response, json_response

CHUNK_BYTES = 64 * 1024
# Far beyond what any JSON parser descends to.
DEPTH = 100_000
RETRY_SECONDS = 1
CREATION_LIMIT = 1200

_JSON = {"Content-Type": "application/json"}
_HTML = {"Content-Type": "text/html; charset=utf-8"}
_PAGE = b"<!doctype html><title>Just a moment</title><h1>Checking your browser</h1>"


def huge(fault: Fault, entry: Entry) -> Response:
    """So many bytes, with no length announced by which a client could refuse them."""
    return Response(200, headers=_JSON, stream=_chunks(fault.bytes, b"a"))


def _chunks(total: int, byte: bytes) -> Iterator[bytes]:
    chunk = byte * CHUNK_BYTES
    for start in range(0, total, CHUNK_BYTES):
        yield chunk[: total - start]


def gzip_bomb(fault: Fault, entry: Entry) -> Response:
    """So many bytes once unpacked, a thousandth of that on the way."""
    packer = zlib.compressobj(wbits=31)
    packed = b"".join(packer.compress(chunk) for chunk in _chunks(fault.bytes, b"\0"))
    return Response(200, packed + packer.flush(), {**_JSON, "Content-Encoding": "gzip"})


def not_json(fault: Fault, entry: Entry) -> Response:
    """Announced as JSON, cut off, and not even UTF-8."""
    return Response(200, b'{"incident": {"id": "\xff\xfe', _JSON)


def empty(fault: Fault, entry: Entry) -> Response:
    return Response(200, b"", _JSON)


def no_id(fault: Fault, entry: Entry) -> Response:
    return json_response(200, {"incident": {}})


def html(fault: Fault, entry: Entry) -> Response:
    return Response(200, _PAGE, _HTML)


def deep_json(fault: Fault, entry: Entry) -> Response:
    return Response(200, b'{"incident": ' + b"[" * DEPTH + b"]" * DEPTH + b"}", _JSON)


def redirect(fault: Fault, entry: Entry) -> Response:
    status = fault.status if 300 <= fault.status < 400 else 302
    return Response(status, headers={"Location": fault.location})


def refusal(fault: Fault, entry: Entry) -> Response:
    """Any status, with an error body as the API words it."""
    if fault.status in BODILESS:
        return Response(fault.status, headers=fault.headers)
    body = example(fault.status).body(request_id(entry.sequence))
    return json_response(fault.status, body, fault.headers)


def rate_limited(fault: Fault, entry: Entry) -> Response:
    """A 429 in one of the forms that answers and documents have shown, or that none has."""
    seconds = RETRY_SECONDS if fault.seconds is None else fault.seconds
    in_header, in_body = _moments(fault.retry_after, seconds)
    name = entry.key_name or "unknown"
    body = too_many_requests(request_id(entry.sequence), name, CREATION_LIMIT, in_body)
    return json_response(429, body, {"Retry-After": in_header} if in_header else {})


def _moments(form: str, seconds: float) -> tuple[str | None, str | None]:
    """What the `Retry-After` header and the body say."""
    forms = {
        "seconds": (f"{seconds:g}", rfc3339_after(seconds)),
        "rfc1123": (rfc1123_after(seconds), rfc1123_after(seconds)),
        "rfc3339": (rfc3339_after(seconds), rfc3339_after(seconds)),
        "body_only": (None, rfc3339_after(seconds)),
        "none": (None, None),
        "garbage": ("soon", "whenever"),
    }
    return forms[form]


FALSE_ANSWERS: dict[str, Callable[[Fault, Entry], Response]] = {
    "huge": huge,
    "gzip_bomb": gzip_bomb,
    "not_json": not_json,
    "empty": empty,
    "no_id": no_id,
    "html": html,
    "deep_json": deep_json,
    "redirect": redirect,
    "status": refusal,
    "rate_limited": rate_limited,
}
