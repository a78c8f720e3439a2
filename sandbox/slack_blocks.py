"""What Slack's API refuses in a message, roughly: types, empty texts, lengths, counts.

https://docs.slack.dev/reference/block-kit/blocks
"""

from typing import Any

from sandbox.errors import Json

BLOCKS_LIMIT = 50
FIELDS_LIMIT = 10
HEADER_LIMIT = 150  # characters
TEXT_LIMIT = 3000
FIELD_LIMIT = 2000
ELEMENTS_LIMIT = 10
TEXT_TYPES = ("plain_text", "mrkdwn")


def problem(message: Json) -> str:
    """Slack's code for what is wrong with a message; empty if nothing is."""
    groups = [message.get("blocks") or []]
    attachments = message.get("attachments") or []
    if not isinstance(attachments, list):
        return "invalid_attachments"
    groups += [one.get("blocks") or [] for one in attachments]
    if not any((message.get("text"), *groups)):
        return "no_text"
    if any(not isinstance(group, list) or len(group) > BLOCKS_LIMIT for group in groups):
        return "invalid_blocks_format"
    return "" if all(_is_block(block) for group in groups for block in group) else "invalid_blocks"


def _is_block(block: Any) -> bool:
    if not isinstance(block, dict):
        return False
    kind = block.get("type")
    if kind == "header":
        return _is_text(block.get("text"), HEADER_LIMIT) and block["text"]["type"] == "plain_text"
    if kind == "context":
        return _are_texts(block.get("elements"), ELEMENTS_LIMIT, TEXT_LIMIT)
    if kind == "actions":
        return bool(block.get("elements")) and all(_is_button(one) for one in block["elements"])
    return kind == "section" and _is_section(block)


def _is_button(element: Any) -> bool:
    url = element.get("url", "") if isinstance(element, dict) else ""
    is_there = url.startswith("https://") and len(url) <= TEXT_LIMIT
    return is_there and element.get("type") == "button" and _is_text(element.get("text"), 75)


def _is_section(block: Json) -> bool:
    if "text" not in block and "fields" not in block:
        return False
    has_text = "text" not in block or _is_text(block["text"], TEXT_LIMIT)
    return has_text and (
        "fields" not in block or _are_texts(block["fields"], FIELDS_LIMIT, FIELD_LIMIT)
    )


def _are_texts(texts: Any, count: int, length: int) -> bool:
    is_list = isinstance(texts, list) and 0 < len(texts) <= count
    return is_list and all(_is_text(text, length) for text in texts)


def _is_text(text: Any, length: int) -> bool:
    if not isinstance(text, dict) or text.get("type") not in TEXT_TYPES:
        return False
    # `verbatim` is for markup, `emoji` for plain text.
    if ("verbatim" if text["type"] == "plain_text" else "emoji") in text:
        return False
    content = text.get("text")
    return isinstance(content, str) and bool(content.strip()) and len(content) <= length
