"""Faults that leave the client waiting."""

import time

import pytest
import requests

from sandbox.server import Sandbox
from tests.sandbox.api import Api
from tests.sandbox.raw import connection, create_request, read_to_end, read_until_silent


def test_hang_before_carries_nothing_out_and_says_nothing(sandbox: Sandbox) -> None:
    sandbox.faults.add("hang_before")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
    assert sandbox.workspace.incidents() == []
    assert sandbox.journal.entries()[0].status is None


def test_create_then_hang_makes_the_incident_and_says_nothing(sandbox: Sandbox) -> None:
    sandbox.faults.add("create_then_hang")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
    (entry,) = sandbox.journal.entries()
    assert (entry.incident_id, entry.status) == (sandbox.workspace.find("1").id, None)


def test_a_retry_after_a_lost_answer_finds_the_first_incident(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("create_then_hang", times=1, seconds=0.05)
    with pytest.raises(requests.ConnectionError):
        api.create()
    assert api.created()["reference"] == "INC-1"
    assert sandbox.journal.requests_with_key("key-1") == 2


def test_hang_after_stops_in_the_middle_of_the_body(sandbox: Sandbox) -> None:
    sandbox.faults.add("hang_after")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        head, _, body = read_until_silent(opened).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK")
    assert f"Content-Length: {len(body) * 2}".encode()[:-1] in head
    assert sandbox.journal.entries()[0].status == 200


def test_drip_sends_the_head_at_once_and_the_body_byte_by_byte(sandbox: Sandbox) -> None:
    sandbox.faults.add("drip", seconds=0.01)
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        received = opened.recv(65_536)
        assert b"\r\n\r\n" in received
        assert len(opened.recv(65_536)) < 5


def test_drip_headers_sends_even_the_head_byte_by_byte(sandbox: Sandbox) -> None:
    sandbox.faults.add("drip_headers", seconds=0.01)
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert [len(opened.recv(65_536)) for _ in range(3)] == [1, 1, 1]


def test_a_dripped_answer_is_whole_in_the_end(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("drip", seconds=0)
    assert api.created()["reference"] == "INC-1"


def test_delay_waits_and_then_behaves(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("delay", seconds=0.2, times=1)
    started = time.monotonic()
    assert api.create().ok
    assert time.monotonic() - started >= 0.2


def test_clearing_the_faults_ends_a_hang(sandbox: Sandbox) -> None:
    sandbox.faults.add("hang_before")
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
        sandbox.faults.clear()
        opened.settimeout(2)
        assert read_to_end(opened) == b""


def test_a_hang_does_not_keep_the_sandbox_from_stopping() -> None:
    with Sandbox() as sandbox, connection(sandbox) as opened:
        sandbox.faults.add("hang_before")
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
        started = time.monotonic()
        sandbox.stop()
        assert read_to_end(opened) == b""
    assert time.monotonic() - started < 2


def test_other_requests_are_served_while_one_hangs(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("hang_before", times=1)
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert read_until_silent(opened) == b""
        assert api.create("key-2").ok
