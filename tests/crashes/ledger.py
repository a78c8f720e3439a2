"""The database, read from outside while the product works on it: plain SQL on either database."""

import sqlite3
from collections import defaultdict
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import psycopg

DELIVERIES = """
    SELECT delivery.id, destination.name, alert.title, delivery.action, delivery.state,
           delivery.attempt_count, delivery.external_id
    FROM alerts_delivery AS delivery
    JOIN alerts_alert AS alert ON alert.id = delivery.alert_id
    JOIN destinations_destination AS destination ON destination.id = delivery.destination_id
"""
ATTEMPTS = """
    SELECT delivery_id, number, outcome, started_at FROM alerts_attempt
    ORDER BY delivery_id, number
"""
UNFINISHED = "SELECT count(*) FROM alerts_delivery WHERE state IN ('pending', 'sending')"
IN_LANE = """
    SELECT count(*) FROM alerts_delivery AS delivery
    JOIN destinations_destination AS destination ON destination.id = delivery.destination_id
    WHERE destination.name = '{lane}' AND
"""
UNCLAIMED = f"{IN_LANE} delivery.state = 'pending' AND delivery.next_attempt_at IS NOT NULL"
CLAIMED = f"{IN_LANE} delivery.state = 'sending'"
SAVED = f"{IN_LANE} delivery.state = 'delivered'"


@dataclass(frozen=True)
class Attempt:
    number: int
    outcome: str
    started_at: Any


@dataclass(frozen=True)
class Delivery:
    lane: str
    title: str
    action: str
    state: str
    attempt_count: int
    external_id: str
    attempts: list[Attempt] = field(default_factory=list)


class Ledger:
    """Connects anew for each question, so that it can be asked from any thread."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def connect(self) -> Any:
        """A connection without a transaction, until one is begun."""
        if self._url.startswith("sqlite:///"):
            path = self._url.removeprefix("sqlite:///")
            return sqlite3.connect(path, 20, isolation_level=None, check_same_thread=False)
        return psycopg.connect(self._url, autocommit=True)

    def rows(self, query: str) -> list[Any]:
        with closing(self.connect()) as connection:
            return list(connection.execute(query).fetchall())

    def count(self, query: str, lane: str = "") -> int:
        return int(self.rows(query.format(lane=lane))[0][0])

    def lock(self) -> Any:
        """Lets nobody save, until the connection that is returned is closed."""
        connection = self.connect()
        if isinstance(connection, sqlite3.Connection):
            connection.execute("BEGIN IMMEDIATE")
        else:
            connection.execute("BEGIN")
            connection.execute("LOCK TABLE alerts_attempt IN EXCLUSIVE MODE")
        return connection

    def deliveries(self) -> list[Delivery]:
        attempts: dict[Any, list[Attempt]] = defaultdict(list)
        for delivery_id, *attempt in self.rows(ATTEMPTS):
            attempts[delivery_id].append(Attempt(*attempt))
        return [Delivery(*row[1:], attempts[row[0]]) for row in self.rows(DELIVERIES)]
