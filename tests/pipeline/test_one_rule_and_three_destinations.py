"""One rule for incident.io, a webhook and mail: three deliveries, each with a fate of its own."""

import base64
from collections.abc import Iterator
from typing import Any

import pytest

from sandbox.mail import MailServer
from sandbox.receiver import Receiver
from sandbox.server import Sandbox
from tests.pipeline.system import System, event, wait_for

SECRET = f"whsec_{base64.b64encode(bytes(32)).decode()}"
SETUP = """
import os
from alerts.models import Rule
from destinations.models import Destination
webhook = Destination(kind="webhook", name="Webhook")
webhook.set_secret("url", os.environ["RECEIVER"])
webhook.set_secret("signing_secret", os.environ["SIGNING_SECRET"])
webhook.save()
mail = Destination(kind="email", name="Mail", config={"recipients": ["team@example.com"]})
mail.save()
Rule.objects.get().destinations.add(webhook, mail)
"""


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as receiver:
        yield receiver


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with MailServer() as server:
        yield server


@pytest.fixture
def system(
    database_url: str, sandbox: Sandbox, receiver: Receiver, mailbox: MailServer
) -> Iterator[System]:
    system = System(
        database_url,
        sandbox,
        EMAIL_URL=mailbox.url,
        OUTBOUND_ALLOW_CIDRS="127.0.0.0/8",
        RECEIVER=receiver.url,
        SIGNING_SECRET=SECRET,
    )
    try:
        system.manage("shell", "-v0", "-c", SETUP)
        system.start_web()
        system.start_worker()
        yield system
    finally:
        system.stop()


def legs(system: System, alert: str, action: str) -> dict[str, Any]:
    """The alert's deliveries of this action, by the name of their destination."""
    found = [d for d in system.get(f"/alerts/{alert}/deliveries") if d["action"] == action]
    return {str(d["destination_name"]): d for d in found}


def states(system: System, alert: str, action: str) -> dict[str, str]:
    return {name: d["state"] for name, d in legs(system, alert, action).items()}


def tried(system: System, alert: str) -> dict[str, int]:
    found = legs(system, alert, "create").items()
    return {name: len(d["attempts"]) for name, d in found if d["attempts"]}


def test_each_hears_of_the_beginning_and_of_the_end_once(
    system: System, receiver: Receiver, mailbox: MailServer
) -> None:
    everywhere = dict.fromkeys(("incident.io", "Webhook", "Mail"), "delivered")
    alert = system.trigger("orders")
    wait_for(lambda: states(system, alert, "create") == everywhere)
    system.post("/events", event("orders", status="resolved"))
    wait_for(lambda: states(system, alert, "close") == everywhere)
    assert len({d["idempotency_key"] for d in legs(system, alert, "create").values()}) == 3
    assert [d.payload["event_type"] for d in receiver.deliveries] == [
        "alert.triggered",
        "alert.resolved",
    ]
    assert all(delivery.is_authentic for delivery in receiver.deliveries)
    first, second = (letter.message for letter in mailbox.letters)
    assert second["In-Reply-To"] == first["Message-ID"]
    [incident] = system.sandbox.workspace.incidents()
    assert not incident.is_open


def test_one_that_fails_holds_up_none_of_the_others(
    system: System, receiver: Receiver, mailbox: MailServer
) -> None:
    receiver.answer(503)
    mailbox.answer("team@example.com", "550 5.1.1 No such user")
    alert = system.trigger("orders")
    wait_for(lambda: tried(system, alert) == {"incident.io": 1, "Webhook": 1, "Mail": 1})
    found = legs(system, alert, "create")
    states_now = {name: delivery["state"] for name, delivery in found.items()}
    assert states_now == {"incident.io": "delivered", "Webhook": "pending", "Mail": "failed"}
    assert found["Webhook"]["attempts"][0]["status_code"] == 503
    assert "550" in found["Mail"]["reason"]
    receiver.answer(204)
    wait_for(lambda: states(system, alert, "create")["Webhook"] == "delivered")
    assert len({delivery.id for delivery in receiver.deliveries}) == 1
