"""A provider that answers with all that it was sent, wherever an answer has room for it."""

import contextlib
import json
import socketserver
import threading
from html import escape
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self
from urllib.parse import quote, quote_plus

POLL = 0.02  # seconds that stopping may take


OURS = {"host", "user-agent", "accept", "accept-encoding", "connection", "content-length"}


def everywhere(said: str, whole: str) -> dict[str, Any]:
    """An answer that is good enough for every kind, with `said` in all its texts, and `whole` in
    what it says of errors."""
    listed = [{"id": said, "name": said, "category": "closed", "field_type": "text", "rank": 1}]
    thing = {"id": "01FDAG4SAP5TYPT98WGR2N7W91", "reference": said, "updated_at": said}
    return {
        "status": "success",
        "message": whole,
        "errors": [whole, {"message": whole, "code": said, "source": {"field": said}}],
        "request_id": said,
        "ok": True,
        "team": said,
        "user": said,
        "url": f"https://example.com/{said}",
        "needed": said,
        "channel": "C0123456789",
        "ts": "1764000000.000100",
        "identity": {"name": said, "roles": [said], "dashboard_url": f"https://example.com/{said}"},
        "incident_statuses": listed,
        "severities": listed,
        "incident_types": listed,
        "custom_fields": listed,
        "incident": thing | {"permalink": f"https://example.com/{said}"},
        "incident_update": thing,
    }


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def __init__(self, echo: "Echo") -> None:
        self.echo = echo
        super().__init__(("127.0.0.1", 0), _Handler)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's full name, which can take seconds.
        socketserver.TCPServer.server_bind(self)


class _Handler(BaseHTTPRequestHandler):
    server: _Server

    def _answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
        # The credential at its head: what is cut off at the end tells the least.
        heads = [f"{n}: {v}" for n, v in self.headers.items() if n.lower() not in OURS]
        request = "\n".join([*reversed(heads), self.requestline, sent])
        self.server.echo.requests.append(request)
        self._send(self.server.echo.say(request))

    do_GET = do_POST = _answer  # noqa: N815 (the names of http.server)

    def _send(self, body: bytes) -> None:
        with contextlib.suppress(OSError):
            self.send_response(self.server.echo.status)
            self.send_header("Content-Length", str(len(body)))
            self.send_header("Location", f"https://example.com{self.path}")
            self.send_header("X-OAuth-Scopes", self.headers.get("Authorization", ""))
            self.end_headers()
            self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Not into the output of the tests."""


class Echo:
    """Answers `status`, as JSON, or as a page if `is_page`; a plain `text`, or an
    `answer` of one's own, goes before all that."""

    def __init__(self) -> None:
        self.status, self.is_page, self.text = 200, False, ""
        self.answer: dict[str, Any] = {}  # in place of the echo
        self.requests: list[str] = []
        self._server = _Server(self)
        self.origin = f"http://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(POLL,))

    def say(self, request: str) -> bytes:
        if self.text or self.answer:
            return (self.text or json.dumps(self.answer)).encode()
        request = request[:900]  # all in all, no more is read than 64 KiB
        spelled = [request, quote(request, safe=""), quote_plus(request), escape(request)]
        if self.is_page:
            return f"<html>{'<hr>'.join(spelled)}</html>".encode()
        return json.dumps(everywhere(request, " | ".join(spelled))).encode()

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join(5)
