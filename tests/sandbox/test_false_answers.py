"""Faults in the answer: what is wrong with each, and that nothing was carried out."""

import gzip
import json
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

import pytest
import requests

from sandbox.false_answers import FALSE_ANSWERS
from sandbox.faults import MODES
from sandbox.interruptions import BEFORE_ANSWERING, BEFORE_PROCESSING, SENDERS
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem
from tests.sandbox.raw import connection, create_request


def test_huge_sends_as_many_bytes_as_asked_without_announcing_them(
    sandbox: Sandbox, api: Api
) -> None:
    sandbox.faults.add("huge", bytes=1_000_001)
    response = api.create()
    assert response.status_code == 200
    assert len(response.content) == 1_000_001
    assert "Content-Length" not in response.headers


def test_a_client_can_leave_a_huge_answer(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("huge", times=1, bytes=10**12)
    with connection(sandbox) as opened:
        opened.sendall(create_request())
        assert opened.recv(1000).startswith(b"HTTP/1.1 200 OK")
    assert api.create().ok


def test_gzip_bomb_is_small_on_the_way_and_large_unpacked(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("gzip_bomb", bytes=5_000_000)
    response = api.post("/v2/incidents", stream=True)
    packed = response.raw.read(decode_content=False)
    assert response.headers["Content-Encoding"] == "gzip"
    assert len(packed) < 10_000
    assert len(gzip.decompress(packed)) == 5_000_000


def test_not_json_cannot_be_read(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("not_json")
    response = api.create()
    assert response.headers["Content-Type"] == "application/json"
    with pytest.raises(UnicodeDecodeError):
        response.content.decode()


def test_empty_has_no_body(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("empty")
    assert (api.create().status_code, api.create().content) == (200, b"")


def test_no_id_has_an_incident_without_anything(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("no_id")
    assert api.created() == {}


def test_html_is_a_page(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("html")
    response = api.create()
    assert response.headers["Content-Type"].startswith("text/html")
    assert response.text.startswith("<!doctype html>")


def test_deep_json_is_too_deep_to_parse(sandbox: Sandbox, api: Api) -> None:
    sandbox.faults.add("deep_json")
    with pytest.raises(RecursionError):
        json.loads(api.create().content)


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect_points_elsewhere(sandbox: Sandbox, api: Api, status: int) -> None:
    sandbox.faults.add("redirect", status=status, location="http://127.0.0.1:1/trap")
    response = api.post("/v2/incidents", allow_redirects=False)
    assert response.status_code == status
    assert response.headers["Location"] == "http://127.0.0.1:1/trap"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 408, 409, 410, 413, 422, 500, 503, 599])
def test_status_answers_an_error_of_the_real_shape(sandbox: Sandbox, api: Api, status: int) -> None:
    sandbox.faults.add("status", status=status, headers={"Retry-After": "7"})
    response = api.create()
    assert response.status_code == status
    assert problem(response)["message"]
    assert response.headers["Retry-After"] == "7"


@pytest.mark.parametrize(
    "mode", ["no_id", "not_json", "empty", "html", "deep_json", "status", "rate_limited"]
)
def test_a_false_answer_carries_nothing_out_unless_told_to(
    sandbox: Sandbox, api: Api, mode: str
) -> None:
    sandbox.faults.add(mode, times=1)
    api.create()
    assert sandbox.workspace.incidents() == []
    sandbox.faults.add(mode, times=1, process=True)
    api.create()
    assert len(sandbox.workspace.incidents()) == 1


def limited(sandbox: Sandbox, api: Api, form: str) -> requests.Response:
    sandbox.faults.add("rate_limited", retry_after=form, seconds=120)
    response = api.create()
    assert response.status_code == 429
    assert problem(response)["code"]
    return response


def seconds_until(moment: datetime) -> float:
    return (moment - datetime.now(UTC)).total_seconds()


def test_rate_limited_in_seconds(sandbox: Sandbox, api: Api) -> None:
    response = limited(sandbox, api, "seconds")
    assert response.headers["Retry-After"] == "120"
    moment = datetime.fromisoformat(response.json()["rate_limit"]["retry_after"])
    assert 117 < seconds_until(moment) <= 120


def test_rate_limited_as_a_date_with_the_zone_utc(sandbox: Sandbox, api: Api) -> None:
    header = limited(sandbox, api, "rfc1123").headers["Retry-After"]
    assert header.endswith(" UTC")
    assert 117 < seconds_until(parsedate_to_datetime(header).replace(tzinfo=UTC)) <= 120


def test_rate_limited_as_a_timestamp(sandbox: Sandbox, api: Api) -> None:
    header = limited(sandbox, api, "rfc3339").headers["Retry-After"]
    assert 117 < seconds_until(datetime.fromisoformat(header)) <= 120


def test_rate_limited_only_in_the_body(sandbox: Sandbox, api: Api) -> None:
    response = limited(sandbox, api, "body_only")
    assert "Retry-After" not in response.headers
    assert response.json()["rate_limit"]["retry_after"].endswith("Z")


def test_rate_limited_without_any_time(sandbox: Sandbox, api: Api) -> None:
    response = limited(sandbox, api, "none")
    assert "Retry-After" not in response.headers
    assert "rate_limit" not in response.json()
    assert response.json()["type"] == "rate_limit_reached"


def test_rate_limited_with_garbage(sandbox: Sandbox, api: Api) -> None:
    response = limited(sandbox, api, "garbage")
    assert response.headers["Retry-After"] == "soon"
    assert response.json()["rate_limit"]["retry_after"] == "whenever"


def test_every_mode_is_carried_out_somewhere() -> None:
    done = [*FALSE_ANSWERS, *BEFORE_PROCESSING, *BEFORE_ANSWERING, *SENDERS, "callback"]
    assert sorted(done) == sorted(MODES)
