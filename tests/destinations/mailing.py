"""What the tests of mail share: a mail server to speak to, and one that misbehaves as told."""

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any, Self

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.email import Email
from destinations.errors import DestinationError
from destinations.http import Door
from destinations.messages import Message
from sandbox.mail import MailServer
from tests.destinations import example
from tests.destinations.test_tls import make_certificate

ADA = "ada@example.com"
BOB = "bob@example.com"
CREATE = example.MESSAGE


def closing(message: Message, external_id: str = "") -> Message:
    """What is said when that alert ends."""
    return replace(
        message,
        idempotency_key=f"{message.idempotency_key}-close",
        external_id=external_id,
        ended="resolved",
        ended_by="ada",
        ended_note="reran the job",
        ended_at=message.occurred_at,
    )


def email(*recipients: str, door: Door | None = None, seconds: float = 10) -> Email:
    return Email({"recipients": [*recipients]}, {}, door or Door([], seconds))


def point_at(settings: Settings, port: int, host: str = "127.0.0.1", **changes: Any) -> None:
    """What EMAIL_URL would set."""
    settings.EMAIL_HOST = host
    settings.EMAIL_PORT = port
    settings.EMAIL_HOST_USER = changes.get("user", "")
    settings.EMAIL_HOST_PASSWORD = changes.get("password", "")
    settings.EMAIL_USE_TLS = changes.get("tls", False)
    settings.EMAIL_USE_SSL = changes.get("tls_at_once", False)


@contextlib.contextmanager
def running(settings: Settings) -> Iterator[MailServer]:
    with MailServer() as server:
        point_at(settings, server.port)
        yield server


def failure(send: Callable[..., Any], *arguments: Any) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        send(*arguments)
    error = caught.value
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    assert error.advice
    return error


def trusted_certificate(folder: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A server's certificate for localhost, which this process trusts from now on."""
    path = folder / "cert.pem"
    make_certificate(path, 30)
    monkeypatch.setenv("SSL_CERT_FILE", str(path))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


class Words(HTMLParser):
    """The words that a reader of the HTML sees, and where its links go."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.texts: list[str] = []
        self.links: list[str] = []
        self.tags: set[str] = set()
        self._is_in_head = False
        self.feed(html)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self._is_in_head = self._is_in_head or tag == "head"
        self.links += [value or "" for name, value in attributes if name in ("href", "src")]

    def handle_endtag(self, tag: str) -> None:
        self._is_in_head = self._is_in_head and tag != "head"

    def handle_data(self, data: str) -> None:
        if not self._is_in_head:
            self.texts.append(data)

    @property
    def words(self) -> list[str]:
        return " ".join(self.texts).split()


class Peer:
    """A server that gives each connection to `act`, in a thread, and ends it afterwards."""

    def __init__(self, act: Callable[[socket.socket, "Peer"], None]) -> None:
        self.gone = threading.Event()
        self.received = b""
        self._act = act
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                connection.settimeout(5)
                with connection, contextlib.suppress(OSError):
                    self._act(connection, self)

    def read_line(self, connection: socket.socket) -> bytes:
        return self._read(connection, b"\r\n")

    def read_mail(self, connection: socket.socket) -> bytes:
        return self._read(connection, b"\r\n.\r\n")

    def _read(self, connection: socket.socket, end: bytes) -> bytes:
        found = b""
        while not found.endswith(end):
            byte = connection.recv(1)
            if not byte:
                raise ConnectionError
            found += byte
        self.received += found
        return found

    def wait_for_end(self, connection: socket.socket) -> None:
        while connection.recv(1024):
            pass

    def drip(self, connection: socket.socket, text: bytes = b"250-a\r\n") -> None:
        """Byte by byte, for ever: no read of it times out."""
        while not self.gone.wait(0.1):
            for byte in text:
                connection.sendall(bytes([byte]))
                if self.gone.wait(0.1):
                    return

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.gone.set()
        # Closing alone does not wake a thread that waits in accept.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)


REPLIES = {b"EHLO": b"250 hello", b"MAIL": b"250 ok", b"RCPT": b"250 ok", b"DATA": b"354 go"}


def converse(connection: socket.socket, peer: Peer, until: bytes) -> None:
    """A plain server, up to and with the command `until` (which is not answered)."""
    connection.sendall(b"220 peer.example\r\n")
    while True:
        word = peer.read_line(connection)[:4].upper()
        if word == until:
            return
        connection.sendall(REPLIES.get(word, b"250 ok") + b"\r\n")
        if word == b"DATA":
            peer.read_mail(connection)
            if until == b"END":
                return
            connection.sendall(b"250 taken\r\n")
