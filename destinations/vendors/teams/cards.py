"""Adaptive Cards as a Teams workflow posts them. Text from alerts can make no link and no mention.

https://learn.microsoft.com/en-us/microsoftteams/platform/task-modules-and-cards/cards/cards-format:
a TextBlock and a Fact read a part of Markdown, and there is no way to turn that off. A mention
takes an entity beside the card (`msteams.entities`), and none is ever sent. What makes links is
replaced by look-alikes, since clients on phones did not heed a backslash:
https://github.com/microsoft/AdaptiveCards/issues/5590. An underscore within a word is none of
Markdown's business, so that names such as `orders_daily` stay whole.
"""

import json
import re
from collections.abc import Callable, Iterable
from typing import Any

from destinations.messages import SOURCE, Digest, Message, moment, shorten, web_link

Json = dict[str, Any]

# 28 KB: https://learn.microsoft.com/en-us/microsoftteams/limits-specifications-teams. The workflow
# wraps the card, which takes some of it.
CARD_LIMIT = 27_000  # bytes
# What is left of the texts where the whole would be too large.
ROOMS = (1.0, 0.5, 0.25, 0.1)
TITLE_LIMIT = 200  # characters
TEXT_LIMIT = 3000  # characters
FACT_LIMIT = 300  # characters
ITEMS_LIMIT = 20
ITEM_LIMIT = 250  # characters
LINK_LIMIT = 2000  # characters
STYLES = {"critical": "attention", "warning": "warning", "info": "accent"}
ENDED = "good"
PLAIN_STYLE = "emphasis"
TEST = "This is a test. Nothing is wrong with your data."
LOOK_ALIKES = str.maketrans("<>[]`@", "‹›()'＠")  # noqa: RUF001 (look-alikes on purpose)
NO_LINK = {"://": ":∕∕", "www.": "www․"}  # noqa: RUF001 (look-alikes on purpose)
ENTITY = re.compile(r"&(?=#?\w{1,32};)")
# Before a letter or digit, an underscore ends no emphasis, and what nothing ends is none.
EMPHASIS = re.compile(r"[*~\\]|_(?![^\W_])")


def alert(message: Message, *, is_test: bool = False) -> Json:
    """The card of an alert, while it lasts or once it has ended."""
    word = "Test" if is_test else message.ended.capitalize()
    title = " ".join(message.title.split()) or message.event_type
    style = ENDED if message.ended else STYLES.get(message.severity, PLAIN_STYLE)
    return _fitting(
        lambda room: _message(
            f"{word}: {title}" if word else title,
            PLAIN_STYLE if is_test else style,
            [
                *_paragraph(TEST if is_test else message.ending, room),
                *_paragraph(message.description, room),
                *_facts(message.facts, room),
                *_list("Changes", message.changes, room),
            ],
            _link(message.link, "View destinations" if is_test else "View alert"),
        )
    )


def digest(digest: Digest) -> Json:
    """What opened and ended in the time of a digest, the busiest first."""
    counts = f"{digest.opened} opened, {digest.ended} ended, {digest.still_open} still open"
    facts = {"From": moment(digest.since), "Until": moment(digest.until)}
    return _fitting(
        lambda room: _message(
            f"Digest: {counts}",
            STYLES["info"],
            [
                *_facts(facts, room),
                *_list(
                    "By rule and asset",
                    (line.sentence(ITEM_LIMIT) for line in digest.lines),
                    room,
                    digest.more,
                ),
            ],
            _link(digest.link, "View alerts"),
        )
    )


def inert(text: str) -> str:
    """`text` as a card shows it, word for word, with nothing to click and nobody mentioned."""
    text = text.translate(LOOK_ALIKES)
    for active, harmless in NO_LINK.items():
        text = text.replace(active, harmless)
    return EMPHASIS.sub(r"\\\g<0>", ENTITY.sub("＆", text))  # noqa: RUF001


def _fitting(build: Callable[[float], Json]) -> Json:
    """The first form that is small enough, with less and less of the texts."""
    for room in ROOMS:
        body = build(room)
        if len(json.dumps(body)) <= CARD_LIMIT:
            return body
    return body


def _message(title: str, style: str, blocks: list[Json], actions: list[Json]) -> Json:
    heading = _text(inert(shorten(title, TITLE_LIMIT)), weight="Bolder", size="Medium")
    source = _text(f"Source: {SOURCE}", size="Small", isSubtle=True)
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "msteams": {"width": "Full"},
        "body": [
            {"type": "Container", "style": style, "bleed": True, "items": [heading]},
            *blocks,
            source,
        ],
        "actions": actions,
    }
    content_type = "application/vnd.microsoft.card.adaptive"
    attachment = {"contentType": content_type, "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _paragraph(text: str, room: float) -> list[Json]:
    # Two line feeds are one line break to a card.
    lines = [" ".join(line.split()) for line in shorten(text, int(TEXT_LIMIT * room)).splitlines()]
    whole = "\n\n".join(inert(line) for line in lines if line)
    return [_text(whole)] if whole else []


def _facts(facts: dict[str, str], room: float) -> list[Json]:
    limit = int(FACT_LIMIT * room)
    shown = [
        {"title": name, "value": inert(shorten(" ".join(fact.split()), limit))}
        for name, fact in facts.items()
        if fact.strip()
    ]
    return [{"type": "FactSet", "facts": shown}] if shown else []


def _list(heading: str, items: Iterable[str], room: float, more: int = 0) -> list[Json]:
    flat = [" ".join(item.split()) for item in items]
    more += max(0, len(flat) - ITEMS_LIMIT)
    limit = int(ITEM_LIMIT * room)
    lines = [f"- {inert(shorten(item, limit))}" for item in flat[:ITEMS_LIMIT]]
    if not lines:
        return []
    if more:
        lines.append(f"- and {more} more")
    return [_text(heading, weight="Bolder"), _text("\r".join(lines), spacing="Small")]


def _link(address: str, name: str) -> list[Json]:
    """The only thing to click."""
    target = web_link(address)
    if not 0 < len(target) <= LINK_LIMIT or len(target.split()) > 1:
        return []
    return [{"type": "Action.OpenUrl", "title": name, "url": target}]


def _text(text: str, **looks: Any) -> Json:
    return {"type": "TextBlock", "text": text, "wrap": True} | looks
