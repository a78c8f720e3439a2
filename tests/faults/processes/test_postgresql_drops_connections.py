"""PostgreSQL ends connections again and again, in the middle of transactions that take events in
and transactions that record outcomes: nothing is lost, and nothing is done twice."""

import threading
import time
from collections import Counter
from collections.abc import Iterator

import psycopg
import pytest

from tests.faults.processes.house import House, on_postgresql
from tests.pipeline.system import event, wait_for

MEETINGS = 4  # how often connections are ended amid each of the two
LOOK = 0.03  # seconds
# Transactions last longer, so that they are met in the middle. Each ends at one of its own rows.
SLOW = """
CREATE FUNCTION dawdle() RETURNS trigger AS
'BEGIN PERFORM pg_sleep(0.1); RETURN NEW; END' LANGUAGE plpgsql;
CREATE TRIGGER slow_event AFTER INSERT ON alerts_event FOR EACH ROW EXECUTE FUNCTION dawdle();
CREATE TRIGGER slow_attempt AFTER INSERT ON alerts_attempt FOR EACH ROW EXECUTE FUNCTION dawdle();
"""
QUICK = "DROP FUNCTION dawdle CASCADE"
BUSY = """
SELECT replace(query, '"', '') FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND state = 'active'
"""
END_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid() AND backend_type = 'client backend'
"""
INTAKE, RECORD = "INSERT INTO alerts_event", "INSERT INTO alerts_attempt"


@pytest.fixture
def killer(house: House) -> Iterator["Killer"]:
    """It works until it is told to stop."""
    execute(house, SLOW)
    killer = Killer(house.database_url)
    killer.start()
    yield killer
    killer.stop()
    execute(house, QUICK)


def execute(house: House, statements: str) -> None:
    with psycopg.connect(house.database_url, autocommit=True) as server:
        server.execute(statements.encode())


class Killer(threading.Thread):
    """Ends all connections whenever one takes an event in or records an outcome; not for ever."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.met = Counter({INTAKE: 0, RECORD: 0})
        self._must_stop = threading.Event()
        self._server = psycopg.connect(url, autocommit=True)

    def run(self) -> None:
        while not self._must_stop.wait(LOOK):
            for moment in self._moments():
                self.met[moment] += 1
                self._server.execute(END_ALL.encode())
        self._server.close()

    def _moments(self) -> list[str]:
        queries = [str(query) for (query,) in self._server.execute(BUSY.encode())]
        return [
            moment
            for moment, count in self.met.items()
            if count < MEETINGS and any(query.startswith(moment) for query in queries)
        ]

    def is_content(self) -> bool:
        return min(self.met.values()) >= MEETINGS

    def stop(self) -> None:
        self._must_stop.set()
        self.join(30)


def report_until_taken(house: House, name: str) -> str:
    """As a producer does that keeps to the rules: the same event again after a 503."""
    while True:
        answer = house.post("/events", event(name, event_id=name))
        if answer.status_code == 202:
            return str(answer.json()["data"]["alert_id"])
        assert answer.status_code == 503, answer.text
        time.sleep(0.05)


@on_postgresql
def test_nothing_is_lost_and_nothing_is_done_twice(house: House, killer: Killer) -> None:
    before = house.count("alerts_event"), house.count("alerts_alert")
    alerts: list[str] = []
    while not killer.is_content():
        alerts.append(report_until_taken(house, f"dropped-{len(alerts)}"))
        house.supervise()
        assert len(alerts) < 200, killer.met
    killer.stop()

    def all_are_delivered() -> bool:
        house.supervise()
        return not house.count("alerts_delivery WHERE state IN ('pending', 'sending')")

    wait_for(all_are_delivered)
    after = house.count("alerts_event"), house.count("alerts_alert")
    assert after == tuple(number + len(alerts) for number in before)
    assert house.incidents_for(*alerts) == len(set(alerts)) == len(alerts)
