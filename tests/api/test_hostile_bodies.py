"""Whatever is posted, the answer is 202, 400, 413 or 422: never a 500, and never half of it."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_django.fixtures import Settings

from alerts.models import Alert, Event
from tests.api.client import EVENT, Api

LONG = "x" * 501
WRONG: list[tuple[dict[str, Any], str]] = [
    ({"event_type": None}, "event_type"),
    ({"event_type": "earthquake"}, "event_type"),
    ({"event_type": 5}, "event_type"),
    ({"event_type": ["custom"]}, "event_type"),
    ({"title": None}, "title"),
    ({"title": ""}, "title"),
    ({"title": "   "}, "title"),
    ({"title": LONG}, "title"),
    ({"title": {"a": 1}}, "title"),
    ({"title": "a\0b"}, "title"),
    ({"asset": None}, "asset"),
    ({"asset": "", "asset_id": "  "}, "asset"),
    ({"asset": LONG}, "asset"),
    ({"asset": "a\0"}, "asset"),
    ({"asset_id": LONG}, "asset_id"),
    ({"status": "open"}, "status"),
    ({"status": 1}, "status"),
    ({"severity": "grave"}, "severity"),
    ({"severity": 3}, "severity"),
    ({"event_id": LONG}, "event_id"),
    ({"event_id": "a\0"}, "event_id"),
    ({"event_id": {"a": 1}}, "event_id"),
    ({"description": "x" * 8193}, "description"),
    ({"description": "\0"}, "description"),
    ({"data_source": LONG}, "data_source"),
    ({"schema": LONG}, "schema"),
    ({"schema": 1}, "schema"),
    ({"dedup_key": LONG}, "dedup_key"),
    ({"tags": "production"}, "tags"),
    ({"tags": ["t"] * 51}, "tags"),
    ({"tags": [1]}, "tags.0"),
    ({"tags": ["a\0"]}, "tags.0"),
    ({"tags": [LONG]}, "tags.0"),
    ({"occurred_at": "yesterday"}, "occurred_at"),
    ({"occurred_at": "2026-11-23T08:00:00"}, "occurred_at"),
    ({"occurred_at": "0001-01-01T00:00:00+23:00"}, "occurred_at"),
    ({"occurred_at": "9999-12-31T23:59:59-12:00"}, "occurred_at"),
    ({"occurred_at": (datetime.now(UTC) + timedelta(days=3)).isoformat()}, "occurred_at"),
    ({"occurred_at": 10**30}, "occurred_at"),
    ({"occurred_at": {"a": 1}}, "occurred_at"),
    ({"changes": {"a": 1}}, "changes"),
    ({"changes": [{"change_type": "column_added"}] * 501}, "changes"),
    ({"changes": [{}]}, "changes.0.change_type"),
    ({"changes": [{"change_type": "column_eaten"}]}, "changes.0.change_type"),
    ({"changes": [{"change_type": "a\0"}]}, "changes.0.change_type"),
    ({"changes": [{"change_type": 5}]}, "changes.0.change_type"),
    ({"changes": [{"change_type": "column_added", "column": LONG}]}, "changes.0.column"),
    ({"changes": [{"change_type": "column_added", "object_name": 5}]}, "changes.0.object_name"),
    ({"changes": [{"change_type": "column_added", "old_value": [1]}]}, "changes.0.old_value"),
    ({"changes": [{"change_type": "column_added", "new_value": "\0"}]}, "changes.0.new_value"),
    ({"changes": ["column_added"]}, "changes.0"),
    ({"details": [1]}, "details"),
    ({"details": {"a": [1]}}, "details.a"),
    ({"details": {"a": {"b": 1}}}, "details.a"),
    ({"details": {"a": "\0"}}, "details.a"),
    ({"details": {str(number): 1 for number in range(101)}}, "details"),
]


@pytest.mark.parametrize(("fields", "field"), WRONG)
def test_the_field_that_is_wrong_is_named(api: Api, fields: dict[str, Any], field: str) -> None:
    answer = api.report(**fields)
    assert answer.status_code == 422
    error = answer.json()["error"]
    assert error["code"] == "VALIDATION_ERROR"
    named = {detail["field"] for detail in error["details"]}
    assert any(name.startswith(field) for name in named), named
    assert field.split(".")[0] in error["message"]
    assert not Event.objects.exists()


NOT_JSON = [
    b"",
    b"\xff\xfe",
    b"not json",
    b"{",
    b'{"title": "cut off',
    b"{'title': 'single'}",
    b'{"title": NaN}',
    b'{"details": {"a": Infinity}}',
    b'{"title": "\\ud800"}',
    b'{"title": "\xed\xa0\x80"}',
    b"[" * 5000,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b'{"details": {"a": ' + b"9" * 5000 + b"}}",
    b"[]",
    b'"text"',
    b"null",
    b"5",
    b"\xef\xbb\xbf{}",
    b"{} {}",
]


@pytest.mark.parametrize("path", ["/events", "/events/batch"])
@pytest.mark.parametrize("body", NOT_JSON)
def test_what_is_not_a_json_object_is_a_400(api: Api, path: str, body: bytes) -> None:
    answer = api.post(path, body)
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "MALFORMED_JSON"


@pytest.mark.parametrize("body", [b'{"events": 5}', b'{"events": {}}', b"{}", b'{"events": [5]}'])
def test_a_batch_that_is_none_is_a_422(api: Api, body: bytes) -> None:
    answer = api.post("/events/batch", body)
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"].startswith("events")


def test_a_number_beyond_all_numbers_is_refused(api: Api) -> None:
    event = json.dumps(EVENT | {"details": {"rows": 0}}).replace(": 0}", ": 1e400}")
    answer = api.post("/events", event.encode())
    assert answer.status_code == 422
    assert answer.json()["error"]["details"][0]["field"] == "details.rows"


@pytest.mark.parametrize("number", ["1" * 300, "-0.5", "12.5e3", "0.1", "true", "null", '"text"'])
def test_every_other_scalar_is_kept(api: Api, number: str) -> None:
    event = json.dumps(EVENT | {"details": {"rows": 0}}).replace(": 0}", f": {number}}}")
    assert api.post("/events", event.encode()).status_code == 202
    assert Alert.objects.get().details["rows"] == json.loads(number)


@pytest.mark.parametrize("moment", ["0001-01-02T00:00:00Z", "1999-12-31T23:59:59.999999-05:30"])
def test_an_old_moment_is_taken(api: Api, moment: str) -> None:
    assert api.report(occurred_at=moment).status_code == 202
    assert Alert.objects.get().occurred_at == datetime.fromisoformat(moment)


def test_a_refusal_does_not_repeat_what_was_sent(api: Api) -> None:
    answer = api.report(details={"a": ["s3cr3t-value"]}, tags=[{"x": "s3cr3t-value"}])
    assert answer.status_code == 422
    assert "s3cr3t-value" not in answer.content.decode()


def test_a_body_over_the_limit_is_a_413(api: Api, settings: Settings) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 2048
    answer = api.report(description="x" * 2048)
    assert answer.status_code == 413
    assert answer.json()["error"] == {
        "code": "PAYLOAD_TOO_LARGE",
        "message": "The body is larger than 2 KiB.",
        "details": {},
    }
    assert api.report().status_code == 202


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)
_fields = st.sampled_from(
    [
        "event_id",
        "status",
        "event_type",
        "severity",
        "title",
        "description",
        "data_source",
        "schema",
        "asset",
        "asset_id",
        "changes",
        "dedup_key",
        "tags",
        "occurred_at",
        "details",
    ]
)


@settings(
    max_examples=200,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(fields=st.dictionaries(_fields, _json, max_size=4))
def test_no_value_of_any_field_is_a_500(api: Api, fields: dict[str, Any]) -> None:
    assert api.post("/events", EVENT | fields).status_code in {202, 400, 422}


@settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(body=st.binary(max_size=200))
def test_no_bytes_are_a_500(api: Api, body: bytes) -> None:
    assert api.post("/events", body).status_code in {400, 422}
