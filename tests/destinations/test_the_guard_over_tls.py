"""A connection to an address that was judged still asks for the certificate of the name."""

import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from destinations import sessions
from destinations.errors import Outcome, Retryable
from destinations.http import Answer, Door
from tests.destinations.peers import NAME, Names, TLSServer, server_context


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made.resolve)
    return made


@pytest.fixture(autouse=True)
def fresh_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_sessions", threading.local())


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Callable[[str], TLSServer]]:
    """Starts a server with a certificate of a name, whose authority we trust."""
    running: list[TLSServer] = []

    def start(name: str) -> TLSServer:
        context, authority = server_context(tmp_path, name)
        sessions.session(is_trusted=False).verify = str(authority)
        running.append(TLSServer(context))
        return running[-1]

    yield start
    for server in running:
        server.stop()


def post(url: str, seconds: float = 5) -> Answer:
    return Door(seconds=seconds).request("POST", url, headers={}, body={"a": 1})


def test_the_next_address_is_tried(names: Names, serve: Callable[[str], TLSServer]) -> None:
    server = serve(NAME)
    names.answers = [["127.0.0.2", "127.0.0.1"]]  # nobody listens at the first one
    assert post(f"https://{NAME}:{server.port}/hook").status_code == 204
    assert names.asked == 1


@pytest.mark.parametrize("host", [NAME, f"{NAME}."])
def test_the_certificate_is_that_of_the_name(
    names: Names, serve: Callable[[str], TLSServer], host: str
) -> None:
    server = serve(NAME)
    names.answers = [["127.0.0.1"]]
    assert post(f"https://{host}:{server.port}/hook").status_code == 204
    assert server.server_names == [NAME]
    [request] = server.requests
    assert request
    assert request.headers["host"] == f"{NAME}:{server.port}"


@pytest.mark.parametrize("other", ["elsewhere.example.com", "127.0.0.1"])
def test_a_certificate_of_another_name_gets_nothing(
    names: Names, serve: Callable[[str], TLSServer], other: str
) -> None:
    server = serve(other)
    names.answers = [["127.0.0.1"]]
    with pytest.raises(Retryable) as caught:
        post(f"https://{NAME}:{server.port}/hook")
    assert caught.value.outcome == Outcome.TLS_ERROR
    assert server.requests == []


@pytest.mark.timeout(20)  # the handshake would take for ever
def test_a_handshake_that_hangs_ends_with_the_time_for_connecting(names: Names) -> None:
    names.answers = [["127.0.0.1"]]
    with socket.create_server(("127.0.0.1", 0)) as listener, pytest.raises(Retryable):
        post(f"https://{NAME}:{listener.getsockname()[1]}/hook", seconds=0.4)
