"""Text from alerts stays text: in headers, in HTML, and in the protocol."""

from collections.abc import Iterator
from dataclasses import replace
from email import message_from_bytes

import pytest
from pytest_django.fixtures import Settings

from sandbox.mail import MailServer
from tests.destinations.mailing import ADA, CREATE, Words, closing, email, running

FIELDS = (
    *("title", "description", "event_type", "severity", "asset", "asset_id", "rule"),
    *("data_source", "ended_by", "ended_note"),
)
BREAKS = ("\n", "\r", "\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029", "\x00\n")
HEADERS = {
    *("Content-Type", "MIME-Version", "Subject", "From", "To", "Date", "Message-ID", "List-Id"),
    *("Auto-Submitted", "X-Auto-Response-Suppress", "In-Reply-To", "References"),
}


@pytest.fixture
def server(settings: Settings) -> Iterator[MailServer]:
    with running(settings) as server:
        yield server


@pytest.mark.parametrize("line_break", BREAKS, ids=ascii)
def test_a_line_break_makes_no_header(server: MailServer, line_break: str) -> None:
    evil = f"x{line_break}Bcc: eve@evil.example{line_break}{line_break}<b>body</b>"
    message = replace(closing(CREATE), changes=(evil,), external_id=f"<a@b>{line_break}Bcc: eve@x")
    email(ADA).close(replace(message, **dict.fromkeys(FIELDS, evil)))
    [letter] = server.letters
    parsed = message_from_bytes(letter.content)
    assert set(parsed.keys()) == HEADERS
    assert letter.recipients == (ADA,)
    assert "eve@evil.example" in str(letter.message["Subject"])


@pytest.mark.parametrize("name", FIELDS)
def test_markup_stays_text(server: MailServer, name: str) -> None:
    evil = "</td><script>alert(1)</script><a href='https://evil.example'>x</a>\"&amp;{}{0}%s"
    email(ADA).close(replace(closing(CREATE), **{name: evil}))
    html = server.letters[0].part("html")
    assert not Words(html).tags & {"script"}
    assert Words(html).links == [CREATE.link]
    shown = " ".join(Words(html).texts).casefold().replace("_", " ")
    # An asset's id and an event's type are written with a capital letter.
    assert evil.casefold().replace("_", " ").rstrip(".") in shown


def test_markup_in_a_change_stays_text(server: MailServer) -> None:
    email(ADA).create(replace(CREATE, changes=("<img src=x onerror=alert(1)>",)))
    html = server.letters[0].part("html")
    assert "img" not in Words(html).tags
    assert "&lt;img src=x onerror=alert(1)&gt;" in html


@pytest.mark.parametrize("link", ["javascript:alert(1)", "data:text/html,x", "", '"><b>'])
def test_only_a_web_address_becomes_a_link(server: MailServer, link: str) -> None:
    email(ADA).create(replace(CREATE, link=link))
    html = Words(server.letters[0].part("html"))
    assert html.links == []
    assert "b" not in html.tags


def test_a_quote_in_a_link_stays_in_it(server: MailServer) -> None:
    link = 'https://armor.example/"><b onclick=alert(1)>'
    email(ADA).create(replace(CREATE, link=link))
    html = Words(server.letters[0].part("html"))
    assert html.links == [link]
    assert "b" not in html.tags


@pytest.mark.parametrize(
    "end", ["\r\n.\r\n", "\n.\n", "\r.\r", "\n.\r\n", "\r\n.\n", "\u2028.\u2028"], ids=ascii
)
def test_a_lone_dot_does_not_end_the_mail(server: MailServer, end: str) -> None:
    smuggled = f"a{end}MAIL FROM:<eve@evil.example>\r\nRCPT TO:<{ADA}>\r\nDATA\r\nz"
    email(ADA).create(replace(CREATE, description=smuggled))
    [letter] = server.letters
    assert letter.sender != "eve@evil.example"
    assert "a\n.\nMAIL FROM:<eve@evil.example>\n" in letter.part("plain")
    assert letter.part("plain").rstrip().endswith("is set there.")


def test_what_has_no_shape_is_left_out(server: MailServer) -> None:
    title = "ord\u202eers\x00\x07 \u200bpaid\ud800 \N{NO-BREAK SPACE}now\ufeff"
    email(ADA).create(replace(CREATE, title=title, description=title))
    [letter] = server.letters
    assert letter.message["Subject"] == "[AnomalyArmor] orders paid now"
    assert letter.part("plain").startswith("orders paid now\n\norders paid  now\n")


def test_every_script_arrives_as_it_was(server: MailServer) -> None:
    title = "Größe von 売上 صفحه\u200cها 🚨 " + "ä" * 90  # noqa: RUF001
    text = "\n".join(["長" * 2000, "From here on", ".dot", "=20 =3D"])
    email(ADA).create(replace(CREATE, title=title, description=text))
    [letter] = server.letters
    assert letter.message["Subject"] == f"[AnomalyArmor] {title}"
    assert text in letter.part("plain")
    assert b"\r\nSubject: =?utf-8?" in letter.content


@pytest.mark.parametrize("text", ["Größe", "ä" * 3000, "x" * 3000, "plain"])
def test_no_server_on_the_way_has_to_write_it_anew(server: MailServer, text: str) -> None:
    email(ADA).create(replace(CREATE, description=text))
    [letter] = server.letters
    assert letter.content.isascii()
    assert max(map(len, letter.content.split(b"\r\n"))) <= 78
    assert text in letter.part("plain")
    assert text in letter.part("html")


@pytest.mark.parametrize(
    "title", ["=?utf-8?q?Paid=0ABcc:_eve=40evil.example?=", "t" * 150, "=?", "a =?x?b?y?= b"]
)
def test_an_encoded_word_in_a_title_is_not_decoded(server: MailServer, title: str) -> None:
    email(ADA).create(replace(CREATE, title=title))
    assert server.letters[0].message["Subject"] == f"[AnomalyArmor] {title}"
