"""The test's side of the zygote: starts workers, kills them, and has a new one in their place."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

from tests.crashes.scene import TIMINGS, Scene

ROOT = Path(__file__).resolve().parents[2]
WORKERS_BESIDES = 2  # more workers than lanes, so that there is a rival for every lane


class Crew:
    """All processes of one scene. They are in one group, and none outlives it."""

    def __init__(self, scene: Scene, database_url: str) -> None:
        self.scene = scene
        self.log = Path(scene.folder) / "log"
        self._lock = threading.RLock()
        self._alive: dict[int, str] = {}
        environment = os.environ | TIMINGS | scene.to_environment()
        with self.log.open("wb") as log:
            self._zygote = subprocess.Popen(
                [sys.executable, "-m", "tests.crashes.zygote"],
                cwd=ROOT,
                env=environment
                | {
                    "DATABASE_URL": database_url,
                    "DJANGO_SETTINGS_MODULE": "tests.crashes.settings",
                },
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )

    def run(self, role: str) -> None:
        """Plays a role to its end."""
        with self._lock:
            code = self._ask(f"reap {self._ask(role)}")
        assert code == 0, self.log.read_text()

    def start(self) -> None:
        with self._lock:
            for _ in range(len(self.scene.urls) + WORKERS_BESIDES):
                self._fork("work")
            self._fork("report")

    def workers(self) -> list[int]:
        return self._pids("work")

    def producer(self) -> int:
        [pid] = self._pids("report")
        return pid

    def kill(self, pid: int) -> bool:
        """SIGKILL, and another one at once. False if there is no such process any more."""
        with self._lock:
            return self.signal(pid, signal.SIGKILL) and self._replace(pid)

    def bury(self, pid: int) -> bool:
        """Replaces a worker that has killed itself, or is about to."""
        with self._lock:
            return pid in self._alive and self._replace(pid)

    def signal(self, pid: int, number: signal.Signals) -> bool:
        """Sends a signal to a process of ours. Its id is its own until it is reaped, under the
        same lock."""
        with self._lock:
            if pid not in self._alive:
                return False
            os.kill(pid, number)
            return True

    def stop_reporting(self) -> None:
        """Ends the producer; what it was at is reported once more, for certain."""
        with self._lock:
            producer = self.producer()
            os.kill(producer, signal.SIGKILL)
            self._reap(producer)
            self.run("finish")

    def complaints(self) -> list[str]:
        """What the processes logged and should never have to: that something broke off."""
        return [line for line in self.log.read_text().splitlines() if "broke off" in line]

    def stop(self) -> None:
        os.killpg(self._zygote.pid, signal.SIGKILL)
        self._zygote.communicate()

    def _pids(self, role: str) -> list[int]:
        with self._lock:
            return [pid for pid, played in self._alive.items() if played == role]

    def _replace(self, pid: int) -> bool:
        self._fork(self._reap(pid))
        return True

    def _fork(self, role: str) -> None:
        self._alive[self._ask(role)] = role

    def _reap(self, pid: int) -> str:
        code = self._ask(f"reap {pid}")
        assert code == -signal.SIGKILL, f"A process ended by itself ({code}): {self.log}"
        return self._alive.pop(pid)

    def _ask(self, order: str) -> int:
        assert self._zygote.stdin
        assert self._zygote.stdout
        self._zygote.stdin.write(f"{order}\n")
        self._zygote.stdin.flush()
        return int(self._zygote.stdout.readline())
