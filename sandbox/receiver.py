"""A stand-in for somebody's webhook receiver: checks signatures itself, and keeps what it got.

The scheme: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md

    with Receiver("whsec_…") as receiver:
        receiver.answer(503, times=2)
        ...  # let the code under test post to receiver.url
        assert receiver.deliveries[0].is_authentic
"""

import base64
import contextlib
import hashlib
import hmac
import json
import socket
import socketserver
import threading
import time
from dataclasses import dataclass, field
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from sandbox.wire import Request, Response, UnreadableRequestError, json_response, read_request

TOLERANCE = 300  # seconds that a clock may be wrong, or a request under way
POLL_SECONDS = 0.02  # how long stopping may take
FOR_EVER = -1
PATH = "/hooks/5f1c9e0a2b7d"


@dataclass(frozen=True)
class Delivery:
    """One request, as it came. `problem` says why it is not authentic; empty if it is."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes
    status: int
    problem: str

    @property
    def is_authentic(self) -> bool:
        return not self.problem

    @property
    def payload(self) -> Any:
        return json.loads(self.body)

    @property
    def id(self) -> str:
        return self.headers.get("webhook-id", "")


def problem(headers: dict[str, str], body: bytes, secret: str, now: float | None = None) -> str:
    """Why a request (its headers by lower-case names) is not authentic; empty if it is."""
    identifier, moment = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not identifier or not moment.isdecimal():
        return "webhook-id or webhook-timestamp is missing"
    if abs((time.time() if now is None else now) - int(moment)) > TOLERANCE:
        return "the timestamp is too old or too new"
    key = base64.b64decode(secret.removeprefix("whsec_"))
    content = f"{identifier}.{moment}.".encode() + body
    expected = base64.b64encode(hmac.digest(key, content, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split(" ")
    if any(hmac.compare_digest(one, f"v1,{expected}") for one in given if one.isascii()):
        return ""
    return "no signature is right" if given != [""] else "it is not signed"


@dataclass
class _Plan:
    """What is answered, how often, and after how long."""

    status: int = 204
    times: int = FOR_EVER
    seconds: float = 0.0
    headers: dict[str, str] = field(default_factory=dict)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a slow answer must not keep it from stopping

    def __init__(self, address: tuple[str, int], receiver: "Receiver") -> None:
        self.receiver = receiver
        super().__init__(address, _Connection)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's full name, which can take seconds.
        socketserver.TCPServer.server_bind(self)


class _Connection(socketserver.StreamRequestHandler):
    """One client's connection, with one request after another."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        receiver = self.server.receiver
        receiver._connected(self.connection)
        # The client may go away, and so may the receiver.
        with contextlib.suppress(OSError, UnreadableRequestError):
            while request := read_request(self.rfile):
                answer = receiver._take(request)
                self.wfile.write(answer.head(request.keep_alive) + answer.body)
                if not request.keep_alive:
                    return


class Receiver:
    """A running receiver: `with Receiver(secret) as receiver: requests.post(receiver.url, …)`.

    With a `secret` it answers 401 to what is not authentic; without one, everything is.
    """

    def __init__(self, secret: str = "", host: str = "127.0.0.1", port: int = 0) -> None:
        self.secret = secret
        self.deliveries: list[Delivery] = []
        self.connections: list[socket.socket] = []
        self._plan = _Plan()
        self._lock = threading.Lock()
        self._stopping = threading.Event()
        self._server = _Server((host, port), self)
        self.port = int(self._server.server_address[1])
        self.url = f"http://{host}:{self.port}{PATH}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="receiver", daemon=True
        )

    def answer(
        self, status: int, *, times: int = FOR_EVER, seconds: float = 0.0, **headers: str
    ) -> None:
        """From now on, answers this status, so many times, each after `seconds`."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        with self._lock:
            self._plan = _Plan(status, times, seconds, named)

    def hang_up(self) -> None:
        """Ends all connections, as a server does with those that were idle for long."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self.hang_up()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def _connected(self, connection: socket.socket) -> None:
        self.connections.append(connection)

    def _take(self, request: Request) -> Response:
        plan = self._next_plan()
        wrong = problem(request.headers, request.body, self.secret) if self.secret else ""
        status = 401 if wrong else plan.status
        self.deliveries.append(
            Delivery(request.method, request.path, request.headers, request.body, status, wrong)
        )
        self._stopping.wait(plan.seconds)
        if status == 204:
            return Response(204, headers=plan.headers)
        return json_response(status, {"problem": wrong} if wrong else {}, plan.headers)

    def _next_plan(self) -> _Plan:
        with self._lock:
            plan = self._plan
            if plan.times == 0:
                self._plan = plan = _Plan()
            elif plan.times > 0:
                plan.times -= 1
            return plan
