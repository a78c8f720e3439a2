"""TLS and the login: nothing secret is said in the clear, and no text has the password."""

import json
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from destinations import mail
from destinations.errors import DestinationError, NeedsAttention, Outcome, Retryable
from sandbox.mail import MailServer
from tests.destinations.mailing import ADA, CREATE, Peer, email, point_at, trusted_certificate

USER = "armor"
# With what URLs, HTML and base64 spell differently.
PASSWORD = "canary&<pass>/+w0rd"
WRONG = "another-canary-0123"


@contextmanager
def serving(settings: Settings, password: str = PASSWORD, **options: Any) -> Iterator[MailServer]:
    how = {name: True for name in ("tls", "tls_at_once") if name in options}
    with MailServer(user=USER, password=PASSWORD, **options) as server:
        point_at(settings, server.port, host="localhost", user=USER, password=password, **how)
        yield server


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    return trusted_certificate(tmp_path, monkeypatch)


def everything_told(error: DestinationError, connector: Any) -> str:
    exchanges = json.dumps([exchange.to_json() for exchange in connector.door.exchanges])
    return f"{error} {error!r} {error.args} {error.advice} {exchanges}"


@pytest.mark.parametrize("how", ["tls", "tls_at_once"])
def test_mail_goes_over_tls(settings: Settings, certificate: ssl.SSLContext, how: str) -> None:
    with serving(settings, **{how: certificate}) as server:
        connector = email(ADA)
        assert connector.check().warnings == []
        assert connector.create(CREATE).external_id
    [letter] = server.letters
    assert (letter.user, letter.is_secure) == (USER, True)
    scheme = "smtp+tls" if how == "tls" else "smtp+ssl"
    assert connector.door.exchanges[1].url == f"{scheme}://localhost:{server.port}"


@pytest.mark.parametrize("how", ["tls", "tls_at_once"])
def test_a_certificate_that_is_not_trusted_gets_no_password(
    settings: Settings, certificate: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    with serving(settings, **{how: certificate}) as server:
        with pytest.raises(Retryable) as caught:
            email(ADA).create(CREATE)
        assert server.letters == []
    assert caught.value.outcome == Outcome.TLS_ERROR
    sentence = "No trusted connection to localhost: its certificate was not accepted."
    assert str(caught.value) == sentence


def test_a_certificate_for_another_name_is_not_trusted(
    settings: Settings, certificate: ssl.SSLContext
) -> None:
    with serving(settings, tls=certificate) as server:
        settings.EMAIL_HOST = "127.0.0.1"
        with pytest.raises(Retryable) as caught:
            email(ADA).create(CREATE)
        assert server.letters == []
    assert caught.value.outcome == Outcome.TLS_ERROR


def test_a_server_without_tls_gets_no_password(settings: Settings) -> None:
    with serving(settings) as server:
        settings.EMAIL_USE_TLS = True
        with pytest.raises(NeedsAttention, match="localhost offers no TLS"):
            email(ADA).create(CREATE)
        assert server.letters == []


def test_tls_from_the_start_with_a_server_that_speaks_plainly(settings: Settings) -> None:
    with serving(settings):
        settings.EMAIL_USE_SSL = True
        with pytest.raises(Retryable, match="it does not speak TLS there") as caught:
            email(ADA).create(CREATE)
    assert caught.value.outcome == Outcome.TLS_ERROR
    assert "smtp+tls://" in caught.value.advice


@pytest.mark.parametrize("verb", ["check", "create"])
def test_a_wrong_password_holds_the_lane(settings: Settings, verb: str) -> None:
    with serving(settings, password=WRONG) as server:
        connector = email(ADA)
        with pytest.raises(NeedsAttention) as caught:
            connector.check() if verb == "check" else connector.create(CREATE)
        assert server.letters == []
    assert str(caught.value).startswith("SMTP 535: ")
    assert caught.value.advice == "The operator checks the user name and the password in EMAIL_URL."
    assert WRONG not in everything_told(caught.value, connector)


def test_a_login_that_is_missing_holds_the_lane(settings: Settings) -> None:
    with serving(settings):
        settings.EMAIL_HOST_USER = ""
        with pytest.raises(NeedsAttention, match="Authentication required"):
            email(ADA).create(CREATE)


def test_a_login_that_nobody_asks_for_holds_the_lane(settings: Settings) -> None:
    with MailServer() as server:
        point_at(settings, server.port, user=USER, password=PASSWORD)
        with pytest.raises(NeedsAttention, match="offers no login that can be used"):
            email(ADA).create(CREATE)


def test_a_password_that_cannot_be_sent_is_not_told(settings: Settings) -> None:
    with serving(settings, password="pässwörd-€"):
        connector = email(ADA)
        with pytest.raises(NeedsAttention) as caught:
            connector.create(CREATE)
    assert str(caught.value) == "EMAIL_URL holds characters that cannot be sent."
    assert "rd-€" not in everything_told(caught.value, connector)


@pytest.mark.parametrize("reply", ["454 4.7.0 Temporary authentication failure", "421 busy"])
def test_a_login_that_fails_for_now_is_tried_again(settings: Settings, reply: str) -> None:
    def act(connection: Any, peer: Peer) -> None:
        connection.sendall(b"220 peer.example\r\n")
        peer.read_line(connection)
        connection.sendall(b"250-hello\r\n250 AUTH PLAIN\r\n")
        peer.read_line(connection)
        connection.sendall(reply.encode() + b"\r\n")
        peer.wait_for_end(connection)

    with Peer(act) as peer:
        point_at(settings, peer.port, user=USER, password=PASSWORD)
        with pytest.raises(Retryable, match=reply[:3]):
            email(ADA).create(CREATE)


def test_a_server_that_quotes_the_login_is_not_quoted(settings: Settings) -> None:
    def act(connection: Any, peer: Peer) -> None:
        connection.sendall(b"220 peer.example\r\n")
        peer.read_line(connection)
        connection.sendall(b"250-hello\r\n250 AUTH PLAIN\r\n")
        login = peer.read_line(connection).split()[-1]
        words = b"535 no: " + login + b" is " + PASSWORD.encode()
        connection.sendall(words + b"\r\n")
        peer.wait_for_end(connection)

    with Peer(act) as peer:
        point_at(settings, peer.port, user=USER, password=PASSWORD)
        connector = email(ADA)
        with pytest.raises(NeedsAttention) as caught:
            connector.create(CREATE)
    assert str(caught.value) == "SMTP 535: no: [secret] is [secret]"
    told = everything_told(caught.value, connector)
    assert PASSWORD not in told
    assert peer.received.split()[-1].decode() not in told


def test_an_alert_that_has_the_password_is_sent_without_it(settings: Settings) -> None:
    with serving(settings) as server:
        connector = email(ADA)
        connector.create(replace(CREATE, title=f"a {PASSWORD} b", description=PASSWORD))
    [letter] = server.letters
    assert letter.message["Subject"] == "[AnomalyArmor] a [secret] b"
    sent = f"{letter.message['Subject']} {letter.part('plain')} {letter.part('html')}"
    assert "w0rd" not in sent
    assert "w0rd" not in json.dumps([exchange.to_json() for exchange in connector.door.exchanges])


@pytest.mark.parametrize(
    ("host", "tls", "sender", "count"),
    [
        ("mail.example", False, "armor@localhost", 2),
        ("mail.example", True, "armor@localhost", 1),
        ("mail.example", True, "armor@mail.example", 0),
        ("127.0.0.1", False, "armor@localhost", 0),
    ],
)
def test_a_check_warns_of_what_the_operator_forgot(
    settings: Settings, host: str, tls: bool, sender: str, count: int
) -> None:
    point_at(settings, 25, host=host, tls=tls)
    settings.EMAIL_FROM = sender
    assert len(mail.warnings()) == count
