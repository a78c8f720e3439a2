"""The one door to the network, against a server that misbehaves over real HTTP."""

import contextlib
import socket
import time
import tracemalloc

import pytest
from pytest_django.fixtures import Settings
from requests.structures import CaseInsensitiveDict

from destinations.errors import DestinationError, Outcome, Rejected, Retryable
from destinations.http import ANSWER_LIMIT, STORED_LIMIT, Answer, Door
from sandbox import keys
from sandbox.server import Sandbox

IDENTITY = "/v1/identity"
HEADERS = {"Authorization": f"Bearer {keys.FULL}"}


def get(url: str, seconds: float = 10) -> Answer:
    return Door([keys.FULL], seconds).request("GET", url, headers=HEADERS)


def failure(url: str, seconds: float = 10) -> DestinationError:
    door = Door([keys.FULL], seconds)
    with pytest.raises(DestinationError) as caught:
        door.request("GET", url, headers=HEADERS)
    error = caught.value
    assert keys.FULL not in f"{error!r} {error} {error.advice} {door.exchanges}"
    assert error.__cause__ is None
    assert error.__suppress_context__ or error.__context__ is None
    return error


def test_any_status_is_an_answer(sandbox: Sandbox) -> None:
    assert get(sandbox.url + IDENTITY).is_success
    sandbox.faults.add("status", status=500)
    answer = get(sandbox.url + IDENTITY)
    assert (answer.status_code, answer.is_success) == (500, False)


@pytest.mark.timeout(30)  # a dripping answer takes more than a minute
@pytest.mark.parametrize(
    "mode", ["hang_before", "create_then_hang", "hang_after", "drip", "drip_headers"]
)
def test_a_call_ends_at_its_deadline_however_slowly_the_answer_drips(
    sandbox: Sandbox, mode: str
) -> None:
    sandbox.faults.add(mode, seconds=0.4 if mode.startswith("drip") else None)
    error = failure(sandbox.url + IDENTITY, seconds=0.6)
    assert type(error) is Retryable
    assert error.outcome == Outcome.TIMEOUT
    assert str(error) == "127.0.0.1 did not answer in time."


def test_all_calls_of_an_attempt_share_one_deadline(sandbox: Sandbox) -> None:
    door = Door([], seconds=1.0)
    sandbox.faults.add("delay", seconds=0.7, times=2)
    assert door.request("GET", sandbox.url + IDENTITY, headers=HEADERS).is_success
    with pytest.raises(Retryable, match="did not answer in time"):
        door.request("GET", sandbox.url + IDENTITY, headers=HEADERS)


def test_no_call_is_made_after_the_deadline(sandbox: Sandbox) -> None:
    door = Door([], seconds=1.0)
    assert door.request("GET", sandbox.url + IDENTITY, headers=HEADERS).is_success
    time.sleep(1.1)
    with pytest.raises(Retryable, match="did not answer in time"):
        door.request("GET", sandbox.url + IDENTITY, headers=HEADERS)
    assert len(sandbox.journal.entries()) == 1


def test_the_time_runs_from_the_first_call_on(sandbox: Sandbox) -> None:
    door = Door([], seconds=1.0)
    time.sleep(1.1)
    assert door.request("GET", sandbox.url + IDENTITY, headers=HEADERS).is_success


def test_the_deadline_is_that_of_the_settings(sandbox: Sandbox, settings: Settings) -> None:
    settings.CALL_DEADLINE = 0.3
    sandbox.faults.add("hang_before")
    with pytest.raises(Retryable, match="did not answer in time"):
        Door([]).request("GET", sandbox.url + IDENTITY, headers=HEADERS)


def test_a_deadline_of_one_call_does_not_cut_the_next(sandbox: Sandbox) -> None:
    get(sandbox.url + IDENTITY, seconds=0.4)
    sandbox.faults.add("delay", seconds=0.8)
    assert get(sandbox.url + IDENTITY, seconds=5).is_success


@pytest.mark.parametrize("mode", ["reset_before", "reset_after", "reset_mid_body"])
def test_a_reset_is_a_network_error(sandbox: Sandbox, mode: str) -> None:
    sandbox.faults.add(mode)
    error = failure(sandbox.url + IDENTITY)
    assert type(error) is Retryable
    assert error.outcome == Outcome.NETWORK_ERROR
    assert str(error) == "The connection to 127.0.0.1 broke before the answer was complete."


@pytest.mark.parametrize("mode", ["huge", "gzip_bomb"])
def test_of_a_huge_answer_little_is_read_and_less_is_kept(sandbox: Sandbox, mode: str) -> None:
    sandbox.faults.add(mode, bytes=64 * 1024 * 1024)
    door = Door([])
    tracemalloc.start()
    try:
        answer = door.request("GET", sandbox.url + IDENTITY, headers=HEADERS)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert 0 < len(answer.content) <= ANSWER_LIMIT
    assert peak < 8 * 1024 * 1024
    assert len(door.exchanges[0].answer) <= STORED_LIMIT
    assert "\x00" not in door.exchanges[0].answer


def test_no_compression_is_asked_for(sandbox: Sandbox) -> None:
    listener = socket.create_server(("127.0.0.1", 0))
    with listener:
        with pytest.raises(Retryable):
            get(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.2)
        connection, _ = listener.accept()
        with connection:
            head = connection.recv(4096).decode()
    assert "Accept-Encoding: identity\r\n" in head
    assert "User-Agent: armor-incidents/" in head


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(sandbox: Sandbox, status: int) -> None:
    with Sandbox() as elsewhere:
        sandbox.faults.add("redirect", status=status, location=elsewhere.url + IDENTITY)
        answer = get(sandbox.url + IDENTITY)
        assert answer.status_code == status
        assert elsewhere.journal.entries() == []
    error = answer.error()
    assert type(error) is Rejected
    assert "redirects are not followed" in str(error)


def test_proxies_of_the_environment_are_not_used(
    sandbox: Sandbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
    assert get(sandbox.url + IDENTITY).is_success


def test_several_calls_use_one_connection(sandbox: Sandbox) -> None:
    connections: list[str] = []
    sandbox.faults.add(
        "callback", at="accepted", callback=lambda moment, entry: connections.append(moment)
    )
    for _ in range(5):
        assert get(sandbox.url + IDENTITY).is_success
        assert get(sandbox.url + "/v1/severities").is_success
    assert len(connections) == 1


def test_an_answer_in_chunks_leaves_the_connection_open(sandbox: Sandbox) -> None:
    connections: list[str] = []
    sandbox.faults.add(
        "callback", at="accepted", callback=lambda moment, entry: connections.append(moment)
    )
    sandbox.faults.add("huge", bytes=1000)
    answers = [get(sandbox.url + IDENTITY) for _ in range(4)]
    # The fault on the connection itself has met the first request.
    assert [len(answer.content) for answer in answers[1:]] == [1000] * 3
    assert len(connections) == 1


def test_a_connection_that_the_server_has_closed_is_opened_anew(sandbox: Sandbox) -> None:
    assert get(sandbox.url + IDENTITY).is_success
    sandbox._server.hang_up()
    assert get(sandbox.url + IDENTITY).is_success


def test_a_name_that_does_not_exist_is_unreachable() -> None:
    error = failure("http://nobody.invalid/")
    assert type(error) is Retryable
    assert error.outcome == Outcome.UNREACHABLE
    assert str(error) == "nobody.invalid could not be reached: its name was not found."


def test_a_refused_connection_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    error = failure(f"http://127.0.0.1:{port}/v1/secret-path")
    assert error.outcome == Outcome.UNREACHABLE
    assert str(error) == "127.0.0.1 could not be reached: nobody answers there."


def test_a_server_that_accepts_no_more_connections_times_out() -> None:
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        for _ in range(4):  # the queue is full, so that SYNs are dropped
            filler = stack.enter_context(socket.socket())
            filler.setblocking(False)
            filler.connect_ex(listener.getsockname())
        error = failure(f"http://127.0.0.1:{listener.getsockname()[1]}/", seconds=0.5)
    assert type(error) is Retryable
    assert error.outcome in {Outcome.UNREACHABLE, Outcome.TIMEOUT}


@pytest.mark.parametrize("key", ["inc_a\nb", "inc_a\r\nX-Evil: 1", "inc_ключ", "inc_\u200b"])
def test_a_key_that_cannot_be_a_header_is_refused_before_anything_is_sent(
    sandbox: Sandbox, key: str
) -> None:
    door = Door([key])
    with pytest.raises(Rejected) as caught:
        door.request("GET", sandbox.url + IDENTITY, headers={"Authorization": f"Bearer {key}"})
    assert str(caught.value) == "The key holds characters that cannot be sent."
    assert key not in f"{caught.value!r} {caught.value.advice} {door.exchanges}"
    assert sandbox.journal.entries() == []


def test_an_exchange_holds_no_headers_and_no_secret(sandbox: Sandbox) -> None:
    secret = 'quo"te-ünd-back\\slash'
    door = Door([keys.FULL, secret])
    sandbox.faults.add("status", status=422)
    body = {"name": f"uses {secret}", "list": [{"deep": keys.FULL}], "flag": True, "number": 7}
    door.request("POST", f"{sandbox.url}/v2/incidents?key={keys.FULL}", headers=HEADERS, body=body)
    (exchange,) = door.exchanges
    stored = str(exchange.to_json())
    assert keys.FULL not in stored
    assert secret not in stored
    assert exchange.body == {
        "name": "uses [secret]",
        "list": [{"deep": "[secret]"}],
        "flag": True,
        "number": 7,
    }
    assert (exchange.method, exchange.status_code) == ("POST", 422)


@pytest.mark.parametrize("secret", ["true", "null", "name", "1234", '"flag'])
def test_a_secret_that_is_also_a_word_of_json_breaks_nothing(sandbox: Sandbox, secret: str) -> None:
    door = Door([secret])
    body = {"name": "x", "flag": True, "nothing": None, "number": 12345}
    door.request("POST", f"{sandbox.url}/v2/incidents", headers=HEADERS, body=body)
    assert door.exchanges[0].body == body


def test_a_failed_call_leaves_an_exchange_as_well(sandbox: Sandbox) -> None:
    sandbox.faults.add("reset_before")
    door = Door([])
    with pytest.raises(Retryable):
        door.request("GET", sandbox.url + IDENTITY, headers=HEADERS)
    assert (door.exchanges[0].status_code, door.exchanges[0].answer) == (None, "")


def test_an_error_does_not_repeat_a_key_that_the_provider_quotes() -> None:
    answer = Answer(401, CaseInsensitiveDict(), b"", (keys.FULL,))
    error = answer.error(detail=f"Key {keys.FULL} is unknown", request_id=f"id-{keys.FULL}")
    assert keys.FULL not in f"{error} {error.request_id}"
    assert str(error) == "HTTP 401: Unauthorized (Key [secret] is unknown)"
