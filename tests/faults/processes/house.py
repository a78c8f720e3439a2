"""The system of processes, and what the tests of faults do with it besides."""

import subprocess

import pytest

from sandbox.server import Sandbox
from tests.faults.processes import databases
from tests.pipeline.system import System

on_sqlite = pytest.mark.parametrize("shared_house", ["sqlite"], indirect=True)
on_postgresql = pytest.mark.parametrize("shared_house", ["postgresql"], indirect=True)


class House(System):
    """It can be broken in any way, and mended."""

    web: subprocess.Popen[bytes]

    def __init__(self, database_url: str, sandbox: Sandbox) -> None:
        super().__init__(database_url, sandbox)
        self.database_url = database_url
        # All tests share a rule, and together they report more than a calm minute has.
        self.environment["STORM_LIMIT"] = "1000000"
        self._is_usual = True

    def start_web(self) -> None:
        super().start_web()
        self.web = self._processes[-1]

    def start_worker_with(self, **environment: str) -> None:
        """A worker with other settings than the usual one's, until the test is over."""
        usual = self.environment
        self._is_usual = False
        self.environment = usual | environment
        try:
            self.start_worker()
        finally:
            self.environment = usual

    def mend(self) -> None:
        """Web server and worker work as usual again, and the sandbox behaves."""
        self.sandbox.faults.clear()
        if self.web.poll() is not None:
            self.start_web()
        if not self._is_usual and self.is_working():
            self.kill_worker()
        self.supervise()
        self._is_usual = True

    def is_working(self) -> bool:
        return self.worker is not None and self.worker.poll() is None

    def supervise(self) -> None:
        """What the supervisor does: a worker that stands still leaves, to be started again."""
        if not self.is_working():
            self.start_worker()

    def count(self, rows: str) -> int:
        """How many rows there are of `table WHERE …`."""
        return databases.count(self.database_url, rows)

    def trigger_many(self, *names: str) -> list[str]:
        return [self.trigger(name) for name in names]

    def requests_for(self, alert: str) -> int:
        """How often its incident was asked for."""
        key = self.deliveries(alert)["create"]["idempotency_key"]
        return self.sandbox.journal.requests_with_key(key)

    def incidents_for(self, *alerts: str) -> int:
        """How many incidents these alerts have."""
        keys = {self.deliveries(alert)["create"]["idempotency_key"] for alert in alerts}
        made = self.sandbox.workspace.incidents()
        return sum(incident.idempotency_key in keys for incident in made)
