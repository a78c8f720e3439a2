"""A key that is easy to find goes through all that can happen, and is then looked for."""

import json
import logging
from collections.abc import Iterator

import pytest
from django.apps import apps
from django.db import connection, models
from django.test import Client
from django_q.models import OrmQ
from pytest_django.fixtures import Settings

from accounts.models import ApiKey
from alerts.deletion import delete
from alerts.lifecycle import end
from alerts.models import Alert, AlertState, Attempt, Delivery, DeliveryState
from alerts.resending import send_again
from alerts.sweep import sweep
from armor_incidents.logs import OneLineFormatter
from destinations.connectors.incident_io import IncidentIo
from destinations.errors import DestinationError
from destinations.messages import Message
from destinations.models import Destination
from sandbox.server import Sandbox
from tests.alerts.factories import a_destination, a_rule, an_alert, drain

pytestmark = pytest.mark.django_db
CANARY = "inc_c4n4ry" + "0123456789abcdef" * 3
FAULTS = [
    {"mode": "status", "status": 400},
    {"mode": "status", "status": 401},
    {"mode": "status", "status": 403},
    {"mode": "status", "status": 404},
    {"mode": "status", "status": 422},
    {"mode": "status", "status": 503},
    {"mode": "rate_limited", "seconds": 0},
    {"mode": "redirect", "location": f"http://127.0.0.1:9/?key={CANARY}"},
    {"mode": "reset_before"},
    {"mode": "reset_after"},
    {"mode": "reset_mid_body"},
    {"mode": "hang_before"},
    {"mode": "drip", "seconds": 0.3},
    {"mode": "huge", "bytes": 200_000},
    {"mode": "gzip_bomb", "bytes": 200_000},
    {"mode": "not_json"},
    {"mode": "empty"},
    {"mode": "html"},
    {"mode": "no_id"},
    {"mode": "deep_json"},
]


@pytest.fixture
def log(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """Every record of every logger, as it is written."""
    lines: list[str] = []

    class Keeper(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(self.format(record))

    keeper = Keeper(logging.DEBUG)
    keeper.setFormatter(OneLineFormatter())
    loggers = [logging.getLogger(name) for name in (None, "django-q", "urllib3", "django.server")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.addHandler(keeper)
        logger.setLevel(logging.DEBUG)
    yield lines
    for logger, level in zip(loggers, levels, strict=True):
        logger.removeHandler(keeper)
        logger.setLevel(level)


def everything_stored() -> dict[str, str]:
    """Every column of every table as text, but for the sealed secrets themselves."""
    stored: dict[str, str] = {}
    for model in apps.get_models(include_auto_created=True):
        for field in model._meta.concrete_fields:
            values = list(model._default_manager.values_list(field.attname, flat=True))
            if isinstance(field, models.JSONField):
                values = [json.dumps(value) for value in values]
            stored[f"{model._meta.db_table}.{field.column}"] = "\n".join(map(str, values))
    return stored


def everything_raw() -> str:
    """The same past all models: whatever tables there are."""
    text = []
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            text += [str(row) for row in cursor.fetchall()]
    return "\n".join(text)


def go_through_everything(sandbox: Sandbox, settings: Settings) -> tuple[Destination, list[str]]:
    """Failures of every kind, a success, a test, a close, a deletion. Returns what was answered."""
    settings.CALL_DEADLINE = 0.5
    settings.RETRY_SCHEDULE, settings.BREAKER_FAILURES = (0,), 1000
    sandbox.keys.add("canary", "viewer", "incident_creator", "incident_editor", secret=CANARY)
    destination = a_destination(key=CANARY)
    a_rule(destination)
    for number, fault in enumerate(FAULTS):
        _fail(sandbox, destination, dict(fault), number)
    alert = an_alert()
    drain(destination)
    end(alert, AlertState.RESOLVED)
    drain(destination)
    for delivery in Delivery.objects.filter(state=DeliveryState.FAILED)[:3]:
        send_again(delivery, "ada")
    sweep()
    drain(destination)
    answers = _answers(destination)
    answers += _test(sandbox, destination)
    return destination, answers


def _fail(sandbox: Sandbox, destination: Destination, fault: dict[str, object], at: int) -> None:
    sandbox.faults.add(str(fault.pop("mode")), **fault)
    an_alert(asset=f"table_{at}")
    drain(destination)
    sandbox.faults.clear()
    destination.refresh_from_db()
    destination.verified()
    Delivery.objects.filter(state=DeliveryState.PENDING).update(
        state=DeliveryState.FAILED, next_attempt_at=None
    )
    lane = destination.lane
    lane.refresh_from_db()
    lane.paused_until, lane.tokens = None, 100
    lane.save()


def _answers(destination: Destination) -> list[str]:
    _, token = ApiKey.objects.issue("reader")
    http, headers = Client(), {"Authorization": f"Bearer {token}"}
    return [
        http.get(f"/api/v1/alerts/{alert.pk}{path}", headers=headers).content.decode()
        for alert in Alert.objects.all()
        for path in ("", "/deliveries")
    ]


def _test(sandbox: Sandbox, destination: Destination) -> list[str]:
    message = Delivery.objects.filter(state=DeliveryState.DELIVERED).first()
    assert message is not None
    told = Message.from_json(message.message | {"idempotency_key": "a-test"})
    good = destination.connector()
    texts = [str(good.check()), str(good.test(told))]
    sandbox.faults.add("status", status=401)
    bad = destination.connector()
    with pytest.raises(DestinationError) as caught:
        bad.test(told)
    sandbox.faults.clear()
    texts += [str(caught.value), repr(caught.value), caught.value.advice]
    return texts + [str(exchange) for exchange in [*good.door.exchanges, *bad.door.exchanges]]


def test_a_key_is_nowhere_but_sealed(
    sandbox: Sandbox,
    settings: Settings,
    log: list[str],
    capfd: pytest.CaptureFixture[str],
) -> None:
    destination, answers = go_through_everything(sandbox, settings)
    # The scenario was what it claims to be: every kind of failure, and successes.
    assert Attempt.objects.values("outcome").distinct().count() >= 5
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() >= 2
    assert OrmQ.objects.exists()
    assert answers
    assert log
    assert any(entry.key_name == "canary" for entry in sandbox.journal.entries())
    printed = capfd.readouterr()
    for place, text in {
        **everything_stored(),
        "raw tables": everything_raw(),
        "log": "\n".join(log),
        "answers": "\n".join(answers),
        "stdout": printed.out,
        "stderr": printed.err,
    }.items():
        assert CANARY not in text, place
        assert CANARY.encode().hex() not in text, place
    # It was there all the time, sealed, and the search would have found it in clear.
    assert destination.unseal("api_key") == CANARY
    Destination.objects.update(last_error=f"oops {CANARY}")
    assert CANARY in everything_stored()["destinations_destination.last_error"]
    assert CANARY in everything_raw()
    delete(destination)
    assert Destination.objects.get().secrets == {}


def test_the_queue_holds_integers_only(sandbox: Sandbox, settings: Settings) -> None:
    go_through_everything(sandbox, settings)
    rows = list(OrmQ.objects.all())
    assert rows
    for row in rows:
        assert [type(argument) for argument in row.task["args"]] in ([int], [])
        assert not row.task.get("kwargs")


def test_an_unforeseen_exception_that_quotes_the_key_is_told_by_its_class(
    sandbox: Sandbox,
    log: list[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def explode(*args: object) -> None:
        raise RuntimeError(f"key {CANARY}")

    monkeypatch.setattr(IncidentIo, "create", explode)
    destination = a_destination(key=CANARY)
    a_rule(destination)
    an_alert()
    drain(destination)
    assert "RuntimeError" in Attempt.objects.get().error
    assert CANARY not in everything_raw()
    assert CANARY not in "\n".join(log)
