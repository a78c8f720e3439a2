"""script/server as an operator runs it: ready soon, gone soon, and back after a SIGKILL."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil
import requests

from armor_incidents.supervisor import ROOT
from tests.scripts.environment import free_port, run, with_keys
from tests.supervisor.programs import is_gone, kill_group, wait_for

READY_SECONDS = 60
STOP_SECONDS = 20


@contextmanager
def server(env: dict[str, str]) -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen(
        ["script/server"], cwd=ROOT, env=env, start_new_session=True, stderr=subprocess.DEVNULL
    )
    try:
        yield process
    finally:
        kill_group(process.pid)
        process.wait(STOP_SECONDS)


def is_ready(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/readyz", timeout=5).status_code == 200
    except requests.RequestException:
        return False


def test_it_gets_ready_stops_and_comes_back_after_a_kill(tmp_path: Path) -> None:
    port = free_port()
    env = with_keys(
        tmp_path,
        PORT=str(port),
        DJANGO_SUPERUSER_USERNAME="ada",
        DJANGO_SUPERUSER_PASSWORD="correct horse battery",
    )
    with server(env) as first:
        wait_for(lambda: is_ready(port), READY_SECONDS)
        everything = psutil.Process(first.pid).children(recursive=True)
        assert {os.getpgid(process.pid) for process in everything} == {first.pid}
        kill_group(first.pid)
        wait_for(lambda: all(is_gone(process) for process in everything))
    with server(env) as second:
        wait_for(lambda: is_ready(port), READY_SECONDS)
        everything = psutil.Process(second.pid).children(recursive=True)
        started = time.monotonic()
        second.send_signal(signal.SIGTERM)
        assert second.wait(STOP_SECONDS) == 0
        # A program that had to be killed would take the supervisor's whole patience.
        assert time.monotonic() - started < 10
        assert all(is_gone(process) for process in everything)
    _has_made_the_admin(env)


def _has_made_the_admin(env: dict[str, str]) -> None:
    code = "from django.contrib.auth.models import User; print(User.objects.get().username)"
    done = run(".venv/bin/python", "manage.py", "shell", "-v0", "-c", code, env=env)
    assert done.stdout.split() == ["ada"], done.stderr
