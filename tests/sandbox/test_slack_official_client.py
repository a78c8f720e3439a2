"""The stand-in for Slack, judged by Slack's own client library."""

from collections.abc import Iterator

import pytest
from slack_sdk import WebClient
from slack_sdk.errors import SlackApiError
from slack_sdk.webhook import WebhookClient

from sandbox.slack import BOT, CHANNEL, Slack


@pytest.fixture
def slack() -> Iterator[Slack]:
    with Slack() as running:
        yield running


@pytest.fixture
def client(slack: Slack) -> WebClient:
    return WebClient(BOT, base_url=f"{slack.api_url}/", retry_handlers=[])


def test_it_knows_the_owner_of_its_token(client: WebClient) -> None:
    answer = client.auth_test()
    assert (answer["ok"], answer["team"]) == (True, "Acme")
    assert "chat:write" in answer.headers["x-oauth-scopes"]


def test_it_posts_changes_and_threads(client: WebClient, slack: Slack) -> None:
    first = client.chat_postMessage(channel="#data-alerts", text="one")
    assert first["channel"] == CHANNEL
    client.chat_update(channel=CHANNEL, ts=first["ts"], text="two")
    client.chat_postMessage(channel=CHANNEL, text="three", thread_ts=first["ts"])
    assert [one.body["text"] for one in slack.messages] == ["two", "three"]
    assert slack.messages[1].thread_ts == first["ts"]


def test_it_says_no_in_slacks_words(client: WebClient, slack: Slack) -> None:
    with pytest.raises(SlackApiError, match="channel_not_found"):
        client.chat_postMessage(channel="#nowhere", text="one")
    with pytest.raises(SlackApiError, match="message_not_found"):
        client.chat_update(channel=CHANNEL, ts="1.1", text="one")
    with pytest.raises(SlackApiError, match="invalid_blocks"):
        client.chat_postMessage(channel=CHANNEL, text="one", blocks=[{"type": "header"}])
    with pytest.raises(SlackApiError, match="invalid_auth"):
        WebClient("xoxb-another", base_url=f"{slack.api_url}/").auth_test()


def test_its_webhook_takes_a_message_and_says_what_is_wrong(slack: Slack) -> None:
    hook = WebhookClient(slack.webhook_url)
    answer = hook.send(text="one")
    assert (answer.status_code, answer.body) == (200, "ok")
    slack.fail("channel_is_archived")
    answer = hook.send(text="two")
    assert (answer.status_code, answer.body) == (410, "channel_is_archived")
    assert hook.send(blocks=[]).body == "no_text"
