"""Glob patterns: what they take, and that none can take for ever."""

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase, translate
from typing import Any

import hypothesis
import hypothesis.strategies as st
import pytest

from alerts.patterns import Patterns

# Every glob is made of these; so are the names that come close to fitting it.
pieces = st.sampled_from(["a", "b", "*", "?", "[", "]", "!", "-", "ab", "**", "[a-b]", "[!a]", "."])
globs = st.lists(pieces, max_size=12).map("".join)
names = st.text("ab[]!-.*?", max_size=12)
NASTY = [
    "*a" * 100 + "b",
    "*" * 500,
    "[" * 500,
    "[!" * 250,
    "[a-" * 150 + "]",
    "?*" * 200 + "x",
    "(a+)+$",
    "*(a|a)*" * 50,
    "[a&&b]*[c||d]*[e~~f]",
    "[z-a]*",
    "*.*.*.*.*.*.*.*.*.*.*.x",
]


@pytest.mark.parametrize(
    ("pattern", "name", "is_taken"),
    [
        ("orders", "orders", True),
        ("orders", "orders_2026", False),
        ("orders*", "orders", True),
        ("orders*", "orders_2026", True),
        ("*_staging", "orders_staging", True),
        ("*_staging", "orders_staging_2", False),
        ("prod-?", "prod-1", True),
        ("prod-?", "prod-", False),
        ("prod-?", "prod-12", False),
        ("[ab]x", "bx", True),
        ("[!ab]x", "bx", False),
        ("ORDERS*", "orders_2026", True),
        ("[A-C]x", "bx", True),
        ("a.b", "axb", False),
        ("a[*]b", "a*b", True),
        ("*", "", True),
        ("*", "with\nnewline", True),
    ],
)
def test_what_a_pattern_takes(pattern: str, name: str, is_taken: bool) -> None:
    assert Patterns([pattern]).fits(name) == is_taken


def test_one_of_many_is_enough_and_named_as_it_was_written() -> None:
    patterns = Patterns(["Customers", "Ord*", "ORDERS"])
    assert patterns.fits("orders")
    assert patterns.that_fits(["x", "orders"]) == "Ord*"
    assert patterns.that_fits(["x"]) == ""
    assert not Patterns([]).fits("orders")
    assert not Patterns([])


@hypothesis.given(st.lists(globs, max_size=4), names)
@hypothesis.settings(max_examples=300, derandomize=True, deadline=None, database=None)
def test_many_patterns_at_once_take_what_one_of_them_takes(lines: list[str], name: str) -> None:
    assert Patterns(lines).fits(name) == any(fnmatchcase(name, line) for line in lines)


@pytest.mark.parametrize("pattern", NASTY)
def test_a_nasty_pattern_has_no_star_that_tries_again(pattern: str) -> None:
    assert _stars_that_try_again(pattern) <= 1


@hypothesis.given(globs)
@hypothesis.settings(max_examples=300, derandomize=True, deadline=None, database=None)
def test_no_pattern_has_more_than_one_star_that_tries_again(pattern: str) -> None:
    """One alone tries each place of the name once. Two could try each pair of places, and so on."""
    assert _stars_that_try_again(pattern) <= 1


def test_the_count_finds_a_regular_expression_that_can_take_for_ever() -> None:
    assert _repeats(re._parser.parse(".*a.*b")) == 2  # type: ignore[attr-defined]
    assert _repeats(re._parser.parse("(a+)+")) == 2  # type: ignore[attr-defined]
    assert _repeats(re._parser.parse("(?>.*?a)(?>.*?b).*")) == 1  # type: ignore[attr-defined]


def test_long_names_are_taken_by_many_stars() -> None:
    assert Patterns(["*a" * 200]).fits("a" * 500)
    assert not Patterns(["*a" * 200 + "*b"]).fits("a" * 500)


def _stars_that_try_again(pattern: str) -> int:
    return _repeats(re._parser.parse(translate(pattern)))  # type: ignore[attr-defined]


def _repeats(parsed: Any) -> int:
    """How many repeats of a regular expression may give back what they took: those that are not in
    an atomic group."""
    return sum(_repeats_of(str(op), argument) for op, argument in parsed)


def _repeats_of(op: str, argument: Any) -> int:
    if op == "ATOMIC_GROUP":
        return 0
    own = 1 if op in ("MAX_REPEAT", "MIN_REPEAT") else 0
    return own + sum(_repeats(inner) for inner in _inside(argument))


def _inside(argument: Any) -> Iterator[Any]:
    """The sub-patterns of an operation's argument, however deep it hides them."""
    if type(argument).__name__ == "SubPattern":
        yield argument
    elif isinstance(argument, tuple | list):
        for part in argument:
            yield from _inside(part)
