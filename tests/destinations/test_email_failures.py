"""What the answers of a mail server mean, and that nobody gets a mail twice."""

from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django.fixtures import Settings

from destinations.errors import (
    DestinationError,
    NeedsAttention,
    RateLimited,
    Rejected,
    Retryable,
)
from sandbox.mail import MailServer
from tests.destinations.mailing import (
    ADA,
    BOB,
    CREATE,
    Peer,
    email,
    failure,
    point_at,
    running,
)

CARL = "carl@example.com"


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with running(settings) as server:
        yield server


@pytest.mark.parametrize("step", ["MAIL", ADA, "DATA"])
@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        ("421 4.3.0 Try again later", Retryable),
        ("450 4.2.0 Greylisted, come back in five minutes", Retryable),
        ("451 4.3.0 Temporary system problem", Retryable),
        ("452 4.2.2 The mailbox is over quota", Retryable),
        ("421 4.7.28 Unusual rate of mail from this address", RateLimited),
        ("450 4.2.1 Receiving mail at a rate that prevents more", RateLimited),
        ("451 4.7.1 You are sending too many mails", RateLimited),
        ("454 Throttling failure: Maximum sending rate exceeded.", RateLimited),
        ("432 4.3.2 Concurrent connections limit exceeded", RateLimited),
        ("530 5.7.0 Authentication required", NeedsAttention),
        ("535 5.7.8 Credentials not accepted", NeedsAttention),
    ],
)
def test_a_reply_has_its_class(
    server: MailServer, step: str, reply: str, kind: type[DestinationError]
) -> None:
    server.answer(step, reply)
    error = failure(email(ADA).create, CREATE)
    assert type(error) is kind
    assert str(error) == f"SMTP {reply[:3]}: {reply[4:].rstrip('.')}"
    assert server.letters == []


@pytest.mark.parametrize(
    ("step", "reply", "kind"),
    [
        (ADA, "550 5.1.1 No such user", Rejected),
        (ADA, "554 5.7.1 Relay access denied", Rejected),
        ("DATA", "554 5.7.1 Looks like spam", Rejected),
        ("MAIL", "552 5.3.4 Too large", Rejected),
        # The sender is refused for every alert: held, or all of them would be lost.
        ("MAIL", "550 5.7.1 Sender not allowed", NeedsAttention),
        ("MAIL", "553 5.7.60 Not yours", NeedsAttention),
    ],
)
def test_a_lasting_refusal(
    server: MailServer, step: str, reply: str, kind: type[DestinationError]
) -> None:
    server.answer(step, reply)
    error = failure(email(ADA).create, CREATE)
    assert type(error) is kind
    assert str(error) == f"SMTP {reply[:3]}: {reply[4:]}"
    # The page writes HTTP before it.
    assert error.status_code is None


def test_what_passes_is_sent_at_the_next_try_with_the_same_id(server: MailServer) -> None:
    server.answer(ADA, "450 4.2.0 Greylisted", times=1)
    failure(email(ADA).create, CREATE)
    receipt = email(ADA).create(CREATE)
    [letter] = server.letters
    assert letter.message["Message-ID"] == receipt.external_id


def test_if_all_are_refused_and_one_may_pass_it_is_tried_again(server: MailServer) -> None:
    server.answer(ADA, "550 5.1.1 No such user")
    server.answer(BOB, "450 4.2.0 Greylisted")
    error = failure(email(ADA, BOB).create, CREATE)
    assert (type(error), str(error)) == (Retryable, "SMTP 450: 4.2.0 Greylisted")


def test_if_some_are_refused_the_others_have_it_and_the_note_names_them(
    server: MailServer,
) -> None:
    server.answer(BOB, "550 5.1.1 No such user")
    connector = email(ADA, BOB)
    receipt = connector.create(CREATE)
    assert receipt.external_id
    assert (
        receipt.note == f"Not taken for {BOB} (SMTP 550: 5.1.1 No such user). The others have it."
    )
    assert [letter.recipients for letter in server.letters] == [(ADA,)]
    assert connector.test(CREATE).note.startswith("Not taken for bob@example.com")


def test_who_was_put_off_gets_it_at_once_and_nobody_twice(server: MailServer) -> None:
    server.answer(BOB, "452 4.5.3 Too many recipients", times=1)
    server.answer(CARL, "452 4.5.3 Too many recipients", times=2)
    receipt = email(ADA, BOB, CARL).create(CREATE)
    assert receipt.note == ""
    assert [letter.recipients for letter in server.letters] == [(ADA,), (BOB,), (CARL,)]
    assert {letter.message["Message-ID"] for letter in server.letters} == {receipt.external_id}
    assert server.connections == 1


def test_who_is_put_off_again_is_named(server: MailServer) -> None:
    server.answer(BOB, "450 4.2.0 Greylisted")
    receipt = email(ADA, BOB).create(CREATE)
    assert receipt.note == f"Not taken for {BOB} (SMTP 450: 4.2.0 Greylisted). The others have it."
    assert [letter.recipients for letter in server.letters] == [(ADA,)]


def test_a_connection_that_breaks_later_does_not_send_it_twice(settings: Settings) -> None:
    def act(connection: Any, peer: Peer) -> None:
        connection.sendall(b"220 peer.example\r\n")
        rejected = False
        while True:
            line = peer.read_line(connection).upper()
            if line.startswith(b"RCPT TO:<BOB") and not rejected:
                rejected = True
                connection.sendall(b"452 too many recipients\r\n")
            elif line.startswith(b"DATA"):
                connection.sendall(b"354 go\r\n")
                peer.read_mail(connection)
                connection.sendall(b"250 taken\r\n")
            elif rejected and line.startswith(b"MAIL") and b"data\r\n" in peer.received:
                return  # in the second round
            else:
                connection.sendall(b"250 ok\r\n")

    with Peer(act) as peer:
        point_at(settings, peer.port)
        receipt = email(ADA, BOB).create(CREATE)
    assert receipt.note.startswith(f"Not taken for {BOB} (The connection to 127.0.0.1 broke")


def test_the_history_keeps_the_refusal(server: MailServer) -> None:
    server.answer("DATA", "554 5.7.1 Looks like spam")
    connector = email(ADA)
    failure(connector.create, CREATE)
    [exchange] = connector.door.exchanges
    assert exchange.answer == "SMTP 554: 5.7.1 Looks like spam"


@pytest.mark.parametrize(
    "reply",
    ["550 " + "x" * 400, "550 a\x00b\x1b[31m", "550 \xff\xfe", "550"],
    ids=ascii,
)
def test_odd_words_of_a_server_are_shown_short(server: MailServer, reply: str) -> None:
    server.answer(ADA, reply)
    sentence = str(failure(email(ADA).create, CREATE))
    assert sentence.startswith("SMTP 550")
    assert len(sentence) <= 320
    assert "\x00" not in sentence
    sentence.encode()
