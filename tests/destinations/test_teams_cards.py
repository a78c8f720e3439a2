"""Cards for Teams: what they look like, and that text of others can do nothing in them.

Teams on the web reads cards with markdown-it; its port to Python judges here.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from destinations.messages import Message
from destinations.vendors.teams import cards
from tests.destinations.slacking import DIGEST, ENDED, MESSAGE

HOSTILE = (
    "[click](https://evil.example) <at>everyone</at> @channel ![x](http://evil.example/x.png)"
    " <https://evil.example> [r]\n\n[r]: https://evil.example\n**bold** __x__ `code` www.evil.test"
    " &lt;at&gt; &#91;a&#93;(http://evil.example) \\[a](http://evil.example)"
)
PIECES = st.sampled_from(
    [*"[]()<>!*_`~\\&;:#@/ \n\r-1.ax", "_", "__", "http://e.x", "[a](", "&#91;", "]: "]
)
LINKS = {"link_open", "image", "html_inline", "html_block", "code_inline"}
WIDE = "\N{GRINNING FACE}"  # 12 bytes as JSON


def content(body: Any) -> Any:
    return body["attachments"][0]["content"]


def texts(body: Any) -> Iterator[str]:
    """Every text of a card that is read as Markdown."""
    for block in content(body)["body"]:
        for one in (block, *block.get("items", [])):
            if "text" in one:
                yield one["text"]
            yield from (fact["value"] for fact in one.get("facts", []))


def tokens(text: str) -> set[str]:
    parsed = MarkdownIt("commonmark").parse(text)
    return {child.type for block in parsed for child in (block, *(block.children or []))}


def shown(text: str) -> str:
    parsed = MarkdownIt("commonmark").parseInline(text)
    return "".join(child.content for block in parsed for child in block.children or [])


def hostile(text: str) -> Message:
    """A message whose every text is this one."""
    named = {name: text for name, value in ENDED.to_json().items() if isinstance(value, str)}
    kept = ("idempotency_key", "occurred_at", "ended_at", "ended", "link")
    values = ENDED.to_json() | named | {"changes": [text, text]}
    return Message.from_json(values | {name: ENDED.to_json()[name] for name in kept})


def test_a_card_looks_like_this() -> None:
    assert cards.alert(MESSAGE) == {
        "type": "message",
        "attachments": [
            {
                "contentType": "application/vnd.microsoft.card.adaptive",
                "contentUrl": None,
                "content": {
                    "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                    "type": "AdaptiveCard",
                    "version": "1.4",
                    "msteams": {"width": "Full"},
                    "body": [
                        {
                            "type": "Container",
                            "style": "attention",
                            "bleed": True,
                            "items": [
                                {
                                    "type": "TextBlock",
                                    "text": "Column removed from orders",
                                    "wrap": True,
                                    "weight": "Bolder",
                                    "size": "Medium",
                                }
                            ],
                        },
                        {
                            "type": "TextBlock",
                            "text": "Column customer_email was removed.",
                            "wrap": True,
                        },
                        {
                            "type": "FactSet",
                            "facts": [
                                {"title": "Event type", "value": "Schema change"},
                                {"title": "Severity", "value": "Critical"},
                                {"title": "Asset", "value": "shop.public.orders"},
                                {"title": "Rule", "value": "Orders"},
                                {"title": "Data source", "value": "prod-postgres"},
                                {"title": "Opened", "value": "2026-11-23 08:00:00 UTC"},
                            ],
                        },
                        {"type": "TextBlock", "text": "Changes", "wrap": True, "weight": "Bolder"},
                        {
                            "type": "TextBlock",
                            "text": "- Column customer_email was removed (breaking)"
                            "\r- Column note was added",
                            "wrap": True,
                            "spacing": "Small",
                        },
                        {
                            "type": "TextBlock",
                            "text": "Source: AnomalyArmor",
                            "wrap": True,
                            "size": "Small",
                            "isSubtle": True,
                        },
                    ],
                    "actions": [
                        {
                            "type": "Action.OpenUrl",
                            "title": "View alert",
                            "url": "https://armor.example/alerts/1/",
                        }
                    ],
                },
            }
        ],
    }


def test_a_digest_tells_counts_rules_and_assets() -> None:
    body = cards.digest(DIGEST)
    assert list(texts(body)) == [
        "Digest: 3 opened, 1 ended, 2 still open",
        "2026-11-23 08:00:00 UTC",
        "2026-11-23 09:00:00 UTC",
        "By rule and asset",
        "- Orders · shop.public.orders: 3 opened, 1 ended. Warning: Table is stale\r- and 4 more",
        "Source: AnomalyArmor",
    ]
    assert content(body)["actions"][0]["title"] == "View alerts"


@pytest.mark.parametrize(
    ("severity", "style"),
    [("critical", "attention"), ("warning", "warning"), ("info", "accent"), ("new", "emphasis")],
)
def test_the_colour_tells_the_severity(severity: str, style: str) -> None:
    open_card = cards.alert(replace(MESSAGE, severity=severity))
    assert content(open_card)["body"][0]["style"] == style
    ended = cards.alert(replace(ENDED, severity=severity))
    assert content(ended)["body"][0]["style"] == "good"


@pytest.mark.parametrize("is_test", [False, True])
def test_hostile_text_makes_no_link_and_no_mention(is_test: bool) -> None:
    body = cards.alert(hostile(HOSTILE), is_test=is_test)
    assert list(texts(body))
    for text in texts(body):
        assert not tokens(text) & LINKS
        assert not set("<>[]`@") & set(text)
        assert "://" not in text
        assert "www." not in text
    assert content(body)["msteams"] == {"width": "Full"}
    assert [action["url"] for action in content(body)["actions"]] == [MESSAGE.link]


@settings(deadline=None, max_examples=300)
@given(st.lists(PIECES, max_size=30).map("".join))
def test_no_text_at_all_makes_a_link_or_an_emphasis(text: str) -> None:
    assert not tokens(cards.inert(text)) & (LINKS | {"em_open", "strong_open"})


@pytest.mark.parametrize(
    "name",
    ["shop.public.orders_daily", "a*b*c", "__init__", "_tmp_", r"C:\data\new", "a~~b~~c", "R&D"],
)
def test_a_name_is_shown_as_it_is(name: str) -> None:
    assert shown(cards.inert(name)) == name


def test_a_usual_name_is_sent_as_it_is() -> None:
    assert cards.inert("shop.public.orders_daily_v2") == "shop.public.orders_daily_v2"


def test_an_entity_is_not_decoded() -> None:
    assert "<" not in shown(cards.inert("&lt;at&gt;"))
    assert shown(cards.inert("a &b; c")) == "a ＆b; c"  # noqa: RUF001


@pytest.mark.parametrize("letter", ["x", WIDE, "*", "\\", '"', "<", "\ud800"])
def test_the_longest_alert_is_within_28_kilobytes(letter: str) -> None:
    message = replace(hostile(letter * 20_000), changes=(letter * 20_000,) * 500)
    body = cards.alert(message)
    assert len(json.dumps(body)) < 28 * 1024
    assert "- and 480 more" in "".join(texts(body))
    assert content(body)["actions"]


def test_what_fits_is_not_cut() -> None:
    said = "x" * cards.TEXT_LIMIT
    assert said in list(texts(cards.alert(replace(MESSAGE, description=said))))


def test_empty_texts_leave_no_empty_blocks() -> None:
    body = cards.alert(replace(hostile(" \n"), changes=(), link=""))
    assert all(text.strip() for text in texts(body))
    assert content(body)["actions"] == []


@pytest.mark.parametrize(
    "link",
    ["", "javascript:alert(1)", "https://armor.example/a b", "https://armor.example/" + "x" * 3000],
)
def test_only_a_link_becomes_a_button(link: str) -> None:
    assert content(cards.alert(replace(MESSAGE, link=link)))["actions"] == []


def test_lines_of_a_description_are_kept_apart() -> None:
    body = cards.alert(replace(MESSAGE, description="first\n\n\nsecond  line\r\nthird"))
    assert "first\n\nsecond line\n\nthird" in list(texts(body))
