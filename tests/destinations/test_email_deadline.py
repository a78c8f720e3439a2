"""A mail server that is slow, silent or drips holds nobody beyond the deadline."""

import socket
from collections.abc import Callable
from pathlib import Path

import pytest
from pytest_django.fixtures import Settings

from destinations.errors import DestinationError, Outcome, Retryable
from sandbox.mail import MailServer
from tests.destinations.mailing import (
    ADA,
    CREATE,
    Peer,
    converse,
    email,
    point_at,
    trusted_certificate,
)

pytestmark = pytest.mark.timeout(30)  # no drip ends by itself
# The head of a TLS record that announces 16 KiB.
RECORD = b"\x16\x03\x03\x40\x00"


def drip_after(until: bytes) -> Callable[[socket.socket, Peer], None]:
    def act(connection: socket.socket, peer: Peer) -> None:
        converse(connection, peer, until)
        peer.drip(connection)

    return act


def drip_at_once(connection: socket.socket, peer: Peer) -> None:
    peer.drip(connection, b"220-a\r\n")


def never_end_a_line(connection: socket.socket, peer: Peer) -> None:
    peer.drip(connection, b"2")


def be_silent(connection: socket.socket, peer: Peer) -> None:
    peer.wait_for_end(connection)


def drip_a_handshake(connection: socket.socket, peer: Peer) -> None:
    connection.sendall(RECORD)
    peer.drip(connection, b"x")


def drip_a_handshake_after_starttls(connection: socket.socket, peer: Peer) -> None:
    connection.sendall(b"220 peer.example\r\n")
    peer.read_line(connection)
    connection.sendall(b"250-hello\r\n250 STARTTLS\r\n")
    peer.read_line(connection)
    connection.sendall(b"220 go\r\n")
    drip_a_handshake(connection, peer)


def timed_out(settings: Settings, act: Callable[[socket.socket, Peer], None]) -> DestinationError:
    with Peer(act) as peer:
        settings.EMAIL_PORT = peer.port
        connector = email(ADA, seconds=0.6)
        with pytest.raises(DestinationError) as caught:
            connector.create(CREATE)
        assert peer.received is not None
    assert connector.door.exchanges[0].duration_ms >= 500
    return caught.value


@pytest.mark.parametrize(
    "act",
    [
        be_silent,
        drip_at_once,
        never_end_a_line,
        drip_after(b"EHLO"),
        drip_after(b"MAIL"),
        drip_after(b"DATA"),
        drip_after(b"END"),
    ],
    ids=["silent", "banner", "line", "EHLO", "MAIL", "DATA", "after the mail"],
)
def test_it_is_cut_at_the_deadline(
    settings: Settings, act: Callable[[socket.socket, Peer], None]
) -> None:
    point_at(settings, 0)
    error = timed_out(settings, act)
    assert (type(error), error.outcome) == (Retryable, Outcome.TIMEOUT)
    assert str(error) == "127.0.0.1 did not answer in time."


@pytest.mark.parametrize(
    ("scheme", "act"),
    [
        ("tls_at_once", drip_a_handshake),
        ("tls_at_once", be_silent),
        ("tls", drip_a_handshake_after_starttls),
    ],
)
def test_a_handshake_is_cut_too(
    settings: Settings, scheme: str, act: Callable[[socket.socket, Peer], None]
) -> None:
    point_at(settings, 0, **{scheme: True})
    error = timed_out(settings, act)
    assert (type(error), error.outcome) == (Retryable, Outcome.TIMEOUT)


def test_a_drip_inside_of_tls_is_cut_too(
    settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    context = trusted_certificate(tmp_path, monkeypatch)

    def act(connection: socket.socket, peer: Peer) -> None:
        with context.wrap_socket(connection, server_side=True) as secured:
            drip_at_once(secured, peer)

    point_at(settings, 0, host="localhost", tls_at_once=True)
    error = timed_out(settings, act)
    assert str(error) == "localhost did not answer in time."


def test_a_dripping_goodbye_ends_and_changes_nothing(settings: Settings) -> None:
    with Peer(drip_after(b"QUIT")) as peer:
        point_at(settings, peer.port)
        assert email(ADA, seconds=0.6).create(CREATE).external_id


def test_a_check_keeps_the_deadline(settings: Settings) -> None:
    with Peer(drip_at_once) as peer:
        point_at(settings, peer.port)
        with pytest.raises(Retryable, match="did not answer in time"):
            email(ADA, seconds=0.6).check()


def test_a_slow_server_has_the_time_of_the_deadline(settings: Settings) -> None:
    with MailServer() as server:
        point_at(settings, server.port)
        server.wait(0.3)
        assert email(ADA).create(CREATE).external_id
        server.wait(5)
        with pytest.raises(Retryable, match="did not answer in time"):
            email(ADA, seconds=0.3).create(CREATE)
        assert len(server.letters) == 1
