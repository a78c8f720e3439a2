"""script/bench: benchmarks give rows and numbers, say which goals are missed, and leave nothing."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench import __main__ as command
from bench import growth, limit
from bench.report import Row, table
from bench.stage import ROOT, Plan, Stage, wait_for
from tests.scripts.environment import environment

PATIENCE = 150  # seconds: many processes are started, one after another

MET = Row("growth", "many ÷ few", "1.0 CPU-ms", "1.0 CPU-ms", 1.0, 1.1)
MISSED = Row("limit", "20/s", "700 calls", "800 allowed", 0.875, 0.98, is_ceiling=False)


def play(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, *names: str) -> int:
    monkeypatch.setattr(sys, "argv", ["bench", *names, "--json", str(tmp_path / "rows.json")])
    return command.main()


def broken(plan: Plan) -> Iterator[Row]:
    yield MET
    raise RuntimeError("The sandbox went away.")


def test_a_quick_benchmark_gives_a_row_and_its_numbers(tmp_path: Path) -> None:
    path = tmp_path / "rows.json"
    arguments = ["--quick", "growth", "--json", str(path)]
    output = subprocess.check_output(
        [sys.executable, "-m", "bench", *arguments],
        cwd=ROOT,
        env=environment(tmp_path),
        text=True,
        timeout=PATIENCE,
    )
    assert "SQLite, 2,000 waiting ÷ 100" in output
    [row] = json.loads(path.read_text())
    assert row["benchmark"] == "growth"
    assert row["ratio"] > 0
    assert len(row["details"]["many"]) == len(row["details"]["few"]) == 1


def test_the_table_tells_which_goals_are_missed() -> None:
    heads, met, missed = table([MET, MISSED]).splitlines()
    assert heads.split() == ["benchmark", "case", "measured", "reference", "ratio", "goal"]
    assert met.endswith("1.00   ≤ 1.1")
    assert missed.endswith("0.88   ≥ 0.98  missed")


def test_a_missed_goal_is_no_failure(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(limit, "run", lambda plan: iter([MISSED]))
    assert play(monkeypatch, tmp_path, "limit") == 0
    assert "missed" in capsys.readouterr().out
    [row] = json.loads((tmp_path / "rows.json").read_text())
    assert row["is_met"] is False


def test_a_benchmark_that_breaks_off_fails_the_run_and_keeps_what_there_was(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(growth, "run", broken)
    monkeypatch.setattr(limit, "run", lambda plan: iter([MISSED]))
    assert play(monkeypatch, tmp_path, "growth", "limit") == 1
    assert "Broke off: growth." in capsys.readouterr().out
    rows = json.loads((tmp_path / "rows.json").read_text())
    assert [row["benchmark"] for row in rows] == ["growth", "limit"]


def test_a_stage_that_is_broken_off_leaves_no_process_and_no_file() -> None:
    pids: list[int] = []
    places: list[Path] = []
    with pytest.raises(KeyboardInterrupt):
        break_off(pids, places)
    assert len(pids) > 1
    wait_for(lambda: not any(is_running(pid) for pid in pids))
    assert not any(place.exists() for place in places)


def break_off(pids: list[int], places: list[Path]) -> None:
    """Tells which processes ran and which places there were when somebody pressed Ctrl-C."""
    with Stage() as stage:
        worker = psutil.Process(stage.start_worker().pid)
        pids += [worker.pid, *(child.pid for child in worker.children(recursive=True))]
        places += [stage.folder, Path(stage.database_url.removeprefix("sqlite:///"))]
        assert all(place.exists() for place in places)
        raise KeyboardInterrupt


def test_a_run_that_is_stopped_ends_what_it_has_started(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "bench", "--quick", "growth"]
    with subprocess.Popen(command, cwd=ROOT, env=environment(tmp_path)) as bench:
        started = wait_for(lambda: psutil.Process(bench.pid).children(recursive=True))
        bench.terminate()
        assert bench.wait(PATIENCE) == 143
    wait_for(lambda: not any(is_running(child.pid) for child in started))


def is_running(pid: int) -> bool:
    """Not so: a process that is dead, and whose parent has not taken note yet."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def test_a_stage_is_not_changed_by_what_the_shell_has_set(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(os.environ, "LANE_THREADS", "1")
    monkeypatch.setitem(os.environ, "DATABASE_URL", f"sqlite:///{tmp_path / 'mine.sqlite3'}")
    with Stage() as stage:
        stage.call("bench.scenes:set_up")
        assert "LANE_THREADS" not in stage.environment
    assert not (tmp_path / "mine.sqlite3").exists()
