"""Connections to addresses that were judged: a URL that a user typed goes through these.

Here, and not in a check beforehand, because a name server may answer otherwise the second time.
"""

import socket
import time
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import ConnectTimeoutError, NameResolutionError, NewConnectionError

from destinations import outbound
from destinations.deadlines import PlainConnection, TLSConnection

# A name can have hundreds of addresses, and each that is silent takes its time.
MOST_TRIED = 4


class _Guarded:
    """A connection that asks for the addresses of its host, and tries only those it may reach.

    The addresses share the time for connecting; `create_connection` would give it to each.
    """

    _dns_host: str
    port: int
    timeout: float | None
    is_plain: bool

    def _new_conn(self) -> socket.socket:
        name, whole = self._dns_host, self.timeout
        ends = time.monotonic() + (whole or 0.0)
        tried = self._addresses(name)[:MOST_TRIED]
        error: Exception | None = None
        for waiting, address in zip(range(len(tried), 0, -1), tried, strict=True):
            # TLS and the Host header take the name again, so the certificate is that of the name.
            self._dns_host = address
            self.timeout = max(0.01, (ends - time.monotonic()) / waiting)
            try:
                return self._connected(whole)
            except (NewConnectionError, ConnectTimeoutError) as failure:
                error = error or failure
            finally:
                self._dns_host, self.timeout = name, whole
        raise error or OSError(f"{name} has no address")

    def _connected(self, timeout: float | None) -> socket.socket:
        sock: socket.socket = super()._new_conn()  # type: ignore[misc]
        sock.settimeout(timeout)  # the handshake has the whole time again
        return sock

    def _addresses(self, name: str) -> list[str]:
        try:
            return outbound.addresses(name, self.port, is_plain=self.is_plain)
        except socket.gaierror as error:
            raise NameResolutionError(name, self, error) from None  # type: ignore[arg-type]


class _PlainConnection(_Guarded, PlainConnection):
    is_plain = True


class _TLSConnection(_Guarded, TLSConnection):
    is_plain = False


class _PlainPool(HTTPConnectionPool):
    ConnectionCls = _PlainConnection


class _TLSPool(HTTPSConnectionPool):
    ConnectionCls = _TLSConnection


class Adapter(HTTPAdapter):
    """requests' adapter, with total deadlines, and only to allowed addresses."""

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": _PlainPool, "https": _TLSPool}
