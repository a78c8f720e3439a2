"""Benchmarks count all processor time: of a tree, of children that have ended, of PostgreSQL."""

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from bench.cost import Meter, cpu_seconds
from bench.database import SQLITE, Engine, postgresql
from bench.stage import Stage

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
ENGINES = [SQLITE, postgresql(SERVER)] if SERVER else [SQLITE]
COUNT = 200
BURNT = 0.3  # seconds
# A process whose child burns processor time and is gone when the parent says so.
PARENT = """
import subprocess, sys
burn = "import time\\nwhile time.process_time() < {burnt}: pass"
subprocess.run([sys.executable, "-c", burn])
print("done", flush=True)
sys.stdin.read()
"""


@pytest.fixture
def parent() -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-c", PARENT.format(burnt=BURNT)]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        yield process


def test_the_time_of_a_child_that_has_ended_is_counted(parent: subprocess.Popen[str]) -> None:
    assert parent.stdout is not None
    assert parent.stdout.readline() == "done\n"
    assert cpu_seconds(parent.pid) >= BURNT


def test_a_meter_divides_by_the_pieces_of_work() -> None:
    meter = Meter()
    meter.wall, meter.own, meter.database = 2.0, 0.5, 0.3
    assert meter.per(100) == pytest.approx(
        {"per_second": 50.0, "cpu_ms": 8.0, "own_ms": 5.0, "database_ms": 3.0}
    )


@pytest.mark.parametrize("engine", ENGINES, ids=lambda engine: engine.name)
def test_the_servers_time_is_part_of_what_a_delivery_costs(engine: Engine) -> None:
    with Stage(engine) as stage:
        made = stage.call("bench.scenes:set_up")
        stage.call("bench.scenes:fill", count=COUNT, destination=made["destinations"][0])
        figures = stage.call("bench.ours:drain", lane=made["lanes"][0], count=COUNT)
    assert (figures["database_ms"] > 0) == bool(engine.server)
    assert figures["cpu_ms"] == pytest.approx(figures["own_ms"] + figures["database_ms"])
