"""Faults that reset the connection: an RST, where a proper end would be a FIN."""

from sandbox.server import Sandbox
from tests.sandbox.raw import connection, create_request, read_to_reset, wait_until


def test_reset_before_carries_nothing_out(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset_before")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_to_reset(opened) == b""
    assert sandbox.workspace.incidents() == []


def test_reset_after_makes_the_incident_first(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset_after")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_to_reset(opened) == b""
    assert len(sandbox.workspace.incidents()) == 1
    assert sandbox.journal.entries()[0].status is None


def test_reset_mid_body_comes_after_half_an_answer(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset_mid_body")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        received = read_to_reset(opened)
    assert received.startswith(b"HTTP/1.1 200 OK")
    assert b'"incident": {' in received
    assert not received.endswith(b"}}")


def test_a_reset_connection_is_forgotten(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset_before")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        read_to_reset(opened)
    wait_until(lambda: not sandbox._server.connections)
