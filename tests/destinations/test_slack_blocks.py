"""Slack: the blocks that are sent, judged by Slack's own library too."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from slack_sdk.models.blocks import Block

from destinations.messages import Message
from destinations.vendors.slack import blocks
from sandbox import slack_blocks
from tests.destinations.slacking import DIGEST, ENDED, MESSAGE

Json = dict[str, Any]
HOSTILE = (
    "<!channel> <!here> <!everyone> <@U0123456789> <!subteam^S0123456789> <#C0123456789>"
    " <https://evil.example/|View alert> <mailto:x@evil.example|x> <!date^0^{date}^https://e.co|x>"
    " & &lt;!channel&gt; @channel *bold* `code` :boom: \u202e \u2028"
)


def all_blocks(message: Json) -> list[Json]:
    groups = [message.get("blocks", []), *(a["blocks"] for a in message.get("attachments", []))]
    return [block for group in groups for block in group]


def texts(message: Json) -> list[Json]:
    """Every text object, wherever it stands."""
    found = []
    for block in all_blocks(message):
        parts = (block.get("text"), *block.get("fields", []), *block.get("elements", []))
        found += [part.get("text") if part["type"] == "button" else part for part in parts if part]
    return found


def judge(message: Json) -> None:
    """Slack's library, and the stand-in, take every block of it."""
    for block in all_blocks(message):
        parsed = Block.parse(block)
        assert parsed is not None, block
        parsed.validate_json()
        assert parsed.to_dict() == block
    assert slack_blocks.problem(message) == ""
    assert len(all_blocks(message)) <= 50
    assert len(message["text"]) <= 3000


def rendered(message: Message) -> list[Json]:
    return [blocks.alert(message), blocks.alert(message, is_test=True), blocks.answer(message)]


def plain(text: str) -> Json:
    return {"type": "plain_text", "text": text, "emoji": False}


def button(name: str, url: str = "https://armor.example/alerts/1/") -> Json:
    made = {"type": "button", "text": plain(name), "url": url, "action_id": "view"}
    return {"type": "actions", "elements": [made]}


def test_an_alert_looks_like_this() -> None:
    assert blocks.alert(MESSAGE) == {
        "text": "[AnomalyArmor] Column removed from orders",
        "blocks": [{"type": "header", "text": plain("Column removed from orders")}],
        "attachments": [
            {
                "color": "#d92d20",
                "blocks": [
                    {"type": "section", "text": plain("Column customer_email was removed.")},
                    {
                        "type": "section",
                        "fields": [
                            plain("Event type: Schema change"),
                            plain("Severity: Critical"),
                            plain("Asset: shop.public.orders"),
                            plain("Rule: Orders"),
                            plain("Data source: prod-postgres"),
                            plain("Opened: 2026-11-23 08:00:00 UTC"),
                        ],
                    },
                    {
                        "type": "section",
                        "text": plain(
                            "Changes:\n• Column customer_email was removed (breaking)"
                            "\n• Column note was added"
                        ),
                    },
                    button("View alert"),
                    {"type": "context", "elements": [plain("Source: AnomalyArmor")]},
                ],
            }
        ],
    }


def test_the_answer_in_a_thread_looks_like_this() -> None:
    assert blocks.answer(ENDED) == {
        "text": "Resolved by ada: reran the job.",
        "blocks": [
            {"type": "section", "text": plain("Resolved by ada: reran the job.")},
            button("View alert"),
        ],
    }


def test_a_digest_tells_counts_rules_and_assets() -> None:
    said = [text["text"] for text in texts(blocks.digest(DIGEST))]
    assert said == [
        "Digest: 3 opened, 1 ended, 2 still open",
        "From: 2026-11-23 08:00:00 UTC",
        "Until: 2026-11-23 09:00:00 UTC",
        "By rule and asset:\n• Orders · shop.public.orders: 3 opened, 1 ended."
        " Warning: Table is stale\nand 4 more",
        "View alerts",
        "Source: AnomalyArmor",
    ]
    judge(blocks.digest(DIGEST))


@pytest.mark.parametrize(
    ("severity", "colour"),
    [("critical", "#d92d20"), ("warning", "#dc8a04"), ("info", "#2e6fdb"), ("new", "#808080")],
)
def test_the_colour_tells_the_severity(severity: str, colour: str) -> None:
    message = replace(MESSAGE, severity=severity)
    assert blocks.alert(message)["attachments"][0]["color"] == colour
    ended = replace(ENDED, severity=severity)
    assert blocks.alert(ended)["attachments"][0]["color"] == "#1f9d55"


def hostile(text: str) -> Message:
    """A message whose every text is this one."""
    named = {name: text for name, value in ENDED.to_json().items() if isinstance(value, str)}
    kept = ("idempotency_key", "occurred_at", "ended_at", "ended", "link")
    values = ENDED.to_json() | named | {"changes": [text, text]}
    return Message.from_json(values | {name: ENDED.to_json()[name] for name in kept})


@pytest.mark.parametrize("number", [0, 1, 2])
def test_hostile_text_stays_text(number: int) -> None:
    message = rendered(hostile(HOSTILE))[number]
    judge(message)
    for text in texts(message):
        if text["type"] == "plain_text":
            assert not {"<", ">"} & set(text["text"])
            assert text["emoji"] is False
    assert not {"<", ">"} & set(message["text"])
    # There is our own button, and nothing else that leads anywhere.
    assert all(text["type"] == "plain_text" for text in texts(message))
    name = "View destinations" if number == 1 else "View alert"
    assert [b for b in all_blocks(message) if b["type"] == "actions"] == [button(name)]


def test_hostile_text_can_still_be_read() -> None:
    description = texts(blocks.alert(replace(MESSAGE, description="a<b && <!channel>")))[1]
    assert description["text"] == "a&lt;b &amp;&amp; &lt;!channel&gt;"


@pytest.mark.parametrize(
    "link",
    [
        "",
        "javascript:alert(1)",
        "https://armor.example/a b",
        "https://armor.example/\n<!channel>",
        "https://armor.example/" + "x" * 3000,
    ],
)
def test_what_is_no_link_is_left_out(link: str) -> None:
    message = blocks.alert(replace(MESSAGE, link=link))
    judge(message)
    assert all(text["type"] == "plain_text" for text in texts(message))
    assert not [block for block in all_blocks(message) if block["type"] == "actions"]


@pytest.mark.parametrize("link", ["http://127.0.0.1:8000/alerts/1/", "https://armor/alerts/1/"])
def test_an_address_that_slack_may_refuse_in_a_button_is_a_link(link: str) -> None:
    message = blocks.alert(replace(MESSAGE, link=link))
    judge(message)
    markup = [text["text"] for text in texts(message) if text["type"] == "mrkdwn"]
    assert markup == [f"*<{link}|View alert>*"]


def test_a_link_cannot_be_broken_out_of() -> None:
    link = "https://armor.example/?a=1&b=<!channel>|x"
    [text] = [t for t in texts(blocks.alert(replace(MESSAGE, link=link))) if t["type"] == "mrkdwn"]
    escaped = "https://armor.example/?a=1&amp;b=&lt;!channel&gt;%7Cx"
    assert text["text"] == f"*<{escaped}|View alert>*"


@pytest.mark.parametrize("letter", ["x", "&", "<", "é", "💥"])
def test_every_limit_of_slack_is_kept(letter: str) -> None:
    long = replace(hostile(letter * 10_000), changes=(letter * 500,) * 60)
    for message in rendered(long):
        judge(message)


def test_changes_beyond_a_screenful_are_counted() -> None:
    many = replace(MESSAGE, changes=tuple(f"Column c{n} was added" for n in range(60)))
    said = "\n".join(text["text"] for text in texts(blocks.alert(many)))
    assert said.count("• ") == 20
    assert said.count("Changes:") == 1
    assert "• Column c19 was added\nand 40 more" in said


def test_twenty_changes_are_all_told() -> None:
    twenty = replace(MESSAGE, changes=tuple(f"Column c{n} was added" for n in range(20)))
    assert "more" not in json.dumps(blocks.alert(twenty))


def test_a_long_digest_is_cut_and_counted() -> None:
    long = replace(DIGEST.lines[0], rule="r" * 300, asset="a" * 300, title="&" * 300)
    message = blocks.digest(replace(DIGEST, lines=(long,) * 50, more=3))
    judge(message)
    said = "\n".join(text["text"] for text in texts(message))
    assert "and 33 more" in said
    assert said.count(": 3 opened, 1 ended.") == 20


def test_an_alert_with_little_to_say_has_no_empty_text() -> None:
    little = replace(MESSAGE, title="", description="", asset="", rule="")
    bare = replace(little, data_source="", link="", changes=())
    message = blocks.alert(bare)
    judge(message)
    assert texts(message)[0]["text"] == "schema_change"


@given(st.text("&<>;ab "), st.integers(2, 40))
def test_what_was_cut_is_never_longer_and_never_half_an_escape(text: str, limit: int) -> None:
    cut = blocks.escape(text, limit)
    assert len(cut) <= limit
    bare = cut.replace("&amp;", "").replace("&lt;", "").replace("&gt;", "")
    assert not {"&", "<", ">"} & set(bare)


@given(st.text(max_size=200))
def test_every_text_makes_a_message_that_slack_takes(text: str) -> None:
    for message in rendered(hostile(text)):
        judge(message)
