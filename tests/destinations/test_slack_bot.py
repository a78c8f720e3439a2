"""Slack by bot, at the stand-in over real HTTP: what is posted, changed and said in threads."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
from pytest_django.fixtures import Settings

from destinations.connectors.slack import Slack as Connector
from destinations.errors import MalformedAnswer, NeedsAttention, Recorded, Retryable
from destinations.http import Door
from destinations.messages import Action
from sandbox.slack import BOT, CHANNEL, NAME, Slack
from tests.destinations.slacking import DIGEST, ENDED, MESSAGE, bot

TS = "1764000000.000001"


@pytest.fixture
def slack(settings: Settings) -> Iterator[Slack]:
    with Slack() as running:
        settings.SLACK_API_URL = running.api_url
        yield running


def colour(slack: Slack, number: int = 0) -> str:
    return str(slack.messages[number].body["attachments"][0]["color"])


def header(slack: Slack, number: int = 0) -> str:
    return str(slack.messages[number].body["blocks"][0]["text"]["text"])


def test_an_alert_is_one_message_in_the_channel(slack: Slack) -> None:
    receipt = bot().create(MESSAGE)
    [posted] = slack.messages
    assert (receipt.external_id, receipt.reference) == (f"{CHANNEL}:{TS}", f"#{NAME}")
    assert posted.body["text"] == "[AnomalyArmor] Column removed from orders"
    assert header(slack) == "Column removed from orders"
    [asked] = slack.asked
    assert asked.headers["authorization"] == f"Bearer {BOT}"
    assert asked.headers["content-type"] == "application/json; charset=utf-8"


def test_nothing_in_it_is_parsed_or_unfurled(slack: Slack) -> None:
    bot().create(MESSAGE)
    body = slack.messages[0].body
    assert (body["parse"], body["unfurl_links"], body["unfurl_media"]) == ("none", False, False)
    assert "link_names" not in body


def test_the_same_message_again_is_no_second_one(slack: Slack) -> None:
    receipt = bot().create(MESSAGE)
    assert bot().create(MESSAGE) == receipt
    assert len(slack.messages) == 1
    bot().create(replace(MESSAGE, idempotency_key="anomalyarmor-1-2-4"))
    assert len(slack.messages) == 2


def test_another_channel_is_another_message(slack: Slack) -> None:
    bot().create(MESSAGE)
    bot(channel=CHANNEL).create(MESSAGE)
    assert len(slack.messages) == 2


def test_an_end_turns_the_message_green_and_is_told_in_its_thread(slack: Slack) -> None:
    first = bot().create(MESSAGE)
    closed = bot().close(replace(ENDED, external_id=first.external_id))
    assert (closed.external_id, closed.reference, closed.note) == (
        first.external_id,
        "#data-alerts",
        "",
    )
    assert slack.methods() == ["chat.postMessage", "chat.update", "chat.postMessage"]
    assert (slack.messages[0].changes, header(slack)) == (1, "Resolved: Column removed from orders")
    assert (colour(slack), slack.messages[0].body["parse"]) == ("#1f9d55", "none")
    reply = slack.messages[1]
    assert reply.thread_ts == slack.messages[0].ts
    assert reply.body["text"] == "Resolved by ada: reran the job."
    assert "attachments" not in reply.body


def test_a_dismissed_alert_says_so(slack: Slack) -> None:
    first = bot().create(MESSAGE)
    bot().close(replace(ENDED, ended="dismissed", external_id=first.external_id))
    assert header(slack) == "Dismissed: Column removed from orders"


def test_the_first_message_is_changed_where_it_is(slack: Slack) -> None:
    first = bot().create(MESSAGE)
    bot(channel="#another-channel").close(replace(ENDED, external_id=first.external_id))
    assert slack.messages[0].changes == 1
    assert slack.messages[1].channel == CHANNEL


def test_a_close_that_broke_off_after_the_change_is_repeated_without_harm(slack: Slack) -> None:
    closing = replace(ENDED, external_id=bot().create(MESSAGE).external_id)
    slack.fail("internal_error", status=503, what="chat.postMessage")
    with pytest.raises(Retryable, match="503"):
        bot().close(closing)
    assert (slack.messages[0].changes, len(slack.messages)) == (1, 1)
    bot().close(closing)
    bot().close(closing)
    assert header(slack) == "Resolved: Column removed from orders"
    assert len(slack.messages) == 2


def test_where_message_ids_are_not_heeded_a_retry_says_it_twice_and_no_more(slack: Slack) -> None:
    slack.heeds_message_ids = False
    closing = replace(ENDED, external_id=bot().create(MESSAGE).external_id)
    bot().close(closing)
    bot().close(closing)
    assert [one.thread_ts for one in slack.messages] == ["", TS, TS]


def test_an_end_whose_first_message_was_deleted_says_all_in_the_channel(slack: Slack) -> None:
    first = bot().create(MESSAGE)
    slack.messages[0].is_deleted = True
    closed = bot().close(replace(ENDED, external_id=first.external_id))
    # What was meant for the thread of a deleted message lands in the channel.
    assert (slack.messages[1].thread_ts, header(slack, 1)) == (
        "",
        "Resolved: Column removed from orders",
    )
    assert colour(slack, 1) == "#1f9d55"
    assert closed.external_id == first.external_id
    assert "message_not_found" in closed.note


@pytest.mark.parametrize(
    "error", ["message_not_found", "cant_update_message", "edit_window_closed"]
)
def test_a_message_that_cannot_be_changed_gets_its_answer(slack: Slack, error: str) -> None:
    first = bot().create(MESSAGE)
    slack.fail(error, what="chat.update")
    closed = bot().close(replace(ENDED, external_id=first.external_id))
    assert closed.note == (
        f"The first message could not be changed ({error}): the end was posted all the same."
    )
    assert slack.messages[1].thread_ts == slack.messages[0].ts
    assert header(slack, 1) == "Resolved: Column removed from orders"


@pytest.mark.parametrize(
    "error",
    [
        "restricted_action_thread_locked",
        "restricted_action_non_threadable_channel",
        "cannot_reply_to_message",
    ],
)
def test_a_thread_that_takes_no_replies_is_left_alone(slack: Slack, error: str) -> None:
    first = bot().create(MESSAGE)
    slack.fail(error, what="chat.postMessage")
    closed = bot().close(replace(ENDED, external_id=first.external_id))
    assert header(slack) == "Resolved: Column removed from orders"
    assert error in closed.note


@pytest.mark.parametrize("external_id", ["", "anomalyarmor-1-2-3", "C0123456789:", "x:1.1"])
def test_the_end_of_what_a_webhook_posted_is_a_new_message(slack: Slack, external_id: str) -> None:
    closed = bot().close(replace(ENDED, external_id=external_id))
    assert slack.methods() == ["chat.postMessage"]
    assert slack.messages[0].thread_ts == ""
    assert header(slack) == "Resolved: Column removed from orders"
    assert closed.external_id == (external_id or f"{CHANNEL}:{TS}")


def test_a_test_is_plainly_one(slack: Slack) -> None:
    receipt = bot().test(MESSAGE)
    assert header(slack) == "Test: Column removed from orders"
    assert slack.messages[0].body["text"] == "Test: [AnomalyArmor] Column removed from orders"
    assert "This is a test." in str(slack.messages[0].body["attachments"])
    assert colour(slack) == "#808080"
    assert receipt.note == "Look into #data-alerts in Slack."


def test_a_digest_is_one_message(slack: Slack) -> None:
    receipt = bot().digest(DIGEST)
    assert header(slack) == "Digest: 3 opened, 1 ended, 2 still open"
    assert receipt.external_id == f"{CHANNEL}:{TS}"
    bot().digest(DIGEST)
    assert len(slack.messages) == 1


def test_a_check_names_the_team_and_the_bot(slack: Slack) -> None:
    found = bot().check()
    assert (found.account, found.account_url) == ("Acme · armor", "https://acme.slack.com/")
    assert (found.warnings, found.field_errors) == ([], {})
    assert slack.methods() == ["auth.test"]
    assert slack.messages == []


@pytest.mark.parametrize("scopes", ["chat:write.public,incoming-webhook", "users:read"])
def test_a_check_misses_the_scope_to_write(slack: Slack, scopes: str) -> None:
    slack.scopes = scopes
    [warning] = bot().check().warnings
    assert warning == (
        "The scope chat:write is missing. Give the app the scope chat:write, and install it to the"
        " workspace again."
    )


def test_a_check_says_nothing_of_scopes_that_it_was_not_told(slack: Slack) -> None:
    slack.scopes = ""
    assert bot().check().warnings == []


def test_a_check_remarks_upon_the_token_of_a_person(slack: Slack) -> None:
    slack.bot_id = ""
    [warning] = bot().check().warnings
    assert "messages come from a person" in warning


@pytest.mark.parametrize("verb", ["create", "close", "test"])
def test_without_a_channel_nothing_is_sent(slack: Slack, verb: str) -> None:
    with pytest.raises(NeedsAttention, match="No channel is set") as caught:
        getattr(bot(channel=""), verb)(ENDED)
    assert caught.value.advice
    assert slack.asked == []


@pytest.mark.parametrize("missing", [{"ts": ""}, {"channel": "#data-alerts"}, {"ts": "x:y"}])
def test_a_message_without_its_id_is_no_success(slack: Slack, missing: dict[str, str]) -> None:
    answer = {"ok": True, "channel": CHANNEL, "ts": TS} | missing
    slack.fail("", details=answer)
    with pytest.raises(MalformedAnswer, match="names no message"):
        bot().create(MESSAGE)


def test_a_change_without_its_message_is_no_success(slack: Slack) -> None:
    slack.fail("", details={"ok": True}, what="chat.update")
    with pytest.raises(MalformedAnswer, match="names no message"):
        bot().close(replace(ENDED, external_id=f"{CHANNEL}:{TS}"))


def test_record_only_shows_the_change_that_would_be_made() -> None:
    door = Door(is_recording=True)
    connector = Connector({"channel": "#data-alerts"}, {"bot_token": BOT}, door)
    with pytest.raises(Recorded):
        connector.close(replace(ENDED, external_id=f"{CHANNEL}:{TS}"))
    assert door.exchanges[0].url == "https://slack.com/api/chat.update"
    assert door.exchanges[0].body["ts"] == TS


def test_a_close_costs_two_calls() -> None:
    assert (Connector.cost(Action.CREATE), Connector.cost(Action.CLOSE)) == (1, 2)
