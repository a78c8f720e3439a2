"""Processes of a stage: each leads a group of its own, and the whole group ends with the stage."""

import contextlib
import os
import signal
import subprocess
from pathlib import Path
from types import TracebackType
from typing import Self

TOLD_LINES = 30


class Processes:
    """Starts processes that write to files in `folder`; kills those that are left at the end."""

    def __init__(self, folder: Path, root: Path) -> None:
        self._folder, self._root = folder, root
        self._started: list[subprocess.Popen[bytes]] = []

    def start(
        self, name: str, command: list[str], environment: dict[str, str]
    ) -> subprocess.Popen[bytes]:
        """Starts what runs until `stop`. Its output goes to a file, which `said` reads."""
        with self._log(name).open("ab") as log:
            process = subprocess.Popen(
                command,
                cwd=self._root,
                env=environment,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._started.append(process)
        return process

    def run(self, command: list[str], environment: dict[str, str], limit: float) -> str:
        """Runs a command to its end, and returns what it printed."""
        with (self._folder / "run.err").open("w+b") as errors:
            process = subprocess.Popen(
                command,
                cwd=self._root,
                env=environment,
                stdout=subprocess.PIPE,
                stderr=errors,
                start_new_session=True,
            )
            self._started.append(process)
            try:
                output, _ = process.communicate(timeout=limit)
            finally:
                self.stop(process)
            if process.returncode:
                told = "\n".join(_tail(self._folder / "run.err"))
                raise RuntimeError(f"{' '.join(command[1:4])} broke off:\n{told}")
        return output.decode().strip()

    def said(self, name: str, words: str) -> str:
        """The last line of its output that has these words; empty if there is none."""
        lines = self._log(name).read_text(errors="replace").splitlines()
        return next((line for line in reversed(lines) if words in line), "")

    def stop(self, process: subprocess.Popen[bytes]) -> None:
        """Ends the whole group of a process, at once: nothing of it is needed any more."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process in self._started:
            self._started.remove(process)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in reversed(list(self._started)):
            self.stop(process)

    def _log(self, name: str) -> Path:
        return self._folder / f"{name}.log"


def _tail(path: Path) -> list[str]:
    return path.read_text(errors="replace").splitlines()[-TOLD_LINES:]
