"""The one door for mail: through the mail server of the operator, with the Door's deadline.

A mail is sent to all its recipients in one message, and is kept in the history like an HTTP call.
Nobody who got it gets it again: if the server takes it for some of the recipients only, that is a
success which names the others. If the connection breaks after the mail, nobody knows whether it
was taken; it is then sent again with the same Message-ID, by which mail systems know repeats.
"""

import hashlib
import re
import smtplib
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.charset import QP, Charset
from email.header import Header
from email.utils import parseaddr
from html import escape
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core.mail import EmailMultiAlternatives
from django.core.mail.message import sanitize_address
from django.utils.encoding import punycode

from destinations import smtp
from destinations.errors import DestinationError, NeedsAttention
from destinations.http import Door, Exchange
from destinations.letters import SUBJECT_LIMIT, Letter, Page, one_line
from destinations.messages import shorten
from destinations.scrubbing import scrub

__all__ = ["Letter", "Page", "look", "message_id", "send"]

STORED_LIMIT = 2 * 1024  # characters of the server's answer
WORD_LIMIT = 60  # characters of an encoded word: "Subject: " stands before the first
# Quoted-printable, which servers pass on as it is, also those without 8BITMIME.
SEVEN_BITS = Charset("utf-8")
SEVEN_BITS.body_encoding = QP
LOCAL = {"localhost", "127.0.0.1", "::1"}


def message_id(key: str) -> str:
    """The same key gives the same id. Short, because some clients lose one on a folded line."""
    domain = punycode(parseaddr(settings.EMAIL_FROM)[1].rpartition("@")[2])
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:32]}@{domain}>"


def send(door: Door, letter: Letter) -> dict[str, str]:
    """Sends it. Returns the recipients for whom it was not taken, with the server's words."""
    mail = _mail(letter)
    exchange = door.begin("MAIL", _server(), _shown(mail, _subject(letter)))
    with _told(door, exchange) as connection:
        refused = _deliver(connection, mail)
        exchange.status_code, exchange.answer = _answer(connection.taken)
    return refused


def look(door: Door) -> list[str]:
    """Greets the server, logs in and leaves; nothing is sent. Returns sentences of warning."""
    exchange = door.begin("EHLO", _server(), None)
    with _told(door, exchange):
        exchange.status_code = 250
    return warnings()


@contextmanager
def _told(door: Door, exchange: Exchange) -> Iterator[smtp.Connection]:
    """A conversation, and what came of it in the exchange."""
    if not settings.EMAIL_HOST:
        raise NeedsAttention(
            "No mail server is set, so nothing was sent.",
            advice="The operator of Armor Incidents sets EMAIL_URL and starts it anew.",
        )
    started = time.monotonic()
    ends = started + door.remaining(settings.EMAIL_HOST)
    try:
        with smtp.conversation(ends) as connection:
            yield connection
    except DestinationError as error:
        exchange.answer = str(error)
        raise
    finally:
        exchange.duration_ms = round((time.monotonic() - started) * 1000)


def _deliver(connection: smtp.Connection, mail: EmailMultiAlternatives) -> dict[str, str]:
    """Who is put off while others are taken is asked for again at once, without the others: "too
    many recipients" means just that (https://www.rfc-editor.org/rfc/rfc5321#section-4.5.3.1.10).
    """
    sender = parseaddr(sanitize_address(mail.from_email, "utf-8"))[1]
    content = mail.message().as_bytes(linesep="\r\n")  # type: ignore[call-arg]
    everybody = waiting = [sanitize_address(address, "utf-8") for address in mail.to]
    refused: dict[str, str] = {}
    while waiting:
        try:
            answers = connection.sendmail(sender, waiting, content)
        except (smtplib.SMTPException, OSError) as error:
            if waiting is everybody:
                raise
            # Some have it: an error would send it to them again.
            return refused | dict.fromkeys(waiting, str(smtp.meaning(error, settings.EMAIL_HOST)))
        refused |= {who: smtp.said(*answer) for who, answer in answers.items() if answer[0] >= 500}
        waiting = [who for who in answers if who not in refused]
    return refused


def _mail(letter: Letter) -> EmailMultiAlternatives:
    text, html = (_scrubbed(part) for part in (letter.page.text, letter.page.html))
    mail = EmailMultiAlternatives(
        _encoded(_subject(letter)),
        text,
        settings.EMAIL_FROM,
        letter.recipients,
        headers=_headers(letter),
    )
    mail.encoding = SEVEN_BITS
    mail.attach_alternative(html, "text/html")
    return mail


def _headers(letter: Letter) -> dict[str, str]:
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    headers = {
        "Message-ID": letter.message_id,
        # https://www.rfc-editor.org/rfc/rfc2919: letters, digits, dots and hyphens.
        "List-Id": f"<alerts.{re.sub(r'[^a-z0-9.-]', '-', punycode(host))}>",
        # No holiday notices back: RFC 3834, and Exchange's own.
        "Auto-Submitted": "auto-generated",
        "X-Auto-Response-Suppress": "All",
    }
    if letter.in_reply_to:
        first = one_line(letter.in_reply_to)
        headers |= {"In-Reply-To": first, "References": first}
    return headers


def _subject(letter: Letter) -> str:
    return shorten(_scrubbed(one_line(letter.subject)), SUBJECT_LIMIT)


def _encoded(subject: str) -> str:
    """As RFC 2047 writes what is not plain: short words, or Python's folding would leave the first
    line empty. "=?" is the mark of such words, and in a title it would be read as one."""
    longest = max(map(len, subject.split()), default=0)
    if subject.isascii() and "=?" not in subject and longest <= WORD_LIMIT:
        return subject
    return " ".join(Header(subject, "utf-8", WORD_LIMIT).encode().split())


def _shown(mail: EmailMultiAlternatives, subject: str) -> dict[str, Any]:
    """The mail as the history keeps it. The HTML part says the same as the text."""
    kept = {"from": mail.from_email, "to": [*mail.to], "subject": subject}
    return kept | mail.extra_headers | {"text": mail.body}


def _scrubbed(text: str) -> str:
    secrets = smtp.secrets()
    return scrub(text, (*secrets, *(escape(secret) for secret in secrets)))


def _answer(taken: str) -> tuple[int, str]:
    """The server's words for a mail that it took, which often name its queue's id for it."""
    return int(taken[:3]), scrub(taken, smtp.secrets())[:STORED_LIMIT]


def _server() -> str:
    """Its address, without user and password."""
    scheme = {(True, False): "smtp+tls", (False, True): "smtp+ssl"}.get(
        (bool(settings.EMAIL_USE_TLS), bool(settings.EMAIL_USE_SSL)), "smtp"
    )
    return f"{scheme}://{settings.EMAIL_HOST or 'none'}:{settings.EMAIL_PORT}"


def warnings() -> list[str]:
    """What the operator may have forgotten. A server on this machine needs none of it."""
    if settings.EMAIL_HOST in LOCAL:
        return []
    found = []
    if not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        found.append("Mail goes to the mail server without TLS: the operator's EMAIL_URL.")
    if message_id("").endswith("@localhost>"):
        found.append("The sender is at localhost, which many servers refuse: EMAIL_FROM.")
    return found
