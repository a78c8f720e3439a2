"""Which requests a fault meets, how often, and when it calls back."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from sandbox import keys
from sandbox.journal import Entry
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem
from tests.sandbox.raw import connection, create_request, read_until_silent, wait_until


def test_a_fault_meets_only_the_requests_it_matches(sandbox: Sandbox, api: Api) -> None:
    body = {"match": {"method": "POST", "path": "/v2/incidents"}, "mode": "status", "status": 503}
    assert api.post("/_sandbox/faults", body).status_code == 201
    assert api.get("/v2/incidents").status_code == 200
    assert api.create().status_code == 503
    assert api.close("1").status_code == 503


def test_a_route_tells_create_from_edit(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("status", route="edit")
    assert api.create().status_code == 200
    assert api.close("1").status_code == 503


def test_a_fault_can_meet_one_key_alone(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("status", key="viewer_only")
    with Api(sandbox, keys.VIEWER_ONLY) as viewer:
        assert viewer.get("/v1/identity").status_code == 503
    assert api.get("/v1/identity").status_code == 200


def test_a_fault_ends_after_its_times_and_the_next_one_follows(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("status", status=500, times=2)
    sandbox.faults.add("status", status=503, times=1)
    assert [api.create().status_code for _ in range(4)] == [500, 500, 503, 200]


def test_faults_are_listed_and_cleared(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("status", status=500)
    api.create()
    (fault,) = api.get("/_sandbox/faults").json()["faults"]
    assert (fault["mode"], fault["status"], fault["used"]) == ("status", 500, 1)
    assert api.delete("/_sandbox/faults").status_code == 204
    assert api.create().ok


@pytest.mark.parametrize(
    "body",
    [
        {"mode": "unheard_of"},
        {"mode": "status", "tymes": 1},
        {"mode": "status", "match": "all"},
        {"mode": "callback", "at": "noon"},
        {"mode": "rate_limited", "retry_after": "later"},
        {"mode": "callback", "callback": {"url": "http://example.com/"}},
        {},
    ],
)
def test_a_fault_that_makes_no_sense_is_refused(api: Api, body: dict[str, Any]) -> None:
    response = api.post("/_sandbox/faults", body)
    assert response.status_code == 422
    assert problem(response)["message"]
    assert api.get("/_sandbox/faults").json()["faults"] == []


def test_the_sandboxs_own_endpoints_meet_no_faults(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("status")
    assert api.get("/_sandbox/state").status_code == 200


@pytest.mark.parametrize(
    ("at", "incidents", "status"),
    [("received", 0, None), ("processed", 1, None), ("answered", 1, 200)],
)
def test_a_callback_comes_at_its_exact_moment(
    sandbox: Sandbox, api: Api, at: str, incidents: int, status: int | None
) -> None:
    seen: list[tuple[str, int, int | None]] = []
    called = threading.Event()

    def callback(moment: str, entry: Entry | None) -> None:
        assert entry is not None
        seen.append((moment, len(sandbox.workspace.incidents()), entry.status))
        called.set()

    sandbox.faults.add("callback", at=at, callback=callback)
    assert api.create().ok
    assert called.wait(5)
    assert seen == [(at, incidents, status)]


def test_a_callback_can_come_when_a_connection_is_accepted(sandbox: Sandbox) -> None:
    moments: list[tuple[str, Entry | None]] = []
    sandbox.faults.add("hang_before", at="accepted", callback=lambda *seen: moments.append(seen))
    with connection(sandbox) as opened:
        wait_until(lambda: bool(moments))
        assert moments == [("accepted", None)]
        assert sandbox.journal.entries() == []
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
    assert sandbox.journal.entries()[0].fault == "hang_before"


def test_a_callback_comes_before_the_hang_of_its_fault(sandbox: Sandbox) -> None:
    created: list[int] = []
    sandbox.faults.add(
        "create_then_hang",
        at="processed",
        callback=lambda *_: created.append(len(sandbox.workspace.incidents())),
    )
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
    assert created == [1]


class Listener(BaseHTTPRequestHandler):
    bodies: list[bytes]

    def do_POST(self) -> None:
        self.bodies.append(self.rfile.read(int(self.headers["Content-Length"])))
        self.send_response(204)
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """Quiet."""


@contextmanager
def listening() -> Iterator[tuple[str, list[bytes]]]:
    bodies: list[bytes] = []
    handler = type("TestListener", (Listener,), {"bodies": bodies})
    with HTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/called", bodies
        server.shutdown()
        thread.join()


def test_a_callback_can_be_a_url_that_is_called_before_the_answer(api: Api) -> None:
    with listening() as (url, bodies):
        body = {"mode": "callback", "at": "processed", "callback": {"url": url}}
        assert api.post("/_sandbox/faults", body).status_code == 201
        assert api.create().ok
        (called,) = bodies
    assert b'"at": "processed"' in called
    assert b'"idempotency_key": "key-1"' in called
    assert keys.FULL.encode() not in called
