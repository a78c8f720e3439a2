"""A transaction of somebody else's, beside which nobody can write."""

import sqlite3

import psycopg
from django.db import connection

TABLES = "alerts_event, alerts_alert, alerts_delivery, alerts_lane"


class Lock:
    """Taken and let go from any thread; reads go on meanwhile, on SQLite and on PostgreSQL."""

    def __init__(self) -> None:
        self._connection = _open_sqlite() if connection.vendor == "sqlite" else _open_postgres()
        self.close = self._connection.close

    def take(self, tables: str = TABLES) -> None:
        if isinstance(self._connection, sqlite3.Connection):
            self._connection.execute("BEGIN IMMEDIATE")
        else:
            self._connection.execute(f"LOCK TABLE {tables} IN EXCLUSIVE MODE")

    def let_go(self) -> None:
        self._connection.rollback()


def _open_sqlite() -> sqlite3.Connection:
    name = connection.settings_dict["NAME"]
    return sqlite3.connect(name, isolation_level=None, check_same_thread=False)


def _open_postgres() -> psycopg.Connection[tuple[object, ...]]:
    parameters = connection.get_connection_params()  # type: ignore[attr-defined]
    names = ("dbname", "user", "password", "host", "port")
    return psycopg.connect(**{name: parameters[name] for name in names if parameters.get(name)})
