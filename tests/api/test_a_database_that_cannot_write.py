"""SQLite: somebody else holds the write lock for longer than we wait."""

import sqlite3
from collections.abc import Iterator

import pytest
from django.db import connection
from django.db.utils import OperationalError

from alerts import ingest
from alerts.models import Alert, Event
from tests.api.client import Api

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def locked(api: Api) -> Iterator[sqlite3.Connection]:
    if connection.vendor != "sqlite":
        pytest.skip("PostgreSQL locks no whole database")
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA busy_timeout = 100")
    holder = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
    holder.execute("BEGIN IMMEDIATE")
    yield holder
    holder.close()
    connection.close()


def test_an_event_is_a_503_and_nothing_is_stored(api: Api, locked: sqlite3.Connection) -> None:
    answer = api.report()
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "DATABASE_UNAVAILABLE"
    assert int(answer.headers["Retry-After"]) > 0
    locked.execute("ROLLBACK")
    assert not Event.objects.exists()
    assert not Alert.objects.exists()
    assert api.report().status_code == 202
    assert Alert.objects.get().count == 1


def test_a_read_is_answered_all_the_same(api: Api, locked: sqlite3.Connection) -> None:
    locked.execute("ROLLBACK")
    alert_id = api.report().json()["data"]["alert_id"]
    locked.execute("BEGIN IMMEDIATE")
    assert api.get(f"/alerts/{alert_id}").status_code == 200


@pytest.mark.parametrize("path", ["/events", "/events/batch"])
def test_a_lost_database_is_a_503(api: Api, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("server closed the connection: canary-4711")

    monkeypatch.setattr(ingest, "_record", fail)
    event = {"event_type": "custom", "title": "T", "asset": "t"}
    answer = api.post(path, event if path == "/events" else {"events": [event]})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "canary" not in answer.content.decode()
    assert not Event.objects.exists()
