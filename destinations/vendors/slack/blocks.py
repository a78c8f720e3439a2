"""Messages in Block Kit. Text from alerts stands in plain_text objects, and is escaped.

https://docs.slack.dev/reference/block-kit/blocks has the limits. `& < >` are escaped, so that no
mention and no link comes of a text: https://docs.slack.dev/messaging/formatting-message-text. The
header stands above the attachment and not in it: a message with blocks of its own shows `text` in
notifications only, and the title is not there twice. The way to the alert is a button where it is
https, and a link else: a URL that Slack does not like in a button, such as one of this machine,
fails the whole message (https://github.com/louislam/uptime-kuma/issues/941).
"""

import re
from collections.abc import Iterable
from typing import Any

from destinations.messages import SOURCE, Digest, Message, moment, web_link

Json = dict[str, Any]

HEADER_LIMIT = 150  # characters
TEXT_LIMIT = 3000  # characters of a section
FIELD_LIMIT = 2000  # characters, and 10 fields a section
# A screenful, and so many lines of this length are sure to fit into a section.
ITEMS_LIMIT = 20
ITEMS_A_SECTION = 10
ITEM_LIMIT = 250  # characters
LINK_LIMIT = 2000  # characters
BUTTON_URL = r"https://[\w.-]+\.[a-z]{2,}(:\d+)?/[^\s<>|\"]{0,2000}"
COLOURS = {"critical": "#d92d20", "warning": "#dc8a04", "info": "#2e6fdb", "ended": "#1f9d55"}
GREY = "#808080"
# No mention, no link and no preview comes of what is sent.
PLAIN = {"parse": "none", "unfurl_links": False, "unfurl_media": False}
TEST = "This is a test. Nothing is wrong with your data."


def alert(message: Message, *, is_test: bool = False) -> Json:
    """The message of an alert, while it lasts or once it has ended."""
    word = "Test" if is_test else message.ended.capitalize()
    title = " ".join(message.title.split()) or message.event_type
    colour = COLOURS.get("ended" if message.ended else message.severity, GREY)
    return _message(
        f"{word}: {title}" if word else title,
        f"{word}: {message.headline}" if word else message.headline,
        GREY if is_test else colour,
        [
            *_paragraph(TEST if is_test else message.ending),
            *_paragraph(message.description),
            *_fields(message.facts),
            *_list("Changes", message.changes),
            *_link(message.link, "View destinations" if is_test else "View alert"),
        ],
    )


def answer(message: Message) -> Json:
    """What is said in the thread of an alert that has ended."""
    said = message.ending or "The alert has ended."
    blocks = [*_paragraph(said), *_link(message.link, "View alert")]
    return {"text": escape(said, TEXT_LIMIT), "blocks": blocks}


def digest(digest: Digest) -> Json:
    """What opened and ended in the time of a digest, the busiest first."""
    counts = f"{digest.opened} opened, {digest.ended} ended, {digest.still_open} still open"
    facts = {"From": moment(digest.since), "Until": moment(digest.until)}
    return _message(
        f"Digest: {counts}",
        digest.headline,
        COLOURS["info"],
        [
            *_fields(facts),
            *_list(
                "By rule and asset",
                (line.sentence(ITEM_LIMIT) for line in digest.lines),
                digest.more,
            ),
            *_link(digest.link, "View alerts"),
        ],
    )


def escape(text: str, limit: int) -> str:
    """`text` as Slack shows it literally, of at most `limit` characters after the escaping."""
    whole = _literal(text)
    if len(whole) <= limit:
        return whole
    cut = whole[: limit - 1]
    start = cut.rfind("&")
    if start >= 0 and ";" not in cut[start:]:  # an escape that was cut in two
        cut = cut[:start]
    return cut.rstrip() + "…"


def _message(title: str, notice: str, colour: str, blocks: list[Json]) -> Json:
    source = {"type": "context", "elements": [_plain(f"Source: {SOURCE}", TEXT_LIMIT)]}
    return {
        "text": escape(notice, TEXT_LIMIT),
        "blocks": [{"type": "header", "text": _plain(title, HEADER_LIMIT)}],
        "attachments": [{"color": colour, "blocks": [*blocks, source]}],
    }


def _paragraph(text: str) -> list[Json]:
    # An empty text object would fail the whole message.
    return [{"type": "section", "text": _plain(text, TEXT_LIMIT)}] if text.strip() else []


def _fields(facts: dict[str, str]) -> list[Json]:
    fields = [_plain(f"{name}: {fact}", FIELD_LIMIT) for name, fact in facts.items() if fact]
    return [{"type": "section", "fields": fields}] if fields else []


def _list(heading: str, items: Iterable[str], more: int = 0) -> list[Json]:
    """The first of the items, ten a section, and how many more there are."""
    flat = [" ".join(item.split()) for item in items]
    more += max(0, len(flat) - ITEMS_LIMIT)
    lines = [f"• {escape(item, ITEM_LIMIT)}" for item in flat[:ITEMS_LIMIT]]
    starts = range(0, len(lines), ITEMS_A_SECTION)
    texts = ["\n".join(lines[start : start + ITEMS_A_SECTION]) for start in starts]
    if texts:
        texts[0] = f"{heading}:\n{texts[0]}"
        texts[-1] += f"\nand {more} more" * bool(more)
    return [{"type": "section", "text": _escaped(text)} for text in texts]


def _link(address: str, name: str) -> list[Json]:
    """A button, or a link, which is the only markup that is sent."""
    if re.fullmatch(BUTTON_URL, address):
        text = {"type": "plain_text", "text": name, "emoji": False}
        button = {"type": "button", "text": text, "url": address, "action_id": "view"}
        return [{"type": "actions", "elements": [button]}]
    target = _literal(web_link(address).replace("|", "%7C"))
    if not 0 < len(target) <= LINK_LIMIT or len(target.split()) > 1:
        return []
    text = {"type": "mrkdwn", "text": f"*<{target}|{name}>*", "verbatim": True}
    return [{"type": "section", "text": text}]


def _plain(text: str, limit: int) -> Json:
    return _escaped(escape(text, limit))


def _escaped(text: str) -> Json:
    # Without `emoji`, what looks like the name of one stays as it is: `a:b:c` is a table.
    return {"type": "plain_text", "text": text, "emoji": False}


def _literal(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
