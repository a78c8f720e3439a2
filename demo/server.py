"""The app as its own processes, on a state of its own that is fresh for every demo."""

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

import requests

from armor_incidents.environment import BASE_DIR, VAR_DIR, new_encryption_key, new_secret_key
from armor_incidents.supervisor import die_with

STATE = VAR_DIR / "demo"
LOG = STATE / "server.log"
READY_WAIT = 60.0  # seconds
STOP_WAIT = 20.0  # seconds
HOST = "127.0.0.1"
USERNAME = "admin"


class NotReady(Exception):
    """The app did not start; the text says why."""


class Server:
    """The app, on a free port."""

    def __init__(self, port: int, incident_io_url: str, mail_url: str) -> None:
        self.url = f"http://{HOST}:{port}"
        self.password = secrets.token_urlsafe(9)
        self._environment = _environment(
            HOST=HOST,
            PORT=str(port),
            PUBLIC_URL=self.url,
            DATABASE_URL=f"sqlite:///{STATE / 'demo.sqlite3'}",
            SECRET_KEY=new_secret_key(),
            DATA_ENCRYPTION_KEYS=new_encryption_key(),
            ALLOWED_HOSTS=f"{HOST},localhost",
            HTTPS_ONLY="False",
            DEBUG="False",
            INCIDENT_IO_API_URL=incident_io_url,
            EMAIL_URL=mail_url,
            EMAIL_FROM="Armor Incidents <armor@example.com>",
            OUTBOUND_ALLOW_CIDRS="127.0.0.0/8",
            DJANGO_SUPERUSER_USERNAME=USERNAME,
            DJANGO_SUPERUSER_PASSWORD=self.password,
        )

    @contextmanager
    def running(self) -> Iterator[None]:
        shutil.rmtree(STATE, ignore_errors=True)
        STATE.mkdir(parents=True)
        command = [sys.executable, "-m", "armor_incidents.supervisor"]
        with LOG.open("wb") as log:
            process = subprocess.Popen(  # noqa: S603  # our own module
                command,
                cwd=BASE_DIR,
                env=self._environment,
                stdout=log,
                stderr=log,
                preexec_fn=die_with(os.getpid()),
            )
        try:
            self._wait_until_ready(process)
            yield
        finally:
            _stop(process)

    def make_api_key(self) -> str:
        command = [sys.executable, "manage.py", "create_api_key", "demo"]
        made = subprocess.run(  # noqa: S603
            command, cwd=BASE_DIR, env=self._environment, check=True, capture_output=True, text=True
        )
        return made.stdout.splitlines()[-1]

    def _wait_until_ready(self, process: subprocess.Popen[bytes]) -> None:
        ends = time.monotonic() + READY_WAIT
        while process.poll() is None and time.monotonic() < ends:
            if self._is_ready():
                return
            time.sleep(0.1)
        raise NotReady(f"The app did not start. Its log, {LOG}, ends:\n{LOG.read_text()[-2000:]}")

    def _is_ready(self) -> bool:
        with requests.Session() as session:
            session.trust_env = False
            try:
                return session.get(f"{self.url}/readyz", timeout=5).ok
            except requests.RequestException:
                return False


def free_port(wanted: int) -> int:
    """`wanted`, or another one if it is taken."""
    for port in (wanted, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return int(probe.getsockname()[1])
    raise NotReady("This machine has no free port.")


def _environment(**ours: str) -> dict[str, str]:
    """The shell's, but for our values and the files that would take their place."""
    hidden = {f"{name}_FILE" for name in ours} | {"SECRET_KEY_FALLBACKS"}
    return {k: v for k, v in os.environ.items() if k not in hidden} | ours


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_WAIT)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
