"""Total deadlines for HTTP calls: a watch thread cuts the socket of a call that is over its time.

A read timeout starts anew with every byte, so it cannot bound a slow-dripping answer. Shutting the
socket down from outside ends any wait in it, for headers and body alike, with TLS or without.
"""

import math
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_current = threading.local()


class _Watch:
    """All sockets that are in a call, each with the moment at which it is cut."""

    def __init__(self) -> None:
        self._wake = threading.Condition()
        self._sockets: dict[int, tuple[float, socket.socket]] = {}
        self._thread: threading.Thread | None = None
        self._wakes_at = math.inf

    def add(self, owner: int, ends: float, sock: socket.socket) -> None:
        with self._wake:
            self._sockets[owner] = (ends, sock)
            if self._thread is None or not self._thread.is_alive():  # also after a fork
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            if ends < self._wakes_at:
                self._wake.notify()

    def remove(self, owner: int) -> None:
        with self._wake:
            self._sockets.pop(owner, None)

    def _run(self) -> None:
        while True:
            with self._wake:
                now = time.monotonic()
                for owner, (ends, sock) in list(self._sockets.items()):
                    if ends <= now:
                        del self._sockets[owner]
                        with suppress(OSError):
                            sock.shutdown(socket.SHUT_RDWR)
                self._wakes_at = min((ends for ends, _ in self._sockets.values()), default=math.inf)
                is_idle = self._wakes_at == math.inf
                self._wake.wait(None if is_idle else max(0.0, self._wakes_at - now))


_watch = _Watch()


@contextmanager
def limit(ends: float) -> Iterator[None]:
    """Calls of this thread in the block are cut at `ends` (of `time.monotonic`)."""
    _current.ends = ends
    try:
        yield
    finally:
        _current.ends = None
        _watch.remove(threading.get_ident())


@contextmanager
def cut(sock: socket.socket, ends: float) -> Iterator[None]:
    """Cuts a connection of another protocol at `ends`. Under watch is a twin of the socket: TLS
    takes the socket itself over, and it can then cut nothing any more."""
    with sock.dup() as twin:
        _watch.add(threading.get_ident(), ends, twin)
        try:
            yield
        finally:
            _watch.remove(threading.get_ident())


class _Limited:
    """A connection whose socket is under watch from the request to the end of the answer."""

    sock: Any

    def getresponse(self, *args: Any, **kwargs: Any) -> Any:
        ends = getattr(_current, "ends", None)
        if ends is not None and self.sock is not None:
            _watch.add(threading.get_ident(), ends, self.sock)
        return super().getresponse(*args, **kwargs)  # type: ignore[misc]


class PlainConnection(_Limited, HTTPConnection):
    pass


class TLSConnection(_Limited, HTTPSConnection):
    pass


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = TLSConnection


class Adapter(HTTPAdapter):
    """requests' adapter, with connections that keep total deadlines."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}
