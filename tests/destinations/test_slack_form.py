"""Slack: what its form takes, what it remarks upon, and which of its fields go together."""

import pytest

from destinations.connectors.slack import Slack

HOOK = "https://hooks.slack.com/services/T0123456789/B0123456789/abcdefghijkl"
BOT = "xoxb-1234567890-abcdef"


def form(**values: str) -> Slack.Form:
    return Slack.Form(data=values)


def problems(**values: str) -> dict[str, str]:
    filled = form(**values)
    assert filled.is_valid(), filled.errors
    return filled.problems(filled.cleaned_data)


@pytest.mark.parametrize(
    "values", [{"webhook_url": HOOK}, {"bot_token": BOT, "channel": "#data-alerts"}]
)
def test_either_way_alone_is_fine(values: dict[str, str]) -> None:
    assert problems(**values) == {}
    assert form(**values).secret_names() == ["bot_token", "webhook_url"]


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({}, "bot_token", "No webhook URL and no bot token configured: enter one of them."),
        ({"bot_token": BOT}, "channel", "Enter the channel that the bot posts to."),
        ({"channel": "#data-alerts"}, "bot_token", "Enter the bot token too."),
        (
            {"webhook_url": HOOK, "bot_token": BOT, "channel": "#data-alerts"},
            "webhook_url",
            "Enter either a webhook URL or a bot token, not both.",
        ),
        (
            {"webhook_url": HOOK, "bot_token": BOT},
            "webhook_url",
            "Enter either a webhook URL or a bot token, not both.",
        ),
        (
            {"webhook_url": HOOK, "channel": "#data-alerts"},
            "channel",
            "Leave it empty: a webhook has a channel of its own.",
        ),
    ],
)
def test_half_a_way_neither_and_both_are_problems(
    values: dict[str, str], field: str, sentence: str
) -> None:
    assert problems(**values) == {field: sentence}


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("#data-alerts", "#data-alerts"),
        (" data-alerts ", "data-alerts"),
        ("C0123456789", "C0123456789"),
        ("#données_qualité", "#données_qualité"),
        ("https://acme.slack.com/archives/C0123456789", "C0123456789"),
        ("https://acme.slack.com/archives/C0123456789/p1764000000000100", "C0123456789"),
        ("https://app.slack.com/client/T0123456789/C0123456789", "C0123456789"),
    ],
)
def test_a_channel_is_a_name_an_id_or_its_link(typed: str, kept: str) -> None:
    filled = form(bot_token=BOT, channel=typed)
    assert filled.is_valid()
    assert filled.cleaned_data["channel"] == kept


@pytest.mark.parametrize(
    "typed", ["@ada", "#a, #b", "two words", "<!channel>", "##x", "https://example.com/x", "a:b"]
)
def test_what_is_no_channel_is_refused(typed: str) -> None:
    assert list(form(bot_token=BOT, channel=typed).errors) == ["channel"]


@pytest.mark.parametrize("token", ["xoxb-ключ", "xoxb-caf\u00e9", "xoxb-\u200b1"])
def test_a_token_is_ascii(token: str) -> None:
    filled = form(bot_token=token, channel="#x")
    assert list(filled.errors) == ["bot_token"]
    assert token not in filled.errors["bot_token"][0]


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"webhook_url": HOOK}, []),
        ({"webhook_url": HOOK.replace("slack.com", "slack-gov.com")}, []),
        ({"webhook_url": "https://chat.example.com/hooks/x"}, ["not at hooks.slack.com"]),
        ({"webhook_url": "https://hooks.slack.com.example.com/services/x"}, ["not at"]),
        ({"webhook_url": "https://hooks.slack.com/triggers/T1/2/3"}, ["starts a workflow"]),
        ({"webhook_url": "https://hooks.slack.com/workflows/T1/A/2"}, ["starts a workflow"]),
        ({"bot_token": BOT, "channel": "#x"}, []),
        ({"bot_token": "xoxp-1234", "channel": "#x"}, ["does not start with xoxb-"]),
        ({}, []),
    ],
)
def test_what_is_odd_is_remarked_upon_and_taken(values: dict[str, str], words: list[str]) -> None:
    filled = form(**values)
    assert filled.is_valid()
    assert len(filled.warnings()) == len(words)
    assert all(word in said for word, said in zip(words, filled.warnings(), strict=True))


def test_alerts_can_be_collected() -> None:
    filled = form(webhook_url=HOOK, timing="daily", digest_zone="Europe/Berlin")
    assert filled.is_valid()
    assert filled.cleaned_data["digest_at"] == "09:00"


def test_the_fields_stand_in_the_order_in_which_they_are_filled_in() -> None:
    assert list(form().fields)[:3] == ["bot_token", "channel", "webhook_url"]
