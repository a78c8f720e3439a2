"""How reasons list names and tell times. Pure."""

from collections.abc import Sequence
from datetime import datetime

LIST_LIMIT = 5  # names in a reason


def listed(names: Sequence[str]) -> str:
    """At most five of them; empty ones do not count."""
    return ", ".join(name for name in names[:LIST_LIMIT] if name)


def any_of(names: Sequence[str]) -> str:
    """`a or b or 3 more`."""
    more = f" or {len(names) - LIST_LIMIT} more" if len(names) > LIST_LIMIT else ""
    return " or ".join(names[:LIST_LIMIT]) + more


def moment(at: datetime) -> str:
    """In UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
