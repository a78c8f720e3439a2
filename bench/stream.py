"""Events at a steady pace, or far apart, and the time of each commit. Runs in child processes.

Each function returns {"sent": {name: time.monotonic()}, "own": …, "database": …}: the processor
time that the processes with these pids, and PostgreSQL, used from the first event to a little
after the last.
"""

import json
import random
import time
from collections.abc import Callable
from typing import Any

import requests
from django.db import connection
from django.utils import timezone
from django_q.models import OrmQ

from alerts import events, ingest
from bench.cost import cpu_seconds, own_backend_seconds
from bench.scenes import event

AFTER = 0.5  # seconds: the last one is delivered and stored by then
Sender = Callable[[str], None]


def record(
    prefix: str, count: int, rate: float, pids: list[int], postmaster: int = 0
) -> dict[str, Any]:
    """Through the product's own function, in this process: its cost is left out."""
    connection.ensure_connection()
    before = own_backend_seconds()
    answer = _watched(prefix, count, rate, pids, postmaster, _record)
    answer["database"] -= own_backend_seconds() - before
    return answer


def post_events(
    prefix: str, count: int, rate: float, pids: list[int], postmaster: int, url: str, key: str
) -> dict[str, Any]:
    """Through the API of a web server."""
    http = _session()
    http.headers["Authorization"] = f"Bearer {key}"

    def send(name: str) -> None:
        http.post(f"{url}/api/v1/events", json=event(name), timeout=30).raise_for_status()

    return _watched(prefix, count, rate, pids, postmaster, send)


def post_alerts(prefix: str, count: int, rate: float, pids: list[int], url: str) -> dict[str, Any]:
    """To Alertmanager, as much text as our events have, one alert a POST."""
    http = _session()

    def send(name: str) -> None:
        http.post(f"{url}/api/v2/alerts", json=[_prometheus_alert(name)]).raise_for_status()

    return _watched(prefix, count, rate, pids, 0, send)


def lone_events(prefix: str, count: int) -> dict[str, float]:
    """Events so far apart that nothing is left to do when the next one comes."""
    return _far_apart(prefix, count, _record)


def lone_rows(prefix: str, count: int) -> dict[str, float]:
    """The same for the bare polling loop (bench/poller.py): a row in django-q2's table."""

    def send(name: str) -> None:
        OrmQ.objects.create(key="bench", payload=name, lock=timezone.now())

    return _far_apart(prefix, count, send)


def _record(name: str) -> None:
    ingest.record(events.parse(json.dumps(event(name)).encode()))


def _watched(
    prefix: str, count: int, rate: float, pids: list[int], postmaster: int, send: Sender
) -> dict[str, Any]:
    def reading() -> tuple[float, float]:
        database = cpu_seconds(postmaster) if postmaster else 0.0
        return sum(cpu_seconds(pid) for pid in pids), database

    own, database = reading()
    sent = _paced(prefix, count, rate, send)
    time.sleep(AFTER)
    own_then, database_then = reading()
    return {"sent": sent, "own": own_then - own, "database": database_then - database}


def _paced(prefix: str, count: int, rate: float, send: Sender) -> dict[str, float]:
    """One every 1/rate seconds by the clock, however long each takes."""
    sent = {}
    started = time.monotonic()
    for number in range(count):
        time.sleep(max(0.0, started + number / rate - time.monotonic()))
        name = f"{prefix}-{number}"
        send(name)
        sent[name] = time.monotonic()
    return sent


def _far_apart(prefix: str, count: int, send: Sender) -> dict[str, float]:
    sent = {}
    for number in range(count):
        time.sleep(random.uniform(0.5, 1.0))  # in step with nobody's polling
        name = f"{prefix}-{number}"
        send(name)
        sent[name] = time.monotonic()
    time.sleep(AFTER)
    return sent


def _session() -> requests.Session:
    http = requests.Session()
    http.trust_env = False
    return http


def _prometheus_alert(name: str) -> dict[str, Any]:
    source = event(name)
    labels = {"alertname": name} | {
        label: source[label] for label in ("event_type", "severity", "asset", "data_source")
    }
    notes = {"title": source["title"], "description": source["description"]}
    return {"labels": labels, "annotations": notes, "startsAt": source["occurred_at"]}
