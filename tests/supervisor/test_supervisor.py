"""Programs are kept alive, stay in one process group, and never outlive their supervisor."""

import os
import signal
import sys
from pathlib import Path

import pytest

from armor_incidents.supervisor import ROOT, read_procfile
from tests.supervisor.programs import is_gone, supervised, wait_for

TWO = "web: sleep 1000\nworker: sleep 1001\n"
WITH_GRANDCHILD = "worker: sh -c 'sleep 1000 & sleep 1001'\n"
STUBBORN = "worker: sh -c 'trap \"\" TERM; sleep 1000 & while :; do sleep 1; done'\n"
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="prctl is Linux's")


def test_a_program_that_is_killed_is_started_again(tmp_path: Path) -> None:
    with supervised(tmp_path, TWO) as running:
        wait_for(lambda: len(running.programs()) == 2)
        victim, other = running.programs()
        victim.kill()
        wait_for(lambda: is_gone(victim) and len(running.programs()) == 2)
        assert other in running.programs()


def test_a_program_that_ends_by_itself_is_started_again(tmp_path: Path) -> None:
    count = tmp_path / "count"
    with supervised(tmp_path, f"web: sh -c 'echo x >> {count}'\n"):
        wait_for(lambda: count.exists() and len(count.read_text().split()) >= 2)


def test_all_programs_stay_in_the_process_group(tmp_path: Path) -> None:
    with supervised(tmp_path, TWO + "third: sh -c 'sleep 1000 & sleep 1001'\n") as running:
        wait_for(lambda: len(running.everything()) == 5)
        assert {os.getpgid(process.pid) for process in running.everything()} == {running.pid}


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_everything(tmp_path: Path, number: signal.Signals) -> None:
    with supervised(tmp_path, TWO) as running:
        wait_for(lambda: len(running.programs()) == 2)
        programs = running.programs()
        running.process.send_signal(number)
        assert running.process.wait(5) == 0
        assert all(is_gone(process) for process in programs)


@linux_only
def test_what_does_not_stop_is_killed_with_its_children(tmp_path: Path) -> None:
    with supervised(tmp_path, STUBBORN, stop_wait=0.5) as running:
        wait_for(lambda: len(running.everything()) >= 3)
        everything = running.everything()
        assert running.stop() == 0
        assert all(is_gone(process) for process in everything)


@linux_only
def test_the_children_of_a_killed_program_are_killed(tmp_path: Path) -> None:
    with supervised(tmp_path, WITH_GRANDCHILD) as running:
        wait_for(lambda: len(running.everything()) == 3)
        before = running.everything()
        running.programs()[0].kill()
        wait_for(lambda: all(is_gone(process) for process in before))
        wait_for(lambda: len(running.everything()) == 3)


@linux_only
def test_programs_die_with_a_supervisor_that_is_killed(tmp_path: Path) -> None:
    with supervised(tmp_path, TWO) as running:
        wait_for(lambda: len(running.programs()) == 2)
        programs = running.programs()
        running.process.kill()
        wait_for(lambda: all(is_gone(process) for process in programs))


def test_release_runs_to_its_end_before_anything_else(tmp_path: Path) -> None:
    log = tmp_path / "log"
    web = f"web: sh -c 'echo web >> {log}; exec sleep 1000'\n"
    release = f"release: sh -c 'sleep 0.3; echo release >> {log}'\n"
    with supervised(tmp_path, web + release):
        wait_for(lambda: log.exists() and len(log.read_text().split()) == 2)
        assert log.read_text().split() == ["release", "web"]


def test_a_release_that_fails_stops_the_start(tmp_path: Path) -> None:
    started = tmp_path / "started"
    with supervised(tmp_path, f"release: sh -c 'exit 3'\nweb: touch {started}\n") as running:
        assert running.process.wait(5) == 3
        assert not started.exists()


def test_a_stop_during_release_stops_release(tmp_path: Path) -> None:
    with supervised(tmp_path, "release: sleep 1000\nweb: sleep 1001\n") as running:
        wait_for(lambda: len(running.programs()) == 1)
        release = running.programs()[0]
        assert running.stop() == 0
        assert is_gone(release)


def test_our_procfile_runs_web_and_worker_after_release() -> None:
    assert [program.name for program in read_procfile(ROOT / "Procfile")] == [
        "release",
        "web",
        "worker",
    ]
