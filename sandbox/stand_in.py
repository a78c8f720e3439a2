"""What the small stand-ins share: a server on this machine in a thread, stopped at once."""

import contextlib
import socket
import socketserver
import threading
from abc import ABC, abstractmethod
from http.server import ThreadingHTTPServer
from types import TracebackType
from typing import Self

from sandbox.wire import Request, Response, UnreadableRequestError, read_request

POLL_SECONDS = 0.02  # how long stopping may take


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False  # a slow answer must not keep it from stopping

    def __init__(self, address: tuple[str, int], stand_in: "StandIn") -> None:
        self.stand_in = stand_in
        super().__init__(address, _Connection)

    def server_bind(self) -> None:
        # HTTPServer would look up the host's full name, which can take seconds.
        socketserver.TCPServer.server_bind(self)


class _Connection(socketserver.StreamRequestHandler):
    """One client's connection, with one request after another."""

    disable_nagle_algorithm = True
    server: _Server

    def handle(self) -> None:
        stand_in = self.server.stand_in
        stand_in.connections.append(self.connection)
        # The client may go away, and so may the stand-in.
        with contextlib.suppress(OSError, UnreadableRequestError):
            while request := read_request(self.rfile):
                answer = stand_in.answer_to(request)
                self.wfile.write(answer.head(request.keep_alive) + answer.body)
                if not request.keep_alive:
                    return


class StandIn(ABC):
    """A running server: `with` starts and stops it."""

    def __init__(self, port: int = 0, host: str = "127.0.0.1") -> None:
        self.connections: list[socket.socket] = []
        self.stopping = threading.Event()
        self._server = _Server((host, port), self)
        self.port = int(self._server.server_address[1])
        self.root = f"http://{host}:{self.port}"
        self._thread = threading.Thread(
            target=self._server.serve_forever,
            args=(POLL_SECONDS,),
            name=type(self).__name__,
            daemon=True,
        )

    @abstractmethod
    def answer_to(self, request: Request) -> Response:
        """What is answered; called in the thread of the connection."""

    def hang_up(self) -> None:
        """Ends all connections, as a server does with those that were idle for long."""
        for connection in self.connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self.stopping.set()
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
