"""Workers are killed with SIGKILL at every moment of a delivery's life, hundreds of times."""

from pathlib import Path

import pytest

from tests.crashes.campaign import fight
from tests.crashes.conftest import IS_LONG
from tests.crashes.moments import CRASHES

CRASH_COUNT = 550 if IS_LONG else 45  # on each database
LANES = 6


@pytest.mark.timeout(1200 if IS_LONG else 600)
def test_a_thousand_crashes_lose_nothing_and_double_nothing(
    database_url: str, tmp_path: Path, seed: int
) -> None:
    report = fight(database_url, str(tmp_path), CRASH_COUNT, seed, LANES)
    print(report.numbers)
    assert not report.complaints, "\n".join([f"CRASH_SEED={seed}", *report.complaints])
    assert report.crashes >= CRASH_COUNT
    assert report.numbers["interrupted"] > CRASH_COUNT / 4
    if IS_LONG:
        assert {moment.__name__ for moment in CRASHES} <= set(report.numbers)
