"""Webhook: the signature, judged by the library that receivers use and by our own stand-in."""

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
import time_machine
from standardwebhooks import Webhook as Judge
from standardwebhooks import WebhookVerificationError

from destinations.connectors.webhook import Webhook
from destinations.errors import NeedsAttention, Retryable
from destinations.vendors.webhook import signatures
from sandbox import receiver as stand_in
from sandbox.receiver import Delivery, Receiver
from tests.destinations.test_webhook import ENDED, MESSAGE, webhook

SECRET = Webhook.EXAMPLE["signing_secret"]
OTHER = Webhook.EXAMPLE["previous_signing_secret"]


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as running:
        yield running


def sent(receiver: Receiver, **secrets: str) -> Delivery:
    webhook(receiver, **({"signing_secret": SECRET} | secrets)).create(MESSAGE)
    return receiver.deliveries[-1]


def is_believed(delivery: Delivery, secret: str, body: bytes | None = None) -> bool:
    """By the judge. Our stand-in must say the same."""
    body = delivery.body if body is None else body
    try:
        Judge(secret).verify(body, delivery.headers)
        verdict = True
    except WebhookVerificationError:
        verdict = False
    assert verdict == (stand_in.problem(delivery.headers, body, secret) == "")
    return verdict


def test_it_is_believed_with_the_right_secret_only(receiver: Receiver) -> None:
    delivery = sent(receiver)
    assert is_believed(delivery, SECRET)
    assert not is_believed(delivery, OTHER)
    assert Judge(SECRET).verify(delivery.body, delivery.headers) == delivery.payload


@pytest.mark.parametrize("length", [24, 32, 64])
@pytest.mark.parametrize("padding", ["=", ""])
def test_secrets_of_every_length_sign(receiver: Receiver, length: int, padding: str) -> None:
    secret = "whsec_" + base64.b64encode(bytes(range(length))).decode().rstrip("=")
    secret += padding * (-len(secret.removeprefix("whsec_")) % 4)
    delivery = sent(receiver, signing_secret=secret)
    Judge(secret).verify(delivery.body, delivery.headers)


def test_a_body_that_was_touched_is_not_believed(receiver: Receiver) -> None:
    delivery = sent(receiver)
    assert not is_believed(delivery, SECRET, delivery.body.replace(b"critical", b"warning"))
    assert not is_believed(delivery, SECRET, json.dumps(delivery.payload).encode())


@pytest.mark.parametrize("header", ["webhook-id", "webhook-timestamp"])
def test_id_and_time_are_signed_as_well(receiver: Receiver, header: str) -> None:
    delivery = sent(receiver)
    delivery.headers[header] += "1" if header == "webhook-id" else ""
    if header == "webhook-timestamp":
        delivery.headers[header] = str(int(delivery.headers[header]) + 1)
    assert not is_believed(delivery, SECRET)


def test_an_old_message_is_not_believed(receiver: Receiver) -> None:
    with time_machine.travel(datetime(2026, 11, 23, 8, 0, tzinfo=UTC), tick=False) as clock:
        delivery = sent(receiver)
        assert is_believed(delivery, SECRET)
        clock.shift(299)
        assert is_believed(delivery, SECRET)
        clock.shift(2)
        assert not is_believed(delivery, SECRET)


def test_a_retry_keeps_its_id_and_is_signed_afresh(receiver: Receiver) -> None:
    receiver.answer(503, times=1)
    with time_machine.travel(datetime(2026, 11, 23, 8, 0, tzinfo=UTC), tick=False) as clock:
        with pytest.raises(Retryable):
            sent(receiver)
        clock.shift(3600)
        sent(receiver)
        first, second = receiver.deliveries
        assert is_believed(second, SECRET)
        assert not is_believed(first, SECRET)
    assert first.id == second.id == MESSAGE.idempotency_key
    assert first.body == second.body
    moments = [int(one.headers["webhook-timestamp"]) for one in (first, second)]
    assert moments[1] - moments[0] == 3600
    assert first.headers["webhook-signature"] != second.headers["webhook-signature"]


def test_the_end_has_an_id_of_its_own(receiver: Receiver) -> None:
    sent(receiver)
    webhook(receiver, signing_secret=SECRET).close(ENDED)
    opened, ended = receiver.deliveries
    assert opened.id != ended.id
    assert is_believed(ended, SECRET)


def test_during_a_change_of_secrets_either_is_enough(receiver: Receiver) -> None:
    delivery = sent(receiver, signing_secret=OTHER, previous_signing_secret=SECRET)
    assert is_believed(delivery, SECRET)
    assert is_believed(delivery, OTHER)
    assert len(delivery.headers["webhook-signature"].split(" ")) == 2
    after = sent(receiver, signing_secret=OTHER)
    assert not is_believed(after, SECRET)
    assert is_believed(after, OTHER)


def test_without_a_secret_the_id_goes_along_unsigned(receiver: Receiver) -> None:
    delivery = sent(receiver, signing_secret="")
    assert delivery.id == MESSAGE.idempotency_key
    assert "webhook-signature" not in delivery.headers
    assert not is_believed(delivery, SECRET)


def test_the_stand_in_turns_strangers_away() -> None:
    with Receiver(SECRET) as strict, pytest.raises(NeedsAttention, match=r"^HTTP 401"):
        webhook(strict, signing_secret=OTHER).create(MESSAGE)
    assert strict.deliveries[0].problem == "no signature is right"


def test_the_scheme_is_that_of_the_specification() -> None:
    """The example that its libraries are tested with, in all languages."""
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    body = b'{"test": 2432232314}'
    with time_machine.travel(1614265330, tick=False):
        headers = signatures.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", body, [secret])
    assert headers["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
