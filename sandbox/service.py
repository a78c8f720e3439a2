"""Everything the sandbox knows and remembers, without the network."""

from sandbox.alert_events import AlertSources
from sandbox.faults import FaultList
from sandbox.journal import Journal
from sandbox.keys import KeyRing
from sandbox.limits import Limiter
from sandbox.workspace import Workspace


class Service:
    def __init__(self, rate: float = 20, burst: int = 1200, delay_ms: float = 0) -> None:
        self.keys = KeyRing()
        self.workspace = Workspace()
        self.alert_sources = AlertSources()
        self.journal = Journal()
        self.faults = FaultList()
        self.limiter = Limiter(rate, burst)
        self._options = rate, burst, delay_ms / 1000
        self.delay_seconds = delay_ms / 1000

    def reset(self) -> None:
        """As at the start: nothing remembered, no faults, the built-in keys, the first options."""
        self.faults.clear()
        self.workspace.reset()
        self.alert_sources.reset()
        self.journal.reset()
        self.keys.reset()
        rate, burst, self.delay_seconds = self._options
        self.limiter.configure(rate, burst)
