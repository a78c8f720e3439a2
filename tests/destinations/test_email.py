"""What stands in a mail, read from a mail server that took it."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.email import ITEMS_LIMIT
from destinations.errors import NeedsAttention, Recorded
from destinations.http import Door
from destinations.messages import Digest, DigestLine
from sandbox.mail import MailServer
from tests.destinations.mailing import ADA, BOB, CREATE, Words, closing, email, running

MESSAGE = replace(
    CREATE,
    severity="warning",
    data_source="prod-postgres",
    changes=("Column removed (breaking): customer_email", "Column added: customer_mail"),
)
LINE = DigestLine(
    rule="Orders",
    asset="shop.public.orders",
    severity="critical",
    opened=2,
    ended=1,
    title="Column removed",
)
DIGEST = Digest(
    idempotency_key="anomalyarmor-digest-1",
    since=datetime(2026, 11, 23, 8, 0, tzinfo=UTC),
    until=datetime(2026, 11, 23, 9, 0, tzinfo=UTC),
    opened=3,
    ended=1,
    still_open=2,
    lines=(LINE,),
    more=4,
    link="https://armor.example/alerts/",
)


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    settings.PUBLIC_URL = "https://armor.example:8443"
    settings.EMAIL_FROM = "Armor Incidents <armor@mail.example>"
    with running(settings) as server:
        yield server


def test_the_text_tells_all_that_may_be_said(server: MailServer) -> None:
    email(ADA).create(MESSAGE)
    [letter] = server.letters
    assert letter.part("plain") == (
        "Column removed from orders\n"
        "\n"
        "Column customer_email was removed.\n"
        "\n"
        "Severity: Warning\n"
        "Event type: Schema change\n"
        "Asset: shop.public.orders\n"
        "Asset ID: a-17\n"
        "Data source: prod-postgres\n"
        "Rule: Orders\n"
        "Triggered: 2026-11-23 08:00:00 UTC\n"
        "\n"
        "Changes:\n"
        "- Column removed (breaking): customer_email\n"
        "- Column added: customer_mail\n"
        "\n"
        "View alert: https://armor.example/alerts/1/\n"
        "\n"
        "-- \n"
        "Sent by Armor Incidents because this address is in one of its Email destinations. Who gets"
        " these mails is set there.\n"
    )


def test_the_html_tells_the_same(server: MailServer) -> None:
    email(ADA).close(closing(MESSAGE))
    [letter] = server.letters
    html = Words(letter.part("html"))
    # The dashes of lists and the address behind the button are the text's own.
    text = [word for word in letter.part("plain").split() if word not in ("-", "--")]
    text.remove(MESSAGE.link)
    assert html.words == [word if word != "alert:" else "alert" for word in text]
    assert html.links == [MESSAGE.link]
    assert "Resolved by ada: reran the job." in letter.part("html")


def test_nothing_is_loaded_and_the_ground_is_the_readers_own(server: MailServer) -> None:
    email(ADA).create(MESSAGE)
    html = server.letters[0].part("html")
    assert not Words(html).tags & {"img", "script", "link", "style", "iframe", "form"}
    assert '<meta name="color-scheme" content="light dark">' in html
    body = html[html.index("<body") : html.index(">", html.index("<body"))]
    assert "color" not in body
    assert "background" not in body


@pytest.mark.parametrize(
    ("severity", "colour"),
    [("critical", "#c62828"), ("warning", "#b26a00"), ("info", "#1565c0"), ("odd", "#616161")],
)
def test_the_bar_shows_the_severity(server: MailServer, severity: str, colour: str) -> None:
    email(ADA).create(replace(MESSAGE, severity=severity, link=""))
    assert f'bgcolor="{colour}"' in server.letters[0].part("html")
    assert f"Severity: {severity.capitalize()}\n" in server.letters[0].part("plain")


def test_the_headers_of_the_first_mail(server: MailServer) -> None:
    receipt = email(ADA, BOB).create(MESSAGE)
    [letter] = server.letters
    headers = letter.message
    assert headers["Subject"] == "[AnomalyArmor] Column removed from orders"
    assert headers["From"] == "Armor Incidents <armor@mail.example>"
    assert headers["To"] == f"{ADA}, {BOB}"
    assert headers["Message-ID"] == receipt.external_id
    assert headers["List-Id"] == "<alerts.armor.example>"
    assert headers["Auto-Submitted"] == "auto-generated"
    assert headers["X-Auto-Response-Suppress"] == "All"
    assert headers["Date"]
    assert headers["In-Reply-To"] is None
    assert (letter.sender, letter.recipients) == ("armor@mail.example", (ADA, BOB))
    assert letter.client == "armor.example"


def test_one_mail_goes_to_all_recipients_in_one_connection(server: MailServer) -> None:
    email(ADA, BOB, "carl@example.com").create(MESSAGE)
    assert len(server.letters) == server.connections == 1


def test_sent_again_it_has_the_same_message_id(server: MailServer) -> None:
    first, second = email(ADA).create(MESSAGE), email(ADA).create(MESSAGE)
    other = email(ADA).create(replace(MESSAGE, idempotency_key="another"))
    ids = [letter.message["Message-ID"] for letter in server.letters]
    assert ids == [first.external_id, second.external_id, other.external_id]
    assert first.external_id == second.external_id != other.external_id
    assert first.external_id.endswith("@mail.example>")
    # On one line with its name: some clients lose an id that stands on a folded line.
    assert f"\r\nMessage-ID: {ids[0]}\r\n".encode() in server.letters[0].content


def test_the_end_is_told_in_the_thread_of_the_beginning(server: MailServer) -> None:
    first = email(ADA).create(MESSAGE).external_id
    # The sender was changed meanwhile: the stored id counts.
    end = email(ADA).close(closing(MESSAGE, external_id="<stored@elsewhere.example>"))
    headers = server.letters[1].message
    assert headers["Subject"] == "Re: [AnomalyArmor] Column removed from orders"
    assert headers["In-Reply-To"] == headers["References"] == "<stored@elsewhere.example>"
    assert headers["Message-ID"] == end.external_id != first
    assert "Ended: 2026-11-23 08:00:00 UTC" in server.letters[1].part("plain")
    email(ADA).close(closing(MESSAGE))
    again = server.letters[2].message
    assert again["In-Reply-To"] == first
    assert again["Message-ID"] == end.external_id


def test_a_test_is_plainly_a_test(server: MailServer) -> None:
    message = replace(MESSAGE, title="Test of the destination “Team”", event_type="test")
    receipt = email(ADA, BOB).test(message)
    assert receipt.reference == ""
    assert receipt.note == f"Sent to {ADA}, {BOB}: look into the inbox."
    subject = server.letters[0].message["Subject"]
    assert subject == "[AnomalyArmor] Test of the destination “Team”"


def test_a_check_logs_in_and_sends_nothing(server: MailServer) -> None:
    connector = email(ADA)
    found = connector.check()
    assert (found.account, found.warnings, found.field_errors) == ("127.0.0.1", [], {})
    assert (server.connections, server.letters) == (1, [])
    [exchange] = connector.door.exchanges
    assert (exchange.method, exchange.status_code) == ("EHLO", 250)


def test_a_digest_is_one_mail(server: MailServer) -> None:
    receipt = email(ADA, BOB).digest(DIGEST)
    [letter] = server.letters
    subject = "[AnomalyArmor] Digest: 3 opened, 1 ended, 2 still open"
    assert letter.message["Subject"] == subject
    assert letter.message["Message-ID"] == receipt.external_id
    text = letter.part("plain")
    assert "From: 2026-11-23 08:00:00 UTC\nUntil: 2026-11-23 09:00:00 UTC\n" in text
    assert "- Critical: Column removed (Orders, shop.public.orders): 2 opened, 1 ended\n" in text
    assert "- and 4 more\n" in text
    assert "View alerts: https://armor.example/alerts/\n" in text


def test_a_long_list_of_changes_is_cut_and_says_so(server: MailServer) -> None:
    changes = tuple(f"Column added: c{number}" for number in range(ITEMS_LIMIT + 3))
    email(ADA).create(replace(MESSAGE, changes=changes, description="x" * 9000, title="t" * 500))
    text = server.letters[0].part("plain")
    assert f"- Column added: c{ITEMS_LIMIT - 1}\n- and 3 more\n" in text
    assert f"c{ITEMS_LIMIT}\n" not in text
    assert len(text) < 8000
    assert len(str(server.letters[0].message["Subject"])) <= 200


def test_the_history_keeps_what_was_sent(server: MailServer) -> None:
    connector = email(ADA)
    receipt = connector.create(MESSAGE)
    [exchange] = connector.door.exchanges
    assert exchange.method == "MAIL"
    assert exchange.url == f"smtp://127.0.0.1:{server.port}"
    assert exchange.body["to"] == [ADA]
    assert exchange.body["subject"] == "[AnomalyArmor] Column removed from orders"
    assert exchange.body["Message-ID"] == receipt.external_id
    assert exchange.body["text"] == server.letters[0].part("plain")
    assert (exchange.status_code, exchange.answer) == (250, "250 2.0.0 Ok: queued as 1")
    json.dumps(exchange.to_json())


@pytest.mark.parametrize("host", ["", "127.0.0.1"])
def test_record_only_reaches_no_server(server: MailServer, settings: Settings, host: str) -> None:
    settings.EMAIL_HOST = host
    connector = email(ADA, door=Door(is_recording=True))
    with pytest.raises(Recorded):
        connector.close(closing(MESSAGE))
    assert server.connections == 0
    assert connector.door.exchanges[0].body["subject"].startswith("Re: ")


@pytest.mark.parametrize("verb", ["create", "close", "test"])
def test_without_recipients_nothing_is_sent(server: MailServer, verb: str) -> None:
    with pytest.raises(NeedsAttention, match="No recipients are set") as caught:
        getattr(email(), verb)(MESSAGE)
    assert caught.value.advice
    assert server.connections == 0
