"""A name is looked up within a time, whatever its name server does."""

import socket
import threading
from collections.abc import Iterator

import pytest

from destinations import names


@pytest.fixture
def silent_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[threading.Event]:
    """A resolver that waits for an event."""
    waiting = threading.Event()

    def getaddrinfo(*question: object, **options: object) -> list[object]:
        waiting.wait(30)
        return []

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    yield waiting
    waiting.set()


def test_a_name_server_that_is_silent_holds_nobody_up(silent_server: threading.Event) -> None:
    with pytest.raises(socket.gaierror) as caught:
        names.look_up("slow.example", 443, seconds=0.05)
    assert caught.value.errno == socket.EAI_AGAIN


def test_an_address_is_its_own_answer() -> None:
    assert names.look_up("127.0.0.1", 443) == ["127.0.0.1"]


@pytest.mark.parametrize("name", ["no-such-name.invalid", "a" * 64 + ".example", "..", "\0"])
def test_a_name_without_addresses_is_not_found(name: str) -> None:
    with pytest.raises(socket.gaierror):
        names.look_up(name, 443)
