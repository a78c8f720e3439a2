"""Speaking SMTP under a total deadline, and what its answers mean.

smtplib's timeout is for each read, so a server that drips would hold it for ever; here the watch
of destinations/deadlines.py cuts the connection. Reply codes: https://www.rfc-editor.org/rfc/rfc5321
(4.2.1: 4yz may pass, 5yz does not), logins: https://www.rfc-editor.org/rfc/rfc4954 (section 6).
"""

import base64
import re
import smtplib
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings

from destinations import deadlines, failures
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    Outcome,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.messages import shorten
from destinations.scrubbing import scrub

CONNECT_TIMEOUT = 5.0  # seconds
GOODBYE_TIMEOUT = 1.0  # seconds
DETAIL_LIMIT = 300  # characters of the server's words
TOO_LARGE = 552
# A login is missing, too weak, wrong, or wants TLS first.
LOGIN_CODES = {530, 534, 535, 538}
# Such as "454 Throttling failure: Maximum sending rate exceeded" (Amazon), "421 4.3.2 The maximum
# number of concurrent connections has exceeded a limit" (Microsoft). A full mailbox is no rate.
_RATE = re.compile(r"(?i)\brate\b|throttl|too many|concurren|too quickly|excessive volume")
_PASSING = "A delivery is tried again by itself, with the same Message-ID."
_OPERATOR = "The operator of Armor Incidents sets the mail server in EMAIL_URL."
_LOGIN = "The operator checks the user name and the password in EMAIL_URL."


class Connection(smtplib.SMTP):
    """smtplib's, over a socket that is open already; keeps the words with which mail was taken."""

    def __init__(self, sock: socket.socket, host: str) -> None:
        # Given, because smtplib would ask the name server, and no deadline bounds that.
        super().__init__(local_hostname=_own_name())
        self._host = host  # STARTTLS checks the certificate against it
        self.sock = sock
        self.taken = ""
        try:
            self._be_greeted()
        except BaseException:
            self.close()
            raise

    def _be_greeted(self) -> None:
        code, words = self.getreply()
        if code != 220:
            raise smtplib.SMTPConnectError(code, words)

    def data(self, msg: Any) -> tuple[int, bytes]:
        code, words = super().data(msg)
        self.taken = f"{code} {_decoded(words)}"
        return code, words


@contextmanager
def conversation(ends: float) -> Iterator[Connection]:
    """The operator's mail server, greeted and logged in to, until `ends` (of `time.monotonic`).

    What fails in the block becomes a DestinationError too.
    """
    host = str(settings.EMAIL_HOST)
    sock = _connect(host, ends)
    try:
        with deadlines.cut(sock, ends), _log_in(sock, host) as connection:
            yield connection
    except (smtplib.SMTPException, OSError, UnicodeError) as error:
        is_late = time.monotonic() >= ends
        raise failures.timeout(host) if is_late else meaning(error, host) from None
    finally:
        sock.close()


def meaning(error: Exception, host: str) -> DestinationError:
    """Our sentence for an exception of smtplib, in the class of what it says."""
    if isinstance(error, smtplib.SMTPRecipientsRefused):
        code, words = min(error.recipients.values(), key=lambda answer: answer[0])
        return refusal(code, words, Rejected, "Check the addresses of the recipients.")
    if isinstance(error, smtplib.SMTPResponseException):
        return _response(error)
    if isinstance(error, ssl.SSLError):
        return _no_tls(error, host)
    if isinstance(error, UnicodeError):  # its own text quotes the password
        return NeedsAttention("EMAIL_URL holds characters that cannot be sent.", advice=_LOGIN)
    if isinstance(error, smtplib.SMTPServerDisconnected | ConnectionError | TimeoutError):
        sentence = f"The connection to {host} broke before the mail was taken."
        return Retryable(sentence, outcome=Outcome.NETWORK_ERROR, advice=_PASSING)
    if isinstance(error, smtplib.SMTPNotSupportedError) and "STARTTLS" in str(error):
        sentence = f"{host} offers no TLS, which EMAIL_URL asks for: nothing was sent."
        return NeedsAttention(sentence, advice=_OPERATOR)
    if isinstance(error, smtplib.SMTPException):
        sentence = f"{host} offers no login that can be used, and EMAIL_URL has a user name."
        return NeedsAttention(sentence, advice=_OPERATOR)
    sentence = f"The connection to {host} failed ({type(error).__name__})."
    return Retryable(sentence, outcome=Outcome.NETWORK_ERROR, advice=_PASSING)


def refusal(
    code: int, words: Any, lasting: type[DestinationError], advice: str
) -> DestinationError:
    """The error for a reply code; `lasting` and `advice` are for one that will not pass."""
    if not 400 <= code < 600:  # smtplib's -1 stands for an answer that has no code
        return MalformedAnswer("The mail server's answer was not SMTP.", advice=_PASSING)
    sentence = said(code, words)
    if code in LOGIN_CODES:
        return NeedsAttention(sentence, advice=_LOGIN)
    if code >= 500:
        return lasting(sentence, advice=advice)
    if _RATE.search(sentence):
        advice = "Nothing to do: deliveries are sent as soon as the mail server allows it."
        return RateLimited(sentence, retry_after=None, advice=advice)
    return Retryable(sentence, advice=_PASSING)


def said(code: int, words: Any) -> str:
    """`SMTP 550: 5.1.1 No such user`, without secrets and on one line."""
    detail = shorten(scrub(" ".join(_decoded(words).split()), secrets()), DETAIL_LIMIT)
    return f"SMTP {code}: {detail.rstrip('.')}" if detail else f"SMTP {code}"


def secrets() -> tuple[str, ...]:
    """The password in all spellings that an answer could quote."""
    user, password = str(settings.EMAIL_HOST_USER), str(settings.EMAIL_HOST_PASSWORD)
    if not password:
        return ()
    logins = (password, f"\0{user}\0{password}")  # of AUTH LOGIN and AUTH PLAIN
    return (password, *(base64.b64encode(login.encode()).decode() for login in logins))


def _connect(host: str, ends: float) -> socket.socket:
    address = (host, settings.EMAIL_PORT)
    try:
        sock = socket.create_connection(address, min(CONNECT_TIMEOUT, _left(ends)))
    except (OSError, UnicodeError) as error:
        raise _unreachable(error, host) from None
    sock.settimeout(_left(ends))
    return sock


def _left(ends: float) -> float:
    # Never 0, which would mean not to wait at all, and is another error.
    return max(0.01, ends - time.monotonic())


@contextmanager
def _log_in(sock: socket.socket, host: str) -> Iterator[Connection]:
    if settings.EMAIL_USE_SSL:
        sock = ssl.create_default_context().wrap_socket(sock, server_hostname=host)
    connection = Connection(sock, host)
    try:
        if settings.EMAIL_USE_TLS:
            connection.starttls(context=ssl.create_default_context())
        connection.ehlo_or_helo_if_needed()
        if settings.EMAIL_HOST_USER:
            connection.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        yield connection
        _say_goodbye(connection)
    finally:
        connection.close()


def _say_goodbye(connection: Connection) -> None:
    """However it goes: what was to be done is done."""
    with suppress(smtplib.SMTPException, OSError):
        if connection.sock:
            connection.sock.settimeout(GOODBYE_TIMEOUT)
            connection.quit()


def _response(error: smtplib.SMTPResponseException) -> DestinationError:
    code, words = error.smtp_code, error.smtp_error
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return refusal(code, words, NeedsAttention, _LOGIN)
    if isinstance(error, smtplib.SMTPSenderRefused) and code != TOO_LARGE:
        advice = "The mail server does not take this sender: the operator sets it in EMAIL_FROM."
        return refusal(code, words, NeedsAttention, advice)
    if isinstance(error, smtplib.SMTPSenderRefused | smtplib.SMTPDataError):
        return refusal(code, words, Rejected, "Ask who runs the mail server why it refuses this.")
    # Said before any mail was named: it refuses us, and would refuse all others too.
    return refusal(code, words, NeedsAttention, _OPERATOR)


def _no_tls(error: ssl.SSLError, host: str) -> Retryable:
    if isinstance(error, ssl.SSLCertVerificationError):
        sentence = f"No trusted connection to {host}: its certificate was not accepted."
    else:
        sentence = f"No trusted connection to {host}: it does not speak TLS there."
    return Retryable(
        sentence,
        outcome=Outcome.TLS_ERROR,
        advice="smtp+tls:// in EMAIL_URL is STARTTLS (port 587), smtp+ssl:// is TLS from the start"
        " (port 465); the certificate must be for the name in it.",
    )


def _unreachable(error: Exception, host: str) -> Retryable:
    what = "nobody answers there"
    if isinstance(error, socket.gaierror | UnicodeError):
        what = "its name was not found"
    elif isinstance(error, TimeoutError):
        what = "the connection timed out"
    return Retryable(
        f"The mail server {host} could not be reached: {what}.",
        outcome=Outcome.UNREACHABLE,
        advice=_OPERATOR,
    )


def _own_name() -> str:
    """How we call ourselves in EHLO: the host of PUBLIC_URL, an address in brackets."""
    host = urlsplit(settings.PUBLIC_URL).hostname or "localhost"
    try:
        address = ip_address(host)
    except ValueError:
        return host.encode("idna").decode()
    return f"[IPv6:{address}]" if address.version == 6 else f"[{address}]"


def _decoded(words: Any) -> str:
    return words.decode("utf-8", "replace") if isinstance(words, bytes) else str(words)
