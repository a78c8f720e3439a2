"""What a script sees: a shell's environment without any setting of the app."""

import os
import socket
import subprocess
from pathlib import Path

from armor_incidents.environment import new_encryption_key, new_secret_key
from armor_incidents.supervisor import ROOT

KEPT = ("PATH", "HOME", "LANG", "TMPDIR")
PYTHON = str(ROOT / ".venv" / "bin" / "python")
PATIENCE = 60  # seconds


def environment(tmp_path: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return kept | {"DATABASE_URL": f"sqlite:///{tmp_path / 'start.sqlite3'}"} | more


def with_keys(tmp_path: Path, **more: str) -> dict[str, str]:
    keys = {"SECRET_KEY": new_secret_key(), "DATA_ENCRYPTION_KEYS": new_encryption_key()}
    return environment(tmp_path, **(keys | more))


def run(*command: str, env: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=PATIENCE
    )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
