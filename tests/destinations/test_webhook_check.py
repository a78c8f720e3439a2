"""Webhook: a check asks for the name, and in record-only mode not even for that."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.webhook import Webhook
from destinations.errors import Recorded, Retryable
from destinations.http import Door
from sandbox.receiver import Receiver
from tests.destinations.test_webhook import ENDED, MESSAGE, SECRET, webhook


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as running:
        yield running


def test_a_check_looks_the_name_up_and_asks_nobody(receiver: Receiver) -> None:
    connector = webhook(receiver)
    assert connector.check().field_errors == {}
    assert receiver.connections == []


def test_a_check_marks_an_address_that_must_not_be_reached(
    receiver: Receiver, settings: Settings
) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = []
    sentence = webhook(receiver, url="https://127.0.0.1/hook").check().field_errors["url"]
    assert sentence.startswith("Nothing was sent: 127.0.0.1 is at 127.0.0.1, an address that must")
    assert "OUTBOUND_ALLOW_CIDRS" in sentence


def test_an_unknown_name_may_be_known_tomorrow(receiver: Receiver) -> None:
    with pytest.raises(Retryable, match="its name was not found"):
        webhook(receiver, url="https://nobody.invalid/hook").check()


@pytest.mark.parametrize("verb", ["check", "create", "close", "test"])
def test_record_only_asks_not_even_for_the_name(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    monkeypatch.setattr("socket.getaddrinfo", lambda *question, **_: asked.append(question))
    door = Door(is_recording=True)
    connector = Webhook({}, {"url": "https://hooks.example.com/x", "signing_secret": SECRET}, door)
    if verb == "check":
        assert connector.check().field_errors == {}
    else:
        with pytest.raises(Recorded):
            getattr(connector, verb)(replace(ENDED, external_id=""))
        assert door.exchanges[0].body["alert"]["title"] == MESSAGE.title
    assert asked == []
