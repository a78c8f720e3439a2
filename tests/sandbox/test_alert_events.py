"""Alert sources of the stand-in: tokens, repeats, and what is refused."""

from typing import Any

import pytest
import requests

from sandbox.alert_events import MAX_BYTES, PATH, SOURCE, TOKEN
from sandbox.keys import FULL
from sandbox.server import Sandbox

EVENT = {"title": "Stale", "status": "firing", "deduplication_key": "k-1"}


def post(
    sandbox: Sandbox, event: Any = None, source: str = SOURCE, token: str = TOKEN, query: str = ""
) -> requests.Response:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    url = f"{sandbox.url}{PATH}{source}{query}"
    return requests.post(url, json=event or EVENT, headers=headers, timeout=5)


def test_an_event_is_accepted_and_makes_an_alert(sandbox: Sandbox) -> None:
    answer = post(sandbox)
    assert answer.status_code == 202
    assert answer.json() == {
        "status": "success",
        "message": "Event accepted for processing",
        "deduplication_key": "k-1",
    }
    [alert] = requests.get(f"{sandbox.url}/_sandbox/alerts", timeout=5).json()["alerts"]
    assert (alert["title"], alert["status"], alert["dropped"]) == ("Stale", "firing", 0)


def test_a_repeat_is_dropped_and_the_first_content_stays(sandbox: Sandbox) -> None:
    post(sandbox)
    post(sandbox, EVENT | {"title": "Staler"})
    [alert] = sandbox.alert_sources.alerts
    assert (alert.event["title"], alert.dropped) == ("Stale", 1)


def test_resolved_ends_it_and_firing_again_opens_another(sandbox: Sandbox) -> None:
    post(sandbox, EVENT | {"status": "resolved"})
    assert sandbox.alert_sources.alerts == []
    for status in ("firing", "resolved", "resolved", "firing"):
        assert post(sandbox, EVENT | {"status": status}).status_code == 202
    assert [alert.is_firing for alert in sandbox.alert_sources.alerts] == [False, True]


def test_each_source_has_its_own_keys_and_token(sandbox: Sandbox) -> None:
    other = sandbox.alert_sources.add("another")
    post(sandbox)
    assert post(sandbox, source=other).status_code == 401
    assert post(sandbox, source=other, token="another").status_code == 202
    assert len(sandbox.alert_sources.alerts) == 2


def test_a_token_in_the_query_is_taken_as_well(sandbox: Sandbox) -> None:
    assert post(sandbox, token="", query=f"?token={TOKEN}").status_code == 202


@pytest.mark.parametrize(
    ("options", "status"),
    [({"token": ""}, 401), ({"token": FULL}, 401), ({"source": "01UNKNOWN"}, 404)],
)
def test_what_is_not_known_is_refused(
    sandbox: Sandbox, options: dict[str, str], status: int
) -> None:
    assert post(sandbox, **options).status_code == status


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"deduplication_key": ""}, "Deduplication key is required"),
        ({"title": None}, "title is required"),
        ({"status": "open"}, "must be one of firing, resolved"),
        ({"metadata": {"team": ["payments"]}}, "must be a flat value"),
        ({"description": 5}, "must be a string"),
    ],
)
def test_what_is_wrong_is_a_422(sandbox: Sandbox, change: Any, message: str) -> None:
    answer = post(sandbox, EVENT | change)
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["message"] == message


def test_too_much_is_a_413_and_too_often_a_429(sandbox: Sandbox) -> None:
    assert post(sandbox, EVENT | {"description": "x" * MAX_BYTES}).status_code == 413
    sandbox.alert_sources.limiter.configure(0.1, 1)
    post(sandbox)
    answer = post(sandbox)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) >= 1


def test_another_method_or_a_reset_leaves_nothing(sandbox: Sandbox) -> None:
    assert requests.get(f"{sandbox.url}{PATH}{SOURCE}", timeout=5).status_code == 404
    post(sandbox)
    sandbox.reset()
    assert sandbox.alert_sources.alerts == []
