"""The HTTP server, and `Sandbox`, which starts and stops it."""

import contextlib
import socket
import socketserver
import sys
import threading
import time
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

from sandbox import control, routes
from sandbox.false_answers import FALSE_ANSWERS
from sandbox.faults import ACCEPTED, ANSWERED, NO_FAULT, PROCESSED, RECEIVED, Fault
from sandbox.interruptions import (
    BEFORE_ANSWERING,
    BEFORE_PROCESSING,
    SENDERS,
    HangUp,
    send_whole,
)
from sandbox.routes import Call
from sandbox.service import Service
from sandbox.wire import Request, Response, UnreadableRequestError, read_request

# How long stopping may take; tests start and stop many sandboxes.
POLL_SECONDS = 0.02


class Server(ThreadingHTTPServer):
    daemon_threads = True
    # A hanging request must not keep the sandbox from stopping.
    block_on_close = False
    # Many workers connect at once.
    request_queue_size = 256

    def __init__(self, address: tuple[str, int], service: Service) -> None:
        self.service = service
        self.connections: set[socket.socket] = set()
        super().__init__(address, Connection)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's full name, which can take seconds.
        socketserver.TCPServer.server_bind(self)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that went away is no error of the sandbox."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        for connection in list(self.connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)


class Connection(socketserver.StreamRequestHandler):
    """One client's connection, with one request after another."""

    disable_nagle_algorithm = True
    server: Server

    def handle(self) -> None:
        self.server.connections.add(self.connection)
        try:
            with contextlib.suppress(HangUp):
                self._converse()
        finally:
            self.server.connections.discard(self.connection)

    def _converse(self) -> None:
        fault = self.server.service.faults.take_accepted()
        fault.call_back(ACCEPTED, None)
        keep_alive = True
        while keep_alive:
            try:
                request = read_request(self.rfile)
            except UnreadableRequestError as error:
                return self._send(Response(error.status), keep_alive=False)
            if request is None:
                return None
            self._exchange(request, fault)
            keep_alive, fault = request.keep_alive, NO_FAULT
        return None

    def _exchange(self, request: Request, fault: Fault) -> None:
        if control.owns(request.path):
            self._send(control.answer(self.server.service, request), request.keep_alive)
        else:
            self._carry_out(self._receive(request, fault))

    def _receive(self, request: Request, fault: Fault) -> Call:
        service = self.server.service
        route, identifier = routes.find_route(request.method, request.path)
        key_name = service.keys.name_of(request.bearer)
        route_name = route.name if route else None
        entry = service.journal.write(request, route_name, key_name)
        if fault is NO_FAULT:
            fault = service.faults.take(request.method, request.path, route_name, key_name)
        if fault is not NO_FAULT:
            entry.fault = fault.mode
        key = service.keys.find(request.bearer or "")
        return Call(request, route, identifier, key, entry, fault)

    def _carry_out(self, call: Call) -> None:
        """The order of these steps is what the faults and their callbacks refer to."""
        fault, entry = call.fault, call.entry
        fault.call_back(RECEIVED, entry)
        if interrupt := BEFORE_PROCESSING.get(fault.mode):
            interrupt(fault, self.connection)
        response = self._process(call)
        fault.call_back(PROCESSED, entry)
        if interrupt := BEFORE_ANSWERING.get(fault.mode):
            interrupt(fault, self.connection)
        entry.status = response.status
        send = SENDERS.get(fault.mode, send_whole)
        send(fault, self.connection, response, call.request.keep_alive)
        fault.call_back(ANSWERED, entry)

    def _process(self, call: Call) -> Response:
        service, fault = self.server.service, call.fault
        if service.delay_seconds:
            time.sleep(service.delay_seconds)
        false_answer = FALSE_ANSWERS.get(fault.mode)
        if false_answer is None:
            return routes.answer(service, call)
        if fault.process:
            routes.answer(service, call)
        return false_answer(fault, call.entry)

    def _send(self, response: Response, keep_alive: bool) -> None:
        send_whole(NO_FAULT, self.connection, response, keep_alive)


class Sandbox:
    """A running sandbox: `with Sandbox() as sandbox: requests.get(sandbox.url + …)`."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        rate: float = 20,
        burst: int = 1200,
        delay_ms: float = 0,
    ) -> None:
        self.service = Service(rate, burst, delay_ms)
        self.keys = self.service.keys
        self.workspace = self.service.workspace
        self.alert_sources = self.service.alert_sources
        self.journal = self.service.journal
        self.faults = self.service.faults
        self._server = Server((host, port), self.service)
        self.port = int(self._server.server_address[1])
        self.url = f"http://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(POLL_SECONDS,), name="sandbox", daemon=True
        )

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        # Without a running loop, shutdown() would wait for one for ever.
        if self._thread.is_alive():
            self._server.shutdown()
        self._server.server_close()
        self.faults.clear()
        self._server.hang_up()

    def reset(self) -> None:
        self.service.reset()

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
