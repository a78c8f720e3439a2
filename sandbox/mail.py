"""A mail server that keeps what it is given: aiosmtpd, with refusals and waits on request.

with MailServer() as server:
    server.answer("bob@example.com", "550 5.1.1 No such user")
    ...  # let the code under test send to server.url
    assert server.letters[0].recipients == ("ada@example.com",)
"""

import asyncio
import logging
import ssl
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from types import TracebackType
from typing import Any, Self

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

FOR_EVER = -1
# aiosmtpd tells of every command, and warns of its own ways.
logging.getLogger("mail.log").setLevel(logging.ERROR)


@dataclass(frozen=True)
class Letter:
    """One mail, as it was taken: envelope, bytes, and how the client had come in."""

    sender: str
    recipients: tuple[str, ...]
    content: bytes
    client: str
    user: str
    is_secure: bool

    @property
    def message(self) -> EmailMessage:
        parsed = message_from_bytes(self.content, policy=policy.default)
        assert isinstance(parsed, EmailMessage)  # noqa: S101
        return parsed

    def part(self, kind: str) -> str:
        """The text of the part of this kind, `plain` or `html`."""
        body = self.message.get_body((kind,))
        return str(body.get_content()).replace("\r\n", "\n") if body else ""


@dataclass
class Answers:
    """What is answered in place of 250, by step ("MAIL", "DATA") or address."""

    replies: dict[str, tuple[str, int]] = field(default_factory=dict)

    def take(self, step: str) -> str:
        reply, times = self.replies.get(step, ("", 0))
        if times == 1:
            del self.replies[step]
        elif times > 1:
            self.replies[step] = (reply, times - 1)
        return reply


class Handler:
    """aiosmtpd calls its methods by their names."""

    def __init__(self, user: str, password: str) -> None:
        self.user = user
        self.password = password
        self.letters: list[Letter] = []
        self.answers = Answers()
        self.delay = 0.0
        self.connections = 0

    def log_in(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        if isinstance(data, LoginPassword):
            given = (data.login.decode(), data.password.decode())
            if given == (self.user, self.password):
                return AuthResult(success=True, auth_data=self.user)
        return AuthResult(success=False, handled=False)

    async def handle_EHLO(  # noqa: N802
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        session.host_name = hostname
        self.connections += 1
        return responses

    async def handle_MAIL(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if self.user and not session.authenticated:
            return "530 5.7.0 Authentication required"
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.take("MAIL") or "250 2.1.0 Ok"

    async def handle_RCPT(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if refusal := self.answers.take(address):
            return refusal
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 Ok"

    async def handle_DATA(  # noqa: N802
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        await asyncio.sleep(self.delay)
        if refusal := self.answers.take("DATA"):
            return refusal
        content = envelope.original_content or b""
        letter = Letter(
            sender=str(envelope.mail_from),
            recipients=tuple(map(str, envelope.rcpt_tos)),
            content=content,
            client=str(session.host_name),
            user=str(session.auth_data or ""),
            is_secure=_is_secure(server),
        )
        self.letters.append(letter)
        return f"250 2.0.0 Ok: queued as {len(self.letters)}"


def _is_secure(server: SMTP) -> bool:
    transport = server.transport
    return transport is not None and transport.get_extra_info("ssl_object") is not None


class _Controller(Controller):
    def _trigger_server(self) -> None:
        if self.server:  # with port 0 only now it is known where it listens
            self.port = self.server.sockets[0].getsockname()[1]  # type: ignore[attr-defined]
        super()._trigger_server()  # type: ignore[no-untyped-call]


class MailServer:
    """A running mail server. With a `user`, it takes mail after a login only; `tls` is offered by
    STARTTLS, `tls_at_once` spoken from the start."""

    def __init__(
        self,
        host: str = "127.0.0.1",
        port: int = 0,
        *,
        user: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        tls_at_once: ssl.SSLContext | None = None,
    ) -> None:
        self._handler = Handler(user, password)
        options = {"authenticator": self._handler.log_in, "auth_require_tls": False}
        self._controller = _Controller(
            self._handler,
            hostname=host,
            port=port,
            ssl_context=tls_at_once,
            tls_context=tls,
            # Looking up the host's own full name can take seconds.
            server_hostname="sandbox.example",
            **(options if user else {"auth_exclude_mechanism": ["LOGIN", "PLAIN"]}),
        )
        self.host = host
        self.letters = self._handler.letters

    @property
    def port(self) -> int:
        return int(self._controller.port)

    @property
    def url(self) -> str:
        """As EMAIL_URL has it, for a server without a login."""
        return f"smtp://{self.host}:{self.port}"

    @property
    def connections(self) -> int:
        """How often somebody said hello."""
        return self._handler.connections

    def answer(self, step: str, reply: str, times: int = FOR_EVER) -> None:
        """Answers `reply` to "MAIL", to "DATA", or for an address."""
        self._handler.answers.replies[step] = (reply, times)

    def wait(self, seconds: float) -> None:
        """Takes so long to take a mail."""
        self._handler.delay = seconds

    def start(self) -> None:
        self._controller.start()

    def stop(self) -> None:
        self._controller.stop()

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()
