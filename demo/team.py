"""Who is told beside incident.io: a webhook receiver that checks signatures, and a mailbox."""

import base64
import secrets
import time
from collections.abc import Callable

from demo.incident_io import POLL, WAIT
from sandbox.mail import MailServer
from sandbox.receiver import Delivery, Receiver

RECIPIENT = "data-team@example.com"
PRODUCT = "[AnomalyArmor]"


def new_signing_secret() -> str:
    """A secret of Standard Webhooks."""
    return f"whsec_{base64.b64encode(secrets.token_bytes(32)).decode()}"


class Team:
    """What the receiver and the mailbox got of the alerts, tests left out."""

    def __init__(self, receiver: Receiver, mailbox: MailServer) -> None:
        self.receiver = receiver
        self.mailbox = mailbox

    def wait_until_told(self, title: str, event: str) -> None:
        """Until both have heard of this alert: `event` is `triggered`, `resolved`, `dismissed`."""
        _wait(lambda: bool(self._posted(title, event)), f"The webhook heard of no {event} {title}.")
        _wait(lambda: bool(self._mailed(title, event)), f"No mail told of {event} {title}.")

    def surprises(self) -> list[str]:
        """What was told more than once, or not as it should be."""
        deliveries = [
            d for d in self.receiver.deliveries if d.payload["event_type"] != "alert.test"
        ]
        letters = [letter.message["Message-ID"] for letter in self.mailbox.letters]
        told = [f"A webhook was not signed well: {d.problem}" for d in deliveries if d.problem]
        if len({delivery.id for delivery in deliveries}) != len(deliveries):
            told.append("The webhook was told something twice.")
        if len(set(letters)) != len(letters):
            told.append("A mail was sent twice.")
        return told

    def _posted(self, title: str, event: str) -> list[Delivery]:
        wanted = (f"alert.{event}", title)
        return [
            delivery
            for delivery in self.receiver.deliveries
            if (delivery.payload["event_type"], delivery.payload["alert"]["title"]) == wanted
        ]

    def _mailed(self, title: str, event: str) -> list[str]:
        subject = f"{PRODUCT} {title}" if event == "triggered" else f"Re: {PRODUCT} {title}"
        found = [str(letter.message["Subject"]) for letter in self.mailbox.letters]
        return [text for text in found if text == subject]


def _wait(is_so: Callable[[], bool], otherwise: str) -> None:
    ends = time.monotonic() + WAIT
    while not is_so():
        if time.monotonic() > ends:
            raise LookupError(otherwise)
        time.sleep(POLL)
