"""A URL that somebody typed reaches only what was judged, over real sockets."""

import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest
import urllib3.util.connection
from pytest_django.fixtures import Settings

from alerts.models import Attempt, DeliveryState
from destinations import guard, sessions
from destinations.errors import NeedsAttention, Outcome, Rejected, Retryable
from destinations.http import Answer, Door
from destinations.models import Destination
from sandbox.receiver import Receiver
from tests.alerts.factories import a_rule, an_alert, create_of, drain
from tests.destinations.peers import NAME, Names

PUBLIC = "93.184.216.34"
CONNECT = urllib3.util.connection.create_connection


@pytest.fixture
def names(monkeypatch: pytest.MonkeyPatch) -> Names:
    made = Names()
    monkeypatch.setattr(socket, "getaddrinfo", made.resolve)
    return made


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, float]]:
    """The addresses that are connected to, with their time. Beyond loopback, nobody answers."""
    found: list[tuple[str, float]] = []

    def connect(address: tuple[str, int], timeout: float, **options: Any) -> socket.socket:
        found.append((address[0], timeout))
        if not address[0].startswith("127."):
            raise ConnectionRefusedError
        return CONNECT(address, timeout, **options)

    monkeypatch.setattr("urllib3.util.connection.create_connection", connect)
    return found


@pytest.fixture(autouse=True)
def fresh_sessions(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions, "_sessions", threading.local())


@pytest.fixture
def canary() -> Iterator[Receiver]:
    """What must not be reached."""
    with Receiver() as running:
        yield running


@pytest.fixture
def closed(settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = []


def post(url: str, door: Door | None = None) -> Answer:
    return (door or Door(seconds=5)).request("POST", url, headers={}, body={"a": 1})


def blocked(url: str, door: Door | None = None) -> NeedsAttention:
    with pytest.raises(NeedsAttention) as caught:
        post(url, door)
    assert caught.value.outcome == Outcome.BLOCKED_ADDRESS
    assert caught.value.__suppress_context__
    return caught.value


@pytest.mark.usefixtures("closed")
@pytest.mark.parametrize("host", ["127.0.0.1", "2130706433", "0x7f.1", "127.1", "0", NAME])
def test_a_way_home_is_blocked_and_named(names: Names, canary: Receiver, host: str) -> None:
    names.answers = [["127.0.0.1"]]
    door = Door(seconds=5)
    error = blocked(f"https://{host}:{canary.port}/hook", door)
    assert str(error).startswith(f"Nothing was sent: {host} is at ")
    assert "OUTBOUND_ALLOW_CIDRS" in error.advice
    assert [exchange.status_code for exchange in door.exchanges] == [None]
    assert canary.connections == []


@pytest.mark.usefixtures("closed")
def test_a_name_that_moves_home_after_it_was_judged_gains_nothing(
    names: Names, canary: Receiver, tried: list[tuple[str, float]]
) -> None:
    url = f"https://{NAME}:{canary.port}/hook"
    names.answers = [[PUBLIC], ["127.0.0.1"]]
    with pytest.raises(Retryable, match="nobody answers there"):
        post(url)
    assert [address for address, _ in tried] == [PUBLIC]
    assert names.asked == 1
    blocked(url)
    assert canary.connections == []


@pytest.mark.usefixtures("closed")
def test_a_name_that_was_public_when_it_was_saved_is_judged_when_it_is_used(
    names: Names, canary: Receiver
) -> None:
    url = f"https://{NAME}:{canary.port}/hook"
    names.answers = [[PUBLIC], ["127.0.0.1"]]
    Door().look_up(url)
    blocked(url)
    assert canary.connections == []


@pytest.mark.usefixtures("closed")
def test_one_address_at_home_spoils_the_others(
    names: Names, canary: Receiver, tried: list[tuple[str, float]]
) -> None:
    names.answers = [[PUBLIC, "127.0.0.1"]]
    blocked(f"https://{NAME}:{canary.port}/hook")
    assert (tried, canary.connections) == ([], [])


def test_without_tls_a_public_address_is_not_spoken_to(
    names: Names, tried: list[tuple[str, float]]
) -> None:
    names.answers = [[PUBLIC]]
    assert "must be addressed by https://" in str(blocked(f"http://{NAME}/hook"))
    assert tried == []


def test_an_opened_range_is_reached_by_its_name(names: Names, canary: Receiver) -> None:
    names.answers = [["127.0.0.1"]]
    assert post(f"http://{NAME}:{canary.port}/hook").is_success
    assert canary.deliveries[0].headers["host"] == f"{NAME}:{canary.port}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(canary: Receiver, status: int) -> None:
    with Receiver() as first:
        first.answer(status, location=canary.url)
        answer = post(first.url)
    # Its body was left for the door to read, which stops at its limit.
    assert (answer.status_code, answer.content) == (status, b"{}")
    assert type(answer.error()) is Rejected
    assert canary.connections == []


@pytest.mark.parametrize("location", ["http://[", "https://", "http://*/", "//x:y/", "\xff", "?"])
def test_a_redirect_to_nowhere_is_a_redirect(location: str) -> None:
    with Receiver() as first:
        first.answer(302, location=location)
        assert post(first.url).status_code == 302


def test_proxies_of_the_environment_are_not_used(
    canary: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, canary.url)
        monkeypatch.setenv(name.lower(), canary.url)
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    with Receiver() as receiver:
        assert post(receiver.url).is_success
        assert len(receiver.deliveries) == 1
    assert canary.connections == []


def test_a_connection_is_used_again_and_a_new_one_is_judged_again(
    names: Names, settings: Settings
) -> None:
    names.answers = [["127.0.0.1"]]
    with Receiver() as receiver:
        url = f"http://{NAME}:{receiver.port}/hook"
        for _ in range(3):
            assert post(url).is_success
        assert (len(receiver.connections), names.asked) == (1, 1)
        receiver.hang_up()
        names.answers = [["169.254.169.254"]]
        blocked(url)
        assert len(receiver.connections) == 1


def test_the_addresses_of_a_name_share_the_time_and_only_some_are_tried(
    names: Names, tried: list[tuple[str, float]]
) -> None:
    names.answers = [[f"93.184.216.{number}" for number in range(1, 101)]]
    with pytest.raises(Retryable, match="nobody answers there"):
        post(f"https://{NAME}/hook")
    assert [address for address, _ in tried] == [f"93.184.216.{n}" for n in range(1, 5)]
    assert tried[0][1] <= 5 / guard.MOST_TRIED


@pytest.mark.django_db
@pytest.mark.usefixtures("closed")
def test_the_history_shows_what_was_blocked_and_the_lane_waits_for_a_person(
    names: Names, canary: Receiver
) -> None:
    names.answers = [["127.0.0.1"]]
    destination = Destination(kind="webhook", name="Hook")
    destination.set_secret("url", f"https://{NAME}:{canary.port}/s3cret-path-of-the-hook")
    destination.save()
    a_rule(destination)
    alert = an_alert()
    drain(destination)
    destination.refresh_from_db()
    assert destination.attention.startswith(f"Nothing was sent: {NAME} is at 127.0.0.1")
    assert create_of(alert).state == DeliveryState.PENDING
    attempt = Attempt.objects.get()
    assert (attempt.outcome, attempt.status_code) == (Outcome.BLOCKED_ADDRESS, None)
    [exchange] = attempt.exchanges
    assert exchange["url"] == f"https://{NAME}:{canary.port}/[secret]"
    assert canary.connections == []
