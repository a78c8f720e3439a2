"""The sandbox as a process of its own, and under many connections."""

import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest
import requests

from sandbox import keys
from sandbox.server import Sandbox
from tests.sandbox.api import Api
from tests.sandbox.raw import connection

CONNECTIONS = 64
STOP_SECONDS = 5


@contextmanager
def sandbox_process(*options: str) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield process
        finally:
            process.kill()


def ready_url(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    assert line.startswith("sandbox ready on http://127.0.0.1:")
    return line.split()[-1]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_the_process_says_when_it_is_ready_and_stops_on_a_signal(number: signal.Signals) -> None:
    with sandbox_process() as process:
        url = ready_url(process)
        headers = {"Authorization": f"Bearer {keys.FULL}"}
        assert requests.get(f"{url}/v1/identity", headers=headers, timeout=5).ok
        process.send_signal(number)
        assert process.wait(STOP_SECONDS) == 0


def test_the_process_stops_while_a_request_hangs() -> None:
    with sandbox_process() as process:
        url = ready_url(process)
        requests.post(f"{url}/_sandbox/faults", json={"mode": "hang_before"}, timeout=5)
        with pytest.raises(requests.Timeout):
            requests.get(f"{url}/v1/identity", timeout=0.2)
        process.terminate()
        assert process.wait(STOP_SECONDS) == 0


def test_the_options_reach_the_sandbox() -> None:
    with sandbox_process("--rate", "0.01", "--burst", "1", "--delay-ms", "100") as process:
        url = ready_url(process)
        headers = {"Authorization": f"Bearer {keys.FULL}"}
        started = time.monotonic()
        assert requests.get(f"{url}/v1/identity", headers=headers, timeout=5).ok
        assert time.monotonic() - started >= 0.1
        response = requests.get(f"{url}/v1/identity", headers=headers, timeout=5)
        assert response.status_code == 429


def test_sixty_four_connections_wait_at_the_same_time() -> None:
    def use_connection(number: int) -> None:
        with Api(sandbox) as api:
            api.created(f"a-{number}")
            api.created(f"b-{number}")

    with Sandbox(delay_ms=100) as sandbox, ThreadPoolExecutor(CONNECTIONS) as pool:
        started = time.monotonic()
        list(pool.map(use_connection, range(CONNECTIONS)))
        # One after another they would take 12.8 s.
        assert time.monotonic() - started < 3
        assert len(sandbox.workspace.incidents()) == 2 * CONNECTIONS


def test_a_connection_is_kept_alive(sandbox: Sandbox) -> None:
    ask = b"GET /nothing HTTP/1.1\r\nHost: x\r\n\r\n"
    with connection(sandbox) as opened:
        for _ in range(3):
            opened.sendall(ask)
            assert opened.recv(1000).startswith(b"HTTP/1.1 404 Not Found\r\n")


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"nonsense\r\n\r\n", b"400"),
        (b"GET / HTTP/1.1\r\nno colon\r\n\r\n", b"400"),
        (b"POST /v2/incidents HTTP/1.1\r\nContent-Length: many\r\n\r\n", b"400"),
        (b"POST /v2/incidents HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n", b"413"),
        (b"POST /v2/incidents HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n", b"411"),
        (b"GET / HTTP/1.1\r\n" + b"A: b\r\n" * 300 + b"\r\n", b"431"),
    ],
)
def test_what_is_not_http_is_refused_and_the_connection_closed(
    sandbox: Sandbox, sent: bytes, status: bytes
) -> None:
    with connection(sandbox) as opened:
        opened.sendall(sent)
        assert opened.recv(1000).startswith(b"HTTP/1.1 " + status)
        assert opened.recv(1000) == b""


def test_a_stopped_sandbox_answers_nobody() -> None:
    with Sandbox() as sandbox, connection(sandbox) as opened:
        opened.sendall(b"GET /nothing HTTP/1.1\r\n\r\n")
        assert opened.recv(1000)
        sandbox.stop()
        assert opened.recv(1000) == b""
    with pytest.raises(OSError, match="refused"), connection(sandbox):
        pass
