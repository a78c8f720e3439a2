"""The stage a benchmark plays on: a new database, the sandbox, and the product's own processes."""

import base64
import json
import os
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import requests

from bench.database import FOLDER_PREFIX, SQLITE, Engine
from bench.processes import Processes

ROOT = Path(__file__).resolve().parents[1]
UNLIMITED = {"rate": 1_000_000, "burst": 100_000_000}
WEB_WORKERS = 2
PATIENCE = 120.0  # seconds
CALL_LIMIT = 900.0  # seconds
# What the shell has set for the app must not change what is measured.
INHERITED = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "USER", "VIRTUAL_ENV")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured, and on which databases."""

    engines: tuple[Engine, ...] = (SQLITE,)
    is_quick: bool = False

    def size(self, full: int, quick: int) -> int:
        return quick if self.is_quick else full


class Stage:
    """`with Stage(engine) as stage:` a migrated database and a running sandbox. All that was
    started here ends with it.

    Keyword arguments in capitals are the environment of the product's processes, on top of
    defaults that take every brake away: no storm brake, no rate limit in the sandbox.
    """

    def __init__(
        self,
        engine: Engine = SQLITE,
        *,
        delay_ms: float = 0,
        rate: float = UNLIMITED["rate"],
        burst: int = UNLIMITED["burst"],
        **environment: str,
    ) -> None:
        self.engine = engine
        self._sandbox_options = {"rate": rate, "burst": burst, "delay-ms": delay_ms}
        self._own_environment = environment
        self._http = requests.Session()
        self._http.trust_env = False

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self.folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
            stack.callback(shutil.rmtree, self.folder, ignore_errors=True)
            self.database_url = stack.enter_context(self.engine.database())
            self.port = free_port()
            self.url = f"http://127.0.0.1:{self.port}"
            self.processes = stack.enter_context(Processes(self.folder, ROOT))
            self.sandbox_url = self._start_sandbox()
            self.environment = self._environment()
            self.manage("migrate", "-v0")
            self._stack = stack.pop_all()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stack.close()

    # --- The product's processes ---------------------------------------------------------------

    def start_worker(self, **environment: str) -> subprocess.Popen[bytes]:
        """A real worker. It is awake when this returns."""
        worker = self.start("worker", "manage.py", "worker", **environment)
        wait_for(lambda: self.processes.said("worker", "The worker is ready"))
        return worker

    def start_web(self, **environment: str) -> subprocess.Popen[bytes]:
        """The web server as the Procfile starts it, at `self.url`."""
        server = "-m gunicorn armor_incidents.wsgi --worker-class gthread --threads 8"
        options = f"--workers {WEB_WORKERS} --bind 127.0.0.1:{self.port} --no-control-socket"
        web = self.start("web", *server.split(), *options.split(), **environment)
        wait_for(lambda: self._answers("/healthz"))
        return web

    def start(self, name: str, *command: str, **environment: str) -> subprocess.Popen[bytes]:
        """A process of Python that runs until the stage ends."""
        full = [sys.executable, *command]
        return self.processes.start(name, full, self.environment | environment)

    def manage(self, *arguments: str) -> str:
        """Runs a management command, and returns what it printed."""
        return self._run(["manage.py", *arguments], self.environment)

    # --- Measurements in processes of their own ------------------------------------------------

    def call(self, function: str, /, **arguments: Any) -> Any:
        """Runs `module:function` in a process of its own, with Django set up on this database.
        Arguments and answer travel as JSON."""
        return self._call(function, arguments, self.environment)

    def call_plain(self, function: str, /, **arguments: Any) -> Any:
        """The same without Django: for the bare loops that measurements are compared with."""
        environment = dict(self.environment)
        del environment["DJANGO_SETTINGS_MODULE"]
        return self._call(function, arguments, environment)

    # --- The sandbox ---------------------------------------------------------------------------

    def control(self, path: str, body: Any = None) -> Any:
        """The sandbox's control API: GET without a body, else POST (sandbox/control.py)."""
        url = f"{self.sandbox_url}/_sandbox/{path}"
        answer = self._http.get(url) if body is None else self._http.post(url, json=body)
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def journal(self, since: int = 0) -> list[dict[str, Any]]:
        """The requests that came in. `monotonic_time` is this machine's time.monotonic()."""
        entries: list[dict[str, Any]] = self.control(f"journal?since={since}")["entries"]
        return entries

    def requests_seen(self) -> int:
        return int(self.control("state")["requests"])

    # --- Inside --------------------------------------------------------------------------------

    def _start_sandbox(self) -> str:
        options = [f"--{name}={value}" for name, value in self._sandbox_options.items()]
        command = [sys.executable, "-m", "sandbox", "--port=0", *options]
        self.processes.start("sandbox", command, _inherited())
        line = wait_for(lambda: self.processes.said("sandbox", "sandbox ready on"))
        return line.rpartition(" ")[2].strip()

    def _environment(self) -> dict[str, str]:
        return (
            _inherited()
            | {
                "DJANGO_SETTINGS_MODULE": "armor_incidents.settings",
                "DATABASE_URL": self.database_url,
                "SECRET_KEY": secrets.token_urlsafe(50),
                "DATA_ENCRYPTION_KEYS": base64.b64encode(os.urandom(32)).decode(),
                "INCIDENT_IO_API_URL": self.sandbox_url,
                "PORT": str(self.port),
                "STORM_LIMIT": "0",
            }
            | self._own_environment
        )

    def _call(self, function: str, arguments: dict[str, Any], environment: dict[str, str]) -> Any:
        command = ["-m", "bench.child", function, json.dumps(arguments)]
        return json.loads(self._run(command, environment).splitlines()[-1])

    def _run(self, command: list[str], environment: dict[str, str]) -> str:
        return self.processes.run([sys.executable, *command], environment, CALL_LIMIT)

    def _answers(self, path: str) -> bool:
        try:
            return self._http.get(self.url + path, timeout=2).status_code == 200
        except requests.RequestException:
            return False


def wait_for(condition: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """The first truthy answer of `condition`; raises TimeoutError when none comes."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise TimeoutError(f"Nothing came of {condition.__qualname__} within {patience:g} s.")


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _inherited() -> dict[str, str]:
    return {name: os.environ[name] for name in INHERITED if name in os.environ}
