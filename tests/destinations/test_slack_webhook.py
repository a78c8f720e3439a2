"""Slack by incoming webhook, against the stand-in over real HTTP."""

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.slack import Slack as Connector
from destinations.errors import (
    DestinationError,
    MalformedAnswer,
    NeedsAttention,
    RateLimited,
    Rejected,
    Retryable,
)
from destinations.http import Door
from sandbox.slack import HOOK, Slack
from tests.destinations.slacking import DIGEST, ENDED, MESSAGE, webhook


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as running:
        yield running


def refused(slack: Slack) -> DestinationError:
    with pytest.raises(DestinationError) as caught:
        webhook(slack.webhook_url).create(MESSAGE)
    return caught.value


def test_an_alert_is_posted(slack: Slack) -> None:
    receipt = webhook(slack.webhook_url).create(MESSAGE)
    assert receipt.external_id == MESSAGE.idempotency_key
    [posted] = slack.messages
    assert posted.body["text"] == "[AnomalyArmor] Column removed from orders"
    assert posted.body["unfurl_links"] is False
    assert {"channel", "client_msg_id", "link_names"}.isdisjoint(posted.body)


def test_its_end_is_a_green_message_that_names_it_and_says_who_and_when(slack: Slack) -> None:
    closed = webhook(slack.webhook_url).close(replace(ENDED, external_id="anomalyarmor-1-2-3"))
    [posted] = slack.messages
    text = json.dumps(posted.body, ensure_ascii=False)
    for said in (
        "Resolved: Column removed from orders",
        "Resolved by ada: reran the job.",
        "Opened: 2026-11-23 08:00:00 UTC",
        "Ended: 2026-11-23 09:30:00 UTC",
        "https://armor.example/alerts/1/",
    ):
        assert said in text
    assert posted.body["attachments"][0]["color"] == "#1f9d55"
    assert closed.external_id == "anomalyarmor-1-2-3"


def test_the_end_of_what_a_bot_posted_is_a_new_message(slack: Slack) -> None:
    webhook(slack.webhook_url).close(replace(ENDED, external_id="C0123456789:1764000000.000001"))
    assert slack.methods() == ["webhook"]


def test_a_test_is_plainly_one(slack: Slack) -> None:
    receipt = webhook(slack.webhook_url).test(MESSAGE)
    assert slack.messages[0].body["text"].startswith("Test: ")
    assert receipt.note == "Look into the channel of the webhook in Slack."


def test_a_digest_is_posted(slack: Slack) -> None:
    assert webhook(slack.webhook_url).digest(DIGEST).external_id == DIGEST.idempotency_key
    assert slack.messages[0].body["text"].startswith("[AnomalyArmor] Digest: 3 opened")


@pytest.mark.parametrize(
    ("error", "status", "kind", "advice"),
    [
        ("invalid_payload", 400, Rejected, "report it"),
        ("invalid_blocks", 400, Rejected, "report it"),
        ("no_text", 400, Rejected, "report it"),
        ("user_not_found", 400, NeedsAttention, "Add a new webhook"),
        ("action_prohibited", 403, NeedsAttention, "administrator"),
        ("posting_to_general_channel_denied", 403, NeedsAttention, "administrator"),
        ("invalid_token", 403, NeedsAttention, "Add a new one"),
        ("team_disabled", 403, NeedsAttention, "workspace is closed"),
        ("channel_not_found", 404, NeedsAttention, "channel"),
        ("no_service", 404, NeedsAttention, "Add a new one"),
        ("no_active_hooks", 404, NeedsAttention, "Add a new one"),
        ("channel_is_archived", 410, NeedsAttention, "Unarchive"),
        ("rollup_error", 500, Retryable, "tried again"),
        ("rate_limited", 429, RateLimited, "as soon as"),
    ],
)
def test_every_refusal_has_its_class_and_its_advice(
    slack: Slack, error: str, status: int, kind: type[DestinationError], advice: str
) -> None:
    slack.fail(error)
    caught = refused(slack)
    assert type(caught) is kind
    assert str(caught).startswith(f"HTTP {status}: ")
    assert f"({error})" in str(caught)
    assert advice in caught.advice
    assert caught.status_code == status


def test_a_refusal_says_how_long_to_wait(slack: Slack) -> None:
    slack.fail("rate_limited", Retry_After="7")
    caught = refused(slack)
    assert isinstance(caught, RateLimited)
    assert caught.retry_after == 7


@pytest.mark.parametrize("status", [404, 410])
def test_an_address_that_knows_nothing_is_for_a_person_to_mend(slack: Slack, status: int) -> None:
    slack.fail("<html>Nothing here, and <b>much</b> of it</html>", status=status)
    caught = refused(slack)
    assert type(caught) is NeedsAttention
    assert "html" not in str(caught)
    assert "enter its URL here" in caught.advice


@pytest.mark.parametrize("said", ["", "no", '{"ok": true}', "okay", "invalid_payload", "<p>ok</p>"])
def test_only_ok_is_a_success(slack: Slack, said: str) -> None:
    slack.fail(said, status=200)
    caught = refused(slack)
    assert isinstance(caught, MalformedAnswer)
    assert "Check the URL" in caught.advice


def test_the_history_keeps_the_message_and_not_the_address(slack: Slack) -> None:
    connector = webhook(slack.webhook_url)
    connector.create(MESSAGE)
    [exchange] = connector.door.exchanges
    assert exchange.url == f"http://127.0.0.1:{slack.port}/[secret]"
    assert exchange.body == slack.messages[0].body
    assert HOOK not in json.dumps(exchange.to_json())


def test_a_check_looks_the_name_up_and_asks_nobody(slack: Slack) -> None:
    assert webhook(slack.webhook_url).check().field_errors == {}
    assert slack.asked == []


@pytest.mark.parametrize("url", ["https://127.0.0.1/services/x", "https://169.254.169.254/x"])
def test_a_check_marks_an_address_that_must_not_be_reached(url: str, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = []
    found = webhook(url).check().field_errors
    assert list(found) == ["webhook_url"]
    assert found["webhook_url"].startswith("Nothing was sent: ")


def test_what_must_not_be_reached_is_not_reached(slack: Slack, settings: Settings) -> None:
    settings.OUTBOUND_ALLOW_CIDRS = []
    with pytest.raises(NeedsAttention, match="Nothing was sent"):
        webhook(slack.webhook_url.replace("http:", "https:")).create(MESSAGE)
    assert slack.asked == []


@pytest.mark.parametrize("verb", ["check", "create", "close", "test"])
def test_without_token_and_url_nothing_is_sent(verb: str) -> None:
    door = Door()
    connector = Connector({"channel": "#data-alerts"}, {}, door)
    with pytest.raises(NeedsAttention, match=r"^No webhook URL and no bot token configured$"):
        connector.check() if verb == "check" else getattr(connector, verb)(ENDED)
    assert door.exchanges == []
