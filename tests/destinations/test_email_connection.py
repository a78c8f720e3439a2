"""A mail server that is not there, does not greet, or hangs up."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from destinations import smtp
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    Outcome,
    RateLimited,
    Retryable,
)
from sandbox.mail import MailServer
from tests.destinations.mailing import (
    ADA,
    CREATE,
    Peer,
    converse,
    email,
    failure,
    point_at,
    running,
)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with running(settings) as server:
        yield server


@pytest.mark.parametrize("until", [b"EHLO", b"MAIL", b"RCPT", b"DATA", b"END"])
def test_a_connection_that_breaks_is_tried_again(settings: Settings, until: bytes) -> None:
    with Peer(lambda connection, peer: converse(connection, peer, until)) as peer:
        point_at(settings, peer.port)
        error = failure(email(ADA).create, CREATE)
        failure(email(ADA).create, CREATE)
    assert (type(error), error.outcome) == (Retryable, Outcome.NETWORK_ERROR)
    assert str(error) == "The connection to 127.0.0.1 broke before the mail was taken."
    # After the mail nobody knows whether it was taken: the id tells that it is the same.
    ids = {line for line in peer.received.split(b"\r\n") if line.startswith(b"Message-ID")}
    assert len(ids) == (1 if until == b"END" else 0)


def test_a_goodbye_that_goes_wrong_changes_nothing(settings: Settings) -> None:
    with Peer(lambda connection, peer: converse(connection, peer, b"QUIT")) as peer:
        point_at(settings, peer.port)
        assert email(ADA).create(CREATE).external_id


@pytest.mark.parametrize(
    ("banner", "kind"),
    [
        (b"421 4.3.2 Service shutting down", Retryable),
        (b"421 Too many concurrent SMTP connections", RateLimited),
        (b"554 No SMTP service here", NeedsAttention),
        (b"SSH-2.0-OpenSSH_9.2", MalformedAnswer),
        (b"HTTP/1.1 400 Bad Request", MalformedAnswer),
        (b"200 hello", MalformedAnswer),
        (b"99999 hello", MalformedAnswer),
        (b"220" + b"x" * 9000, NeedsAttention),
    ],
    ids=lambda value: str(value)[:20],
)
def test_a_server_that_does_not_greet(
    settings: Settings, banner: bytes, kind: type[DestinationError]
) -> None:
    def act(connection: Any, peer: Peer) -> None:
        connection.sendall(banner + b"\r\n")
        peer.wait_for_end(connection)

    with Peer(act) as peer:
        point_at(settings, peer.port)
        connector = email(ADA)
        assert type(failure(connector.check)) is kind
        assert connector.door.exchanges[0].status_code is None
        assert type(failure(email(ADA).create, CREATE)) is kind


def test_nobody_answers(settings: Settings) -> None:
    with Peer(lambda *_: None) as peer:
        point_at(settings, peer.port)
    error = failure(email(ADA).create, CREATE)
    assert (type(error), error.outcome) == (Retryable, Outcome.UNREACHABLE)
    assert str(error) == "The mail server 127.0.0.1 could not be reached: nobody answers there."
    assert "EMAIL_URL" in error.advice


def test_a_name_that_is_not_found(settings: Settings) -> None:
    point_at(settings, 25, host="mail.invalid")
    error = failure(email(ADA).create, CREATE)
    assert error.outcome == Outcome.UNREACHABLE
    assert (
        str(error) == "The mail server mail.invalid could not be reached: its name was not found."
    )


@pytest.mark.parametrize(
    ("trouble", "what"),
    [
        (TimeoutError("timed out"), "the connection timed out"),
        (OSError(101, "Network is unreachable"), "nobody answers there"),
        (UnicodeError("label too long"), "its name was not found"),
    ],
)
def test_a_network_that_does_not_lead_there(
    server: MailServer, monkeypatch: pytest.MonkeyPatch, trouble: Exception, what: str
) -> None:
    def create_connection(address: tuple[str, int], timeout: float) -> None:
        assert 0 < timeout <= 5
        raise trouble

    monkeypatch.setattr(smtp.socket, "create_connection", create_connection)
    error = failure(email(ADA).create, CREATE)
    assert error.outcome == Outcome.UNREACHABLE
    assert str(error).endswith(f"could not be reached: {what}.")


@pytest.mark.parametrize("verb", ["check", "create", "close", "test"])
def test_without_a_mail_server_a_person_must_act(settings: Settings, verb: str) -> None:
    point_at(settings, 25, host="")
    arguments = () if verb == "check" else (CREATE,)
    error = failure(getattr(email(ADA), verb), *arguments)
    assert type(error) is NeedsAttention
    assert str(error) == "No mail server is set, so nothing was sent."
    assert "EMAIL_URL" in error.advice
