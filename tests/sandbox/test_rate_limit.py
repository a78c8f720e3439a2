import time
from datetime import UTC, datetime

import pytest

from sandbox import keys
from sandbox.limits import TokenBucket
from sandbox.server import Sandbox
from tests.sandbox.api import Api, problem


def test_every_answer_to_a_key_describes_its_limit(api: Api) -> None:
    headers = api.get("/v1/identity").headers
    assert headers["X-RateLimit-Limit"] == "1200, 1200;window=60"
    assert headers["X-RateLimit-Remaining"] == "1199"
    assert headers["X-RateLimit-Used"] == "1"
    assert abs(int(headers["X-RateLimit-Reset"]) - time.time()) < 3
    assert "Retry-After" not in headers


def test_a_key_that_has_spent_its_burst_must_wait() -> None:
    with Sandbox(rate=0.1, burst=2) as sandbox, Api(sandbox) as api:
        assert [api.create(f"key-{n}").status_code for n in range(3)] == [200, 200, 429]
        response = api.create("key-3")
        body = response.json()
        assert response.headers["Retry-After"] in ("9", "10")
        assert response.headers["X-RateLimit-Remaining"] == "0"
        assert body["type"] == "too_many_requests"
        assert problem(response)["code"] == "too_many_requests"
        assert (body["rate_limit"]["name"], body["rate_limit"]["limit"]) == ("full", 2)
        wait = datetime.fromisoformat(body["rate_limit"]["retry_after"]) - datetime.now(UTC)
        assert 7 < wait.total_seconds() <= 10
        assert len(sandbox.workspace.incidents()) == 2


def test_each_key_has_its_own_bucket() -> None:
    with (
        Sandbox(rate=0.1, burst=1) as sandbox,
        Api(sandbox) as api,
        Api(sandbox, keys.VIEWER_ONLY) as other,
    ):
        assert api.get("/v1/identity").ok
        assert api.get("/v1/identity").status_code == 429
        assert other.get("/v1/identity").ok


def test_a_bucket_fills_again_at_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    bucket = TokenBucket(rate=2, burst=4)
    assert [bucket.take().granted for _ in range(5)] == [True] * 4 + [False]
    now += 1
    assert [bucket.take().granted for _ in range(3)] == [True, True, False]
    now += 3600
    assert [bucket.take().granted for _ in range(5)] == [True] * 4 + [False]


def test_the_limit_can_be_changed_while_the_sandbox_runs(api: Api) -> None:
    assert api.post("/_sandbox/settings", {"rate": 1, "burst": 1}).status_code == 204
    assert [api.get("/v1/identity").status_code for _ in range(2)] == [200, 429]
    assert api.post("/_sandbox/settings", {"rate": 0}).status_code == 422
