"""Webhook: what is posted, and what becomes of every answer."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from destinations.connectors.webhook import Webhook
from destinations.errors import (
    DestinationError,
    Disabled,
    NeedsAttention,
    Outcome,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.http import Door
from sandbox.receiver import Receiver
from tests.destinations import example

SECRET = Webhook.EXAMPLE["signing_secret"]
MESSAGE = replace(
    example.MESSAGE,
    alert_id="0d6c9a6e-2a3e-4d39-9a6c-9f0f0a3b1c2d",
    data_source="prod-postgres",
    changes=("Column customer_email was removed (breaking)",),
)
ENDED = replace(
    MESSAGE,
    idempotency_key="anomalyarmor-1-2-3-close",
    external_id="anomalyarmor-1-2-3",
    ended="resolved",
    ended_at=datetime(2026, 11, 23, 9, 30, tzinfo=UTC),
    ended_by="ada",
    ended_note="reran the job",
)


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver(SECRET) as running:
        yield running


def webhook(receiver: Receiver, seconds: float = 5, **secrets: str) -> Webhook:
    opened = {"url": receiver.url, "signing_secret": receiver.secret} | secrets
    return Webhook({}, opened, Door(opened.values(), seconds))


def refused(receiver: Receiver, status: int, **headers: str) -> DestinationError:
    receiver.answer(status, **headers)
    with pytest.raises(DestinationError) as caught:
        webhook(receiver).create(MESSAGE)
    return caught.value


def test_a_triggered_alert_is_posted_with_all_that_may_be_said(receiver: Receiver) -> None:
    receipt = webhook(receiver).create(MESSAGE)
    assert receipt.external_id == "anomalyarmor-1-2-3"
    [delivery] = receiver.deliveries
    assert delivery.method == "POST"
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.payload == {
        "event_type": "alert.triggered",
        "timestamp": "2026-11-23T08:00:00.000Z",
        "alert": {
            "id": "0d6c9a6e-2a3e-4d39-9a6c-9f0f0a3b1c2d",
            "title": "Column removed from orders",
            "description": "Column customer_email was removed.",
            "event_type": "schema_change",
            "severity": "critical",
            "state": "triggered",
            "data_source": "prod-postgres",
            "asset": "shop.public.orders",
            "asset_id": "a-17",
            "changes": ["Column customer_email was removed (breaking)"],
            "rule": "Orders",
            "occurred_at": "2026-11-23T08:00:00.000Z",
            "ended_at": None,
            "ended_by": "",
            "reason": "",
            "url": "https://armor.example/alerts/1/",
        },
    }


@pytest.mark.parametrize("how", ["resolved", "dismissed"])
def test_an_end_is_an_event_of_its_own_about_the_same_alert(receiver: Receiver, how: str) -> None:
    webhook(receiver).create(MESSAGE)
    receipt = webhook(receiver).close(replace(ENDED, ended=how))
    opened, ended = receiver.deliveries
    assert (ended.id, receipt.external_id) == (ENDED.idempotency_key, ENDED.idempotency_key)
    assert ended.id != opened.id
    assert ended.payload["event_type"] == f"alert.{how}"
    assert ended.payload["timestamp"] == "2026-11-23T09:30:00.000Z"
    changed = {"state", "ended_at", "ended_by", "reason"}
    before, after = opened.payload["alert"], ended.payload["alert"]
    assert {name for name in after if after[name] != before[name]} == changed
    assert [after[name] for name in ("state", "ended_by", "reason")] == [
        how,
        "ada",
        "reran the job",
    ]


def test_a_test_is_plainly_one_and_says_what_came_back(receiver: Receiver) -> None:
    receiver.answer(200, seconds=0.05)
    receipt = webhook(receiver).test(MESSAGE)
    assert receiver.deliveries[0].payload["event_type"] == "alert.test"
    start, _, milliseconds = receipt.note.partition("Response time: ")
    assert start == "Status: 200 OK. "
    assert milliseconds.endswith(" ms.")
    assert int(milliseconds.removesuffix(" ms.")) >= 50


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_any_2xx_is_a_success_whatever_it_says(receiver: Receiver, status: int) -> None:
    receiver.answer(status)
    assert webhook(receiver).create(MESSAGE).external_id == MESSAGE.idempotency_key
    assert webhook(receiver).test(MESSAGE).note.startswith(f"Status: {status}")


def test_410_means_never_again(receiver: Receiver) -> None:
    error = refused(receiver, 410)
    assert type(error) is Disabled
    assert str(error) == "HTTP 410: Gone"
    assert error.status_code == 410
    assert "Enter another URL" in error.advice


@pytest.mark.parametrize(
    ("status", "kind", "advice"),
    [
        (400, Rejected, ""),
        (401, NeedsAttention, "signing secret"),
        (403, NeedsAttention, "bearer token"),
        (404, Rejected, "Check the URL"),
        (408, Retryable, ""),
        (422, Rejected, ""),
        (500, Retryable, ""),
        (503, Retryable, ""),
    ],
)
def test_every_refusal_has_its_class(
    receiver: Receiver, status: int, kind: type[DestinationError], advice: str
) -> None:
    error = refused(receiver, status)
    assert type(error) is kind
    assert advice in error.advice


def test_a_receiver_that_asks_to_wait_is_waited_for(receiver: Receiver) -> None:
    error = refused(receiver, 429, retry_after="7")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 7


def test_a_redirect_takes_nothing_elsewhere(receiver: Receiver) -> None:
    with Receiver() as elsewhere:
        error = refused(receiver, 307, location=elsewhere.url)
        assert elsewhere.deliveries == []
    assert type(error) is Rejected
    assert "redirects are not followed" in str(error)


def test_a_slow_receiver_is_a_timeout(receiver: Receiver) -> None:
    receiver.answer(200, seconds=3)
    with pytest.raises(Retryable) as caught:
        webhook(receiver, seconds=0.3).create(MESSAGE)
    assert caught.value.outcome == Outcome.TIMEOUT


def test_the_token_and_the_headers_go_along(receiver: Receiver) -> None:
    lines = "X-API-Key: 5f1c-9e0a\nX-Team:  data platform"
    webhook(receiver, bearer_token="t0ken-t0ken", headers=lines).create(MESSAGE)
    headers = receiver.deliveries[0].headers
    assert headers["authorization"] == "Bearer t0ken-t0ken"
    assert (headers["x-api-key"], headers["x-team"]) == ("5f1c-9e0a", "data platform")
    assert headers["host"] == f"127.0.0.1:{receiver.port}"


def test_the_history_keeps_the_body_and_no_secret(receiver: Receiver) -> None:
    secrets = {"bearer_token": "t0ken-t0ken", "headers": "X-API-Key: 5f1c-9e0a"}
    connector = webhook(receiver, **secrets)
    connector.create(MESSAGE)
    [exchange] = connector.door.exchanges
    assert exchange.url == f"http://127.0.0.1:{receiver.port}/[secret]"
    assert exchange.body == receiver.deliveries[0].payload
    stored = json.dumps(exchange.to_json())
    assert not [s for s in (*secrets.values(), SECRET, "/hooks/", "5f1c-9e0a") if s in stored]


def test_hostile_text_stays_inside_the_json(receiver: Receiver) -> None:
    hostile = '"},"event_type":"alert.resolved","x":{"y":"\r\nX-Evil: 1\r\n\r\n\u2028é💥<!channel>'
    webhook(receiver).create(replace(MESSAGE, title=hostile, changes=(hostile,)))
    [delivery] = receiver.deliveries
    assert delivery.is_authentic
    assert delivery.payload["event_type"] == "alert.triggered"
    assert delivery.payload["alert"]["title"] == hostile
    assert delivery.payload["alert"]["changes"] == [hostile]
    assert "x-evil" not in delivery.headers


def test_a_body_has_a_size_that_receivers_take(receiver: Receiver) -> None:
    many = tuple(f"Column number_{n} " + "x" * 500 for n in range(300))
    webhook(receiver).create(replace(MESSAGE, description="d" * 20_000, changes=many))
    [delivery] = receiver.deliveries
    changes = delivery.payload["alert"]["changes"]
    assert changes[-1] == "and 250 more changes"
    assert len(changes) == 51
    assert len(delivery.body) < 20_000


@pytest.mark.parametrize("verb", ["create", "close", "test"])
def test_without_a_url_nothing_is_sent(verb: str) -> None:
    door = Door()
    with pytest.raises(NeedsAttention, match=r"^No URL configured$") as caught:
        getattr(Webhook({}, {}, door), verb)(MESSAGE)
    assert caught.value.advice == "Enter the URL and save."
    assert door.exchanges == []
