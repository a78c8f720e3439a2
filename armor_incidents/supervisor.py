"""Runs the programs of the Procfile, restarts those that die, and leaves nothing behind.

`python -m armor_incidents.supervisor` runs `release` to its end, then keeps the others alive until
SIGTERM or Ctrl-C. All of them stay in our process group (docs/decisions/0003-supervisor.md).
"""

import ctypes
import logging
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from pathlib import Path

import psutil

logger = logging.getLogger("supervisor")
ROOT = Path(__file__).resolve().parent.parent
RELEASE = "release"
STOP_WAIT = 12.0  # seconds until SIGKILL
HEALTHY_AFTER = 60.0  # seconds
BACKOFF = (0.5, 1.0, 2.0, 5.0, 10.0)  # seconds before the first, second, … restart in a row
TICK = 1.0  # seconds
PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


class Program:
    """One line of the Procfile, and the process that it is at the moment."""

    def __init__(self, name: str, command: str) -> None:
        self.name = name
        self.process: subprocess.Popen[bytes] | None = None
        self.due_at = 0.0
        self._command = command
        self._started_at = 0.0
        self._deaths = 0

    def start(self) -> None:
        shell = f"exec {self._command}"  # no shell stays between us and the program
        self.process = subprocess.Popen(  # noqa: S603  # the Procfile is ours
            ["/bin/sh", "-c", shell],
            cwd=ROOT,
            env=_environment(),
            stdin=subprocess.DEVNULL,
            preexec_fn=die_with(os.getpid()),
        )
        self._started_at = time.monotonic()
        logger.info("Started %s (process %d).", self.name, self.process.pid)

    def is_running(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def terminate(self) -> None:
        if self.process:
            self.process.terminate()

    def keep_alive(self) -> None:
        """Notices the program's death, and starts it when its time has come."""
        now = time.monotonic()
        if self.process and not self.is_running():
            self._bury(self.process.returncode, now)
        if self.process is None and now >= self.due_at:
            self.start()

    def _bury(self, code: int, now: float) -> None:
        if now - self._started_at >= HEALTHY_AFTER:
            self._deaths = 0
        wait = BACKOFF[min(self._deaths, len(BACKOFF) - 1)]
        logger.error("%s ended (%s); starting it again in %g s.", self.name, _end(code), wait)
        self.process, self.due_at, self._deaths = None, now + wait, self._deaths + 1


class Supervisor:
    """The parent of all programs."""

    def __init__(self, programs: Iterable[Program]) -> None:
        by_name = {program.name: program for program in programs}
        self._release = by_name.pop(RELEASE, None)
        self._programs = list(by_name.values())
        self._is_stopping = False
        self._alarm, self._ringer = os.pipe()

    def run(self) -> int:
        """Until it is told to stop. Returns the exit code."""
        self._listen()
        _adopt_orphans()
        if code := self._run_release():
            return code
        while not self._is_stopping:
            for program in self._programs:
                program.keep_alive()
            self._pause()
        self._stop()
        return 0

    def _listen(self) -> None:
        for descriptor in (self._alarm, self._ringer):
            os.set_blocking(descriptor, False)
        # Every signal writes a byte here, which ends a pause at once.
        signal.set_wakeup_fd(self._ringer, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._on_stop)

    def _on_stop(self, *_: object) -> None:
        self._is_stopping = True

    def _run_release(self) -> int:
        if self._release is None:
            return 0
        self._release.start()
        while self._release.is_running() and not self._is_stopping:
            self._pause()
        if self._is_stopping:
            self._release.terminate()
            return 0
        return self._release.process.returncode if self._release.process else 0

    def _pause(self) -> None:
        """Waits for a signal, a restart that is due, or one tick."""
        next_start = min((p.due_at for p in self._programs if not p.process), default=0.0)
        wait = min(TICK, next_start - time.monotonic()) if next_start else TICK
        if select.select([self._alarm], [], [], max(wait, 0.0))[0]:
            os.read(self._alarm, 4096)
            _kill_all(self._left_over())

    def _left_over(self) -> list[psutil.Process]:
        """Children of programs that died: they are ours now, and have lost what they worked for."""
        living = {p.process.pid for p in [self._release, *self._programs] if p and p.process}
        return [child for child in psutil.Process().children() if child.pid not in living]

    def _stop(self) -> None:
        logger.info("Stopping.")
        for program in self._programs:
            program.terminate()
        ends = time.monotonic() + STOP_WAIT
        while any(p.is_running() for p in self._programs) and time.monotonic() < ends:
            self._pause()
        for program in self._programs:
            if program.is_running():
                logger.warning("%s did not stop in %g s; killing it.", program.name, STOP_WAIT)
        while left := psutil.Process().children(recursive=True):
            _kill_all(left)
        logger.info("Stopped.")


def read_procfile(path: Path) -> list[Program]:
    """The programs of a Procfile: `name: command` lines."""
    lines = [line.strip() for line in path.read_text().splitlines()]
    pairs = [line.partition(":") for line in lines if line and not line.startswith("#")]
    return [Program(name.strip(), command.strip()) for name, _, command in pairs]


def _environment() -> dict[str, str]:
    """Ours, with the programs of our virtual environment found first."""
    here = str(Path(sys.executable).parent)
    return os.environ | {"PATH": here + os.pathsep + os.environ.get("PATH", os.defpath)}


def _end(code: int) -> str:
    return signal.Signals(-code).name if code < 0 else f"exit code {code}"


def _kill_all(processes: list[psutil.Process]) -> None:
    for process in processes:
        try:
            process.kill()
        except psutil.NoSuchProcess:
            continue
    psutil.wait_procs(processes, timeout=TICK)


def _adopt_orphans() -> None:
    """Linux: when a program is killed, its children become ours, so that we can end them."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)


def die_with(parent: int) -> Callable[[], None]:
    """Linux: what a fresh child does so that it is killed when `parent` is."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is None:
            return
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
        if os.getppid() != parent:  # it died before we asked
            os._exit(1)

    return prepare


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    sys.exit(Supervisor(read_procfile(ROOT / "Procfile")).run())
