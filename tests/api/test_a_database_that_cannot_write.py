"""Somebody else holds the write lock for longer than we wait."""

import sqlite3
from collections.abc import Iterator
from typing import Protocol

import psycopg
import pytest
from django.db import connection
from django.db.utils import OperationalError

from alerts.intake import Intake
from alerts.models import Alert, Event
from tests.api.client import Api

pytestmark = pytest.mark.django_db(transaction=True)


class Holder(Protocol):
    """Holds the lock, and can let go of it."""

    def lock(self) -> None: ...
    def let_go(self) -> None: ...
    def close(self) -> None: ...


class SqliteHolder:
    patience = "PRAGMA busy_timeout = 100"

    def __init__(self) -> None:
        self._connection = sqlite3.connect(connection.settings_dict["NAME"], isolation_level=None)
        self.close = self._connection.close

    def lock(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")

    def let_go(self) -> None:
        self._connection.execute("ROLLBACK")


class PostgresHolder:
    patience = "SET lock_timeout = 100"

    def __init__(self) -> None:
        parameters = connection.get_connection_params()  # type: ignore[attr-defined]
        names = ("dbname", "user", "password", "host", "port")
        self._connection = psycopg.connect(
            **{name: parameters[name] for name in names if parameters.get(name)}
        )
        self.close = self._connection.close

    def lock(self) -> None:
        # Reads go on, as they do on SQLite.
        self._connection.execute("LOCK TABLE alerts_event, alerts_alert IN EXCLUSIVE MODE")

    def let_go(self) -> None:
        self._connection.rollback()


@pytest.fixture
def locked(api: Api) -> Iterator[Holder]:
    kind = SqliteHolder if connection.vendor == "sqlite" else PostgresHolder
    with connection.cursor() as cursor:
        cursor.execute(kind.patience)
    holder = kind()
    holder.lock()
    yield holder
    holder.close()
    connection.close()


def test_an_event_is_a_503_and_nothing_is_stored(api: Api, locked: Holder) -> None:
    answer = api.report()
    assert answer.status_code == 503
    assert answer.json()["error"]["code"] == "DATABASE_UNAVAILABLE"
    assert int(answer.headers["Retry-After"]) > 0
    locked.let_go()
    assert not Event.objects.exists()
    assert not Alert.objects.exists()
    assert api.report().status_code == 202
    assert Alert.objects.get().count == 1


def test_a_read_is_answered_all_the_same(api: Api, locked: Holder) -> None:
    locked.let_go()
    alert_id = api.report().json()["data"]["alert_id"]
    locked.lock()
    assert api.get(f"/alerts/{alert_id}").status_code == 200


@pytest.mark.parametrize("path", ["/events", "/events/batch"])
def test_a_lost_database_is_a_503(api: Api, monkeypatch: pytest.MonkeyPatch, path: str) -> None:
    def fail(*args: object) -> None:
        raise OperationalError("server closed the connection: canary-4711")

    monkeypatch.setattr(Intake, "_take", fail)
    event = {"event_type": "custom", "title": "T", "asset": "t"}
    answer = api.post(path, event if path == "/events" else {"events": [event]})
    assert answer.status_code == 503
    assert "Retry-After" in answer.headers
    assert "canary" not in answer.content.decode()
    assert not Event.objects.exists()
