"""Supervisors of small shell programs, in a process group of their own."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

RUN = """
import sys
from pathlib import Path
from armor_incidents import supervisor
supervisor.STOP_WAIT = float(sys.argv[2])
sys.exit(supervisor.Supervisor(supervisor.read_procfile(Path(sys.argv[1]))).run())
"""
PATIENCE = 10.0  # seconds


class Running:
    """A supervisor that runs, and what it has started."""

    def __init__(self, process: subprocess.Popen[bytes]) -> None:
        self.process = process
        self.pid = process.pid

    def programs(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children()

    def everything(self) -> list[psutil.Process]:
        return psutil.Process(self.pid).children(recursive=True)

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE)


@contextmanager
def supervised(tmp_path: Path, procfile: str, stop_wait: float = 5) -> Iterator[Running]:
    """Runs the Procfile's programs; kills the whole group in the end."""
    path = tmp_path / "Procfile"
    path.write_text(procfile)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, str(path), str(stop_wait)], start_new_session=True
    )
    try:
        yield Running(process)
    finally:
        kill_group(process.pid)
        process.wait(PATIENCE)


def kill_group(group: int) -> None:
    try:
        os.killpg(group, signal.SIGKILL)
    except ProcessLookupError:
        return


def is_gone(process: psutil.Process) -> bool:
    """Whether it runs no more; one that nobody has reaped yet counts as gone."""
    try:
        return process.status() == psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return True


def wait_for(condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    ends = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < ends, "It did not happen in time."
        time.sleep(0.02)
