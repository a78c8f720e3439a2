"""Glob patterns: `orders*`, `*_staging`, `prod-?`, in any case. Pure.

People never write regular expressions here: one of those can take for ever on a long name. What
`fnmatch` makes of a pattern cannot, because its stars do not try again.
"""

import functools
import re
from collections.abc import Iterable
from fnmatch import translate

WILDCARDS = frozenset("*?[")


class Patterns:
    """Some patterns, made ready once for many names."""

    def __init__(self, lines: Iterable[str]) -> None:
        self.lines = list(lines)
        lowered = [line.lower() for line in self.lines]
        self._exact = {line for line in lowered if not WILDCARDS & set(line)}
        globs = [translate(line) for line in lowered if line not in self._exact]
        self._matches = re.compile("|".join(globs)).match if globs else None

    def __bool__(self) -> bool:
        return bool(self.lines)

    def fits(self, name: str) -> bool:
        """Whether one of the patterns takes the name, which is in small letters."""
        return name in self._exact or bool(self._matches and self._matches(name))

    def fits_any(self, names: Iterable[str]) -> bool:
        exact, matches = self._exact, self._matches
        for name in names:  # noqa: SIM110 - half the time of `any`, and asked hundreds of times
            if name in exact or (matches and matches(name)):
                return True
        return False

    def that_fits(self, names: Iterable[str]) -> str:
        """The first pattern, as it was written, that takes one of the names; empty if none does."""
        names = list(names)
        return next((each.lines[0] for each in self._each if each.fits_any(names)), "")

    @functools.cached_property
    def _each(self) -> list["Patterns"]:
        return [Patterns([line]) for line in self.lines]
