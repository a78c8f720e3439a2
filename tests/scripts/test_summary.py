"""The last line of script/test counts every run."""

import sys
from pathlib import Path

import pytest

from tests.scripts.environment import run

REPORT = '<testsuites><testsuite tests="{}" failures="{}" errors="{}" skipped="{}"/></testsuites>'


def last_line(tmp_path: Path, failed: str, *reports: tuple[int, int, int, int]) -> tuple[int, str]:
    paths = [tmp_path / f"{number}.xml" for number in range(len(reports))]
    for path, counts in zip(paths, reports, strict=True):
        path.write_text(REPORT.format(*counts))
    done = run(sys.executable, "script/summary.py", failed, *map(str, paths), env={})
    return done.returncode, done.stdout.splitlines()[-1]


@pytest.mark.parametrize(
    ("failed", "reports", "expected"),
    [
        ("0", [(10, 0, 0, 0)], (0, "10 passed, 0 failed")),
        ("0", [(10, 0, 0, 2), (5, 0, 0, 0)], (0, "13 passed, 0 failed")),
        ("1", [(10, 1, 0, 0), (5, 0, 2, 0)], (1, "12 passed, 3 failed")),
        ("1", [], (1, "0 passed, 1 failed")),
        ("0", [(0, 0, 0, 0)], (1, "0 passed, 0 failed")),
    ],
)
def test_it_sums_up(
    tmp_path: Path, failed: str, reports: list[tuple[int, int, int, int]], expected: tuple[int, str]
) -> None:
    assert last_line(tmp_path, failed, *reports) == expected
