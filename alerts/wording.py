"""How reasons list names and tell times. Pure."""

import functools
from collections.abc import Iterable, Sequence
from datetime import datetime

LIST_LIMIT = 5  # names in a reason
NAME_LIMIT = 100  # characters of one of them


def listed(names: Iterable[str]) -> str:
    """`a, b and 3 more`: each once, without empty ones; empty if none is left."""
    return _listed(tuple(names))


def any_of(names: Iterable[str]) -> str:
    """`a or b or 3 more`."""
    return _joined(tuple(names), " or ")


def all_of(names: Iterable[str]) -> str:
    """`a and b and 3 more`."""
    return _joined(tuple(names), " and ")


def joined(names: Sequence[str], word: str, limit: int | None) -> str:
    """The first of them, and how many are left out."""
    shown = names[:limit]
    more = len(names) - len(shown)
    return word.join([*shown, f"{more} more"] if more else shown)


def of_some(one: str, many: str, names: Iterable[str]) -> str:
    """`Tag is a`, `Tags are a, b`, or `Tag is not given`."""
    given = _given(names)
    if not given:
        return f"{one} is not given"
    return f"{one if len(given) == 1 else many} {is_are(given)} {listed(given)}"


def is_are(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"


def moment(at: datetime) -> str:
    """In UTC, to the minute."""
    return f"{at:%Y-%m-%d %H:%M} UTC"


def clipped(name: str) -> str:
    """A name that is very long, by its beginning."""
    return name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 1]}…"


# Hundreds of rules say the same of every event.
@functools.lru_cache(maxsize=4096)
def _listed(names: tuple[str, ...]) -> str:
    shown, more = _shortened(names)
    return ", ".join(shown) + (f" and {more} more" if more else "")


@functools.lru_cache(maxsize=4096)
def _joined(names: tuple[str, ...], word: str) -> str:
    return joined([clipped(name) for name in _given(names)], word, LIST_LIMIT)


def _shortened(names: Iterable[str]) -> tuple[list[str], int]:
    """The first of them, and how many are left out."""
    given = _given(names)
    return [clipped(name) for name in given[:LIST_LIMIT]], max(0, len(given) - LIST_LIMIT)


def _given(names: Iterable[str]) -> list[str]:
    return list(dict.fromkeys(name for name in names if name))
