"""The stage on which histories are played."""

import logging
from collections.abc import Iterator

import pytest
import time_machine
from pytest_django.fixtures import Settings

from alerts import lanes
from armor_incidents.logs import OneLineFormatter
from destinations.connectors.incident_io import IncidentIo
from sandbox.server import Sandbox
from tests.machine.clock import START, Clock
from tests.machine.world import Stage


@pytest.fixture
def log() -> Iterator[list[str]]:
    """Every line of every logger, as it would be written."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keeper, root = Keeper(), logging.getLogger()
    keeper.setFormatter(OneLineFormatter())
    level = root.level
    root.addHandler(keeper)
    root.setLevel(logging.INFO)
    yield lines
    root.setLevel(level)
    root.removeHandler(keeper)


@pytest.fixture
def stage(
    sandbox: Sandbox, settings: Settings, log: list[str], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Stage]:
    """Small limits, so that short histories reach all of them."""
    for name in ("BUSY_POLL", "FULL_POLL"):
        monkeypatch.setattr(lanes, name, lanes.POLL)
    monkeypatch.setattr(IncidentIo, "RATE_PER_SECOND", 0.2)
    monkeypatch.setattr(IncidentIo, "BURST", 6.0)
    settings.RETRY_SCHEDULE = (5, 30)
    settings.BREAKER_FAILURES = 6
    settings.LANE_THREADS = 2
    settings.STORM_LIMIT = 0
    settings.FLAP_LIMIT, settings.FLAP_SETTLE = 2, 300
    settings.RETENTION_DAYS = 2
    with time_machine.travel(START, tick=True) as traveller:
        yield Stage(sandbox, settings, Clock(traveller), log)
