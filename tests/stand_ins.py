"""A stand-in for every kind of destination, all running, and what a destination there is."""

import base64
import contextlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from pytest_django.fixtures import Settings

from destinations.models import Destination
from sandbox import alert_events, keys, pagerduty, slack
from sandbox.mail import MailServer
from sandbox.pagerduty import PagerDuty
from sandbox.receiver import Receiver
from sandbox.reference_data import first_status
from sandbox.server import Sandbox
from sandbox.slack import Slack

SIGNING_SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
RECIPIENT = "team@example.com"
HOME = "127.0.0.0/8"
# Where a destination is, by its name: kind, config, secrets.
Place = tuple[str, dict[str, Any], dict[str, str]]


@dataclass
class StandIns:
    """Slack has two: one for the bot, and one for the webhook."""

    incident_io: Sandbox
    bot: Slack
    hook: Slack
    pagerduty: PagerDuty
    receiver: Receiver
    teams: Receiver
    mail: MailServer

    @property
    def addresses(self) -> dict[str, str]:
        """What the operator sets, but for the mail server."""
        return {
            "INCIDENT_IO_API_URL": self.incident_io.url,
            "SLACK_API_URL": self.bot.api_url,
            "PAGERDUTY_EVENTS_URL": self.pagerduty.url,
        }

    @property
    def places(self) -> dict[str, Place]:
        hook, teams = self.receiver.url, self.teams.url
        closed = first_status("closed")["id"]
        signed = {"url": hook, "signing_secret": SIGNING_SECRET}
        bot = {"bot_token": slack.BOT}
        return {
            "incident.io": ("incident_io", {"closed_status_id": closed}, {"api_key": keys.FULL}),
            "Source": (
                "incident_io_alerts",
                {"source_id": alert_events.SOURCE},
                {"token": alert_events.TOKEN},
            ),
            "Slack bot": ("slack", {"channel": f"#{slack.NAME}"}, bot),
            "Slack webhook": ("slack", {}, {"webhook_url": self.hook.webhook_url}),
            "PagerDuty": ("pagerduty", {"region": "us"}, {"routing_key": pagerduty.KEY}),
            "Webhook": ("webhook", {}, signed),
            "Teams": ("teams", {}, {"webhook_url": teams}),
            "Mail": ("email", {"recipients": [RECIPIENT]}, {}),
        }

    def point(self, settings: Settings) -> None:
        """Makes this process speak to the stand-ins."""
        for name, address in self.addresses.items():
            setattr(settings, name, address)
        settings.EMAIL_HOST, settings.EMAIL_PORT = self.mail.host, self.mail.port

    def destination(self, name: str) -> Destination:
        """A saved destination there, without a rule."""
        kind, config, secrets = self.places[name]
        destination = Destination(kind=kind, name=name, config=config)
        for field, secret in secrets.items():
            destination.set_secret(field, secret)
        destination.save()
        return destination

    def asked(self) -> int:
        """How many requests and mails have reached any of them."""
        journal = len(self.incident_io.journal.entries())
        slack = len(self.bot.asked) + len(self.hook.asked)
        posted = len(self.receiver.deliveries) + len(self.teams.deliveries)
        return journal + slack + posted + self.pagerduty.asked + self.mail.connections


NAMES = (
    *("incident.io", "Source", "Slack bot", "Slack webhook"),
    *("PagerDuty", "Webhook", "Teams", "Mail"),
)


@contextlib.contextmanager
def running() -> Iterator[StandIns]:
    with contextlib.ExitStack() as stack:
        there = StandIns(
            incident_io=stack.enter_context(Sandbox()),
            bot=stack.enter_context(Slack()),
            hook=stack.enter_context(Slack()),
            pagerduty=stack.enter_context(PagerDuty()),
            receiver=stack.enter_context(Receiver(SIGNING_SECRET)),
            teams=stack.enter_context(Receiver()),
            mail=stack.enter_context(MailServer()),
        )
        there.teams.answer(202)
        yield there
