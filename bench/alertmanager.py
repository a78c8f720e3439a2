"""Debian's Alertmanager on a stage: each alert is a group of its own and is sent at once."""

import shutil
from dataclasses import dataclass
from typing import Any

import requests

from bench.stage import Stage, free_port, wait_for
from bench.wire import DELAY_MS

PROGRAM = "prometheus-alertmanager"
CONFIG = """
route:
  receiver: bench
  group_by: ['...']
  group_wait: 0s
  group_interval: 5m
  repeat_interval: 12h
receivers:
  - name: bench
    webhook_configs:
      - url: http://127.0.0.1:{port}/
        send_resolved: false
"""


@dataclass(frozen=True, slots=True)
class Alertmanager:
    """A running one; `receiver` is where its webhooks go (bench/receiver.py)."""

    pid: int
    url: str
    receiver: str

    def arrivals(self) -> dict[str, float]:
        found: dict[str, float] = requests.get(self.receiver, timeout=30).json()
        return found


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


def start(stage: Stage) -> Alertmanager:
    stage.start("receiver", "-m", "bench.receiver", str(DELAY_MS))
    said = wait_for(lambda: stage.processes.said("receiver", "receiver ready on"))
    port = int(said.rpartition(" ")[2])
    config = stage.folder / "alertmanager.yml"
    config.write_text(CONFIG.format(port=port))
    address = f"127.0.0.1:{free_port()}"
    options = {
        "config.file": config,
        "storage.path": stage.folder / "alertmanager",
        "web.listen-address": address,
        "cluster.listen-address": "",
    }
    command = [PROGRAM, *(f"--{name}={value}" for name, value in options.items())]
    process = stage.processes.start("alertmanager", command, stage.environment)
    wait_for(lambda: _is_ready(f"http://{address}/-/ready"))
    return Alertmanager(process.pid, f"http://{address}", f"http://127.0.0.1:{port}/")


def _is_ready(url: str) -> Any:
    try:
        return requests.get(url, timeout=2).ok
    except requests.RequestException:
        return False
