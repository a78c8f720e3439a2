"""Every row of docs/faults.md is proven by a test that is there, or says why it is not."""

import ast
import re
from functools import cache

import pytest

from armor_incidents.supervisor import ROOT

PAGE = (ROOT / "docs" / "faults.md").read_text()
ROWS = {int(row[1]): row[0] for row in re.finditer(r"^\| (\d+) \|.*\|$", PAGE, re.MULTILINE)}
SCENARIOS = range(1, 65)
NAMED = re.compile(r"`([\w/]+\.py)::(\w+)`")
EXCUSES = ("| Does not apply: ", "| Not yet: ")


@cache
def names_in(path: str) -> set[str]:
    tree = ast.parse((ROOT / "tests" / path).read_text())
    functions = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
    return {name for name in functions if name.startswith("test_")}


def test_every_scenario_has_one_row() -> None:
    assert sorted(ROWS) == list(SCENARIOS)
    assert len(re.findall(r"^\| \d+ \|", PAGE, re.MULTILINE)) == len(SCENARIOS)


@pytest.mark.parametrize("number", SCENARIOS)
def test_every_row_names_tests_that_exist_or_says_why_not(number: int) -> None:
    named = NAMED.findall(ROWS[number])
    assert named or any(excuse in ROWS[number] for excuse in EXCUSES)
    for path, name in named:
        assert name in names_in(path), f"{path}::{name}"


def test_every_test_of_a_fault_has_its_row() -> None:
    folder = ROOT / "tests" / "faults"
    paths = [str(path.relative_to(ROOT / "tests")) for path in folder.rglob("test_*.py")]
    there = {(path, name) for path in paths for name in names_in(path)}
    mine = {(str(path), name) for path, name in there if "fault_table" in path}
    assert there - mine == {pair for pair in NAMED.findall(PAGE) if pair[0].startswith("faults/")}
