"""The whole system as processes: web server, worker, database, and the sandbox as judge."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO, Any, TypeVar

import psutil
import requests

from sandbox.keys import FULL
from sandbox.server import Sandbox

ROOT = Path(__file__).resolve().parents[2]
PATIENCE = 60.0  # seconds: long, so that a slow machine fails no test; waiting ends at success
T = TypeVar("T")

# Short leases, so that what a killed worker held is free again in seconds. The order is the same.
TIMINGS = {
    "DELIVERY_CALL_DEADLINE": "1",
    "DELIVERY_DRAIN_BUDGET": "1.5",
    "DELIVERY_TASK_TIMEOUT": "3",
    "DELIVERY_LEASE": "4",
    "DELIVERY_QUEUE_RETRY": "5",
    "DELIVERY_STALL_TIMEOUT": "4",
}

SETUP = """
from accounts.models import ApiKey
from alerts.models import Rule
from destinations.models import Destination
import os
destination = Destination(kind="incident_io", name="incident.io")
destination.set_secret("api_key", os.environ["SANDBOX_KEY"])
destination.config = {"closed_status_id": os.environ["CLOSED_STATUS"]}
destination.save()
rule = Rule.objects.create(name="Schema changes", event_types=["schema_change"])
rule.destinations.add(destination)
print(ApiKey.objects.issue("tests")[1])
"""


class System:
    """Starts and kills processes of its own, and knows how to ask the API."""

    def __init__(self, database_url: str, sandbox: Sandbox, **environment: str) -> None:
        self.sandbox = sandbox
        self.port = _free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.environment = (
            os.environ
            | TIMINGS
            | {
                "GENERATE_KEYS": "True",
                "DATABASE_URL": database_url,
                "INCIDENT_IO_API_URL": sandbox.url,
                "PORT": str(self.port),
                "SANDBOX_KEY": FULL,
                "CLOSED_STATUS": closed_status(sandbox),
                "WORKERS": "2",
            }
            | environment
        )
        self._processes: list[subprocess.Popen[bytes]] = []
        self.worker: subprocess.Popen[bytes] | None = None
        self.supervisor: subprocess.Popen[bytes] | None = None
        self.manage("migrate", "-v0")
        self.key = self.manage("shell", "-v0", "-c", SETUP).splitlines()[-1]
        self._http = requests.Session()
        self._http.headers["Authorization"] = f"Bearer {self.key}"

    def manage(self, *arguments: str) -> str:
        """Runs a management command, and returns what it printed."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=120
        )
        assert done.returncode == 0, done.stderr
        return done.stdout.strip()

    def start_web(self) -> None:
        server = [
            sys.executable,
            "-m",
            "gunicorn",
            "armor_incidents.wsgi",
            "-k",
            "gthread",
            "--no-control-socket",
        ]
        self._start([*server, "--threads", "8", "-b", f"127.0.0.1:{self.port}"])
        wait_for(lambda: self._answers("/healthz"))

    def start_worker(self) -> None:
        self.worker = self._start([sys.executable, "manage.py", "worker"])

    def start_supervisor(self, log: Path) -> None:
        """Web server and worker as an operator runs them. What they say goes into `log`."""
        with log.open("wb") as output:
            self.supervisor = self._start(
                [sys.executable, "-m", "armor_incidents.supervisor"], stderr=output
            )
        wait_for(lambda: self._answers("/healthz"))

    def kill_worker(self) -> None:
        """SIGKILL for all processes of the worker at once, as the OOM killer or a host would."""
        assert self.worker is not None
        os.killpg(self.worker.pid, signal.SIGKILL)
        self.worker.wait()

    def freeze_worker(self) -> None:
        assert self.worker is not None
        os.killpg(self.worker.pid, signal.SIGSTOP)

    def worker_processes(self) -> list[psutil.Process]:
        started = self.supervisor or self.worker
        assert started is not None
        return psutil.Process(started.pid).children(recursive=True)

    def sending_process(self) -> psutil.Process:
        """The worker's process that holds a connection to the sandbox."""
        for process in self.worker_processes():
            peers = {c.raddr.port for c in process.net_connections(kind="tcp") if c.raddr}
            if self.sandbox.port in peers:
                return process
        raise AssertionError("no process of the worker is connected to the sandbox")

    def post(self, path: str, body: Any = None) -> requests.Response:
        return self._http.post(f"{self.url}/api/v1{path}", json=body, timeout=30)

    def get(self, path: str) -> Any:
        answer = self._http.get(f"{self.url}/api/v1{path}", timeout=30)
        assert answer.status_code == 200, answer.text
        return answer.json()["data"]

    def trigger(self, name: str, **fields: Any) -> str:
        """Reports a schema change on the asset `name`; returns the alert's id."""
        answer = self.post("/events", event(name, **fields))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["data"]["alert_id"])

    def deliveries(self, alert_id: str) -> dict[str, Any]:
        """The alert's deliveries by their action."""
        return {d["action"]: d for d in self.get(f"/alerts/{alert_id}/deliveries")}

    def wait_until_delivered(self, alert_id: str, action: str) -> Any:
        def delivered() -> Any:
            delivery = self.deliveries(alert_id).get(action)
            return delivery if delivery and delivery["state"] == "delivered" else None

        return wait_for(delivered)

    def stop(self) -> None:
        for process in self._processes:
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()

    def _start(
        self, command: list[str], stderr: IO[bytes] | None = None
    ) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command, cwd=ROOT, env=self.environment, stderr=stderr, start_new_session=True
        )
        self._processes.append(process)
        return process

    def _answers(self, path: str) -> bool:
        try:
            return self._http.get(self.url + path, timeout=2).status_code == 200
        except requests.RequestException:
            return False


def event(name: str, **fields: Any) -> dict[str, Any]:
    """A schema change on the asset `name`."""
    return {
        "event_type": "schema_change",
        "severity": "critical",
        "title": f"Column removed from {name}",
        "asset": name,
        "changes": [{"change_type": "column_removed", "column": "customer_email"}],
    } | fields


def closed_status(sandbox: Sandbox) -> str:
    statuses = requests.get(
        f"{sandbox.url}/v1/incident_statuses",
        headers={"Authorization": f"Bearer {FULL}"},
        timeout=10,
    ).json()["incident_statuses"]
    return str(next(s["id"] for s in statuses if s["category"] == "closed"))


def wait_for(condition: Callable[[], T | None], patience: float = PATIENCE) -> T:
    """The first truthy answer of `condition`; fails when none comes."""
    ends = time.monotonic() + patience
    while time.monotonic() < ends:
        if answer := condition():
            return answer
        time.sleep(0.05)
    raise AssertionError(f"{condition} did not come true within {patience:g} s")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
