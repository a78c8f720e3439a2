"""The job as one would write it in a task: read the delivery, POST it, store what came of it.

It knows the key already and redacts nothing, so it does less than the product does.
"""

import importlib
import json
import os
import threading
import time
from typing import Any

import requests
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from alerts.models import Attempt, Delivery, DeliveryState
from bench.cost import own_backend_seconds
from destinations.errors import Outcome
from destinations.messages import Message
from sandbox.keys import FULL

_sessions = threading.local()


def deliver(delivery_id: str) -> None:
    delivery = Delivery.objects.get(pk=delivery_id)
    started_at = timezone.now()
    exchange = _post(_body(delivery))
    with transaction.atomic():
        _store(delivery, json.loads(exchange["answer"])["incident"])
        Attempt.objects.create(
            delivery=delivery,
            number=delivery.attempt_count + 1,
            started_at=started_at,
            duration_ms=exchange["duration_ms"],
            outcome=Outcome.SUCCESS,
            status_code=exchange["status_code"],
            exchanges=[exchange],
        )


def hand_over(submit: str, count: int) -> float:
    """Hands so many deliveries to a queue. Returns PostgreSQL's processor time for it."""
    module, _, function = submit.partition(":")
    getattr(importlib.import_module(module), function)(count)
    return own_backend_seconds()


def waiting(count: int) -> list[str]:
    """The ids of so many deliveries that wait, the oldest first."""
    due = Delivery.objects.filter(state=DeliveryState.PENDING).order_by("next_attempt_at")
    return [str(pk) for pk in due.values_list("pk", flat=True)[:count]]


def _body(delivery: Delivery) -> dict[str, Any]:
    message = Message.from_json(delivery.message)
    return {
        "idempotency_key": message.idempotency_key,
        "name": message.headline,
        "summary": message.summary,
        "mode": "standard",
        "visibility": "public",
    }


def _post(body: dict[str, Any]) -> dict[str, Any]:
    """One exchange, as the history keeps it."""
    url, started = f"{os.environ['INCIDENT_IO_API_URL']}/v2/incidents", time.monotonic()
    answer = _session().post(url, json=body, timeout=30)
    answer.raise_for_status()
    return {
        "method": "POST",
        "url": url,
        "body": body,
        "status_code": answer.status_code,
        "answer": answer.text,
        "duration_ms": round((time.monotonic() - started) * 1000),
    }


def _store(delivery: Delivery, incident: dict[str, Any]) -> None:
    Delivery.objects.filter(pk=delivery.pk).update(
        state=DeliveryState.DELIVERED,
        external_id=incident["id"],
        reference=incident["reference"],
        link=incident["permalink"],
        delivered_at=timezone.now(),
        next_attempt_at=None,
        attempt_count=F("attempt_count") + 1,
    )


def _session() -> requests.Session:
    """One for each thread, its connection kept alive."""
    if not hasattr(_sessions, "session"):
        _sessions.session = requests.Session()
        _sessions.session.trust_env = False
        _sessions.session.headers["Authorization"] = f"Bearer {FULL}"
    session: requests.Session = _sessions.session
    return session
