"""Requests and answers, as people read them."""

import json
from typing import Any

from django import template

register = template.Library()

SECOND = 1000  # milliseconds


@register.filter
def duration(milliseconds: int) -> str:
    """`340` as "340 ms", `1234` as "1.2 s"."""
    if milliseconds < SECOND:
        return f"{milliseconds} ms"
    return f"{milliseconds / SECOND:.1f} s"


@register.filter
def pretty(value: Any) -> str:
    """JSON or a mail, line by line; a text that is no JSON, or was cut off, stays as it is."""
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except (ValueError, RecursionError):
            return str(value)
    if isinstance(value, dict) and "Message-ID" in value:
        return _mail(value)
    return json.dumps(value, indent=2, ensure_ascii=False)


def _mail(value: dict[str, Any]) -> str:
    """Headers, an empty line, and the text, as mail programs show a source."""
    headers = [
        f"{name}: {', '.join(told) if isinstance(told, list) else told}"
        for name, told in value.items()
        if name != "text"
    ]
    return "\n".join([*headers, "", str(value.get("text", ""))])
