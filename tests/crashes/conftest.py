"""Databases of their own, and the seed of the run: CRASH_SEED repeats one."""

import os
import random

import pytest

from tests.pipeline.conftest import database_url

__all__ = ["database_url"]
IS_LONG = bool(os.environ.get("LONG"))


@pytest.fixture
def seed() -> int:
    """Printed, so that a run that fails can be fought again."""
    seed = int(os.environ.get("CRASH_SEED") or random.SystemRandom().randrange(10**6))
    print(f"CRASH_SEED={seed}")
    return seed
