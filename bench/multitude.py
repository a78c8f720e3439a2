"""A multitude of alerts and deliveries: copies of rows of the product's own, made by the database.

Called in child processes (`Stage.call`), where Django is set up.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from django.db import connection, transaction
from django.db.models import Model

from alerts import events, ingest
from alerts.models import Alert, Delivery
from bench import scenes
from destinations.models import Destination

SECONDS_APART = 5  # a million deliveries in two months
FAST = {
    "sqlite": ("PRAGMA synchronous = OFF", "PRAGMA cache_size = -1000000"),
    "postgresql": ("SET synchronous_commit = off", "SET maintenance_work_mem = '512MB'"),
}
# How each database writes a series, a new UUID, and a time so many seconds ago.
SERIES = {
    "sqlite": "WITH RECURSIVE series(n) AS (SELECT 0 UNION ALL SELECT n + 1 FROM series"
    " WHERE n + 1 < {count}) SELECT n, lower(hex(randomblob(16))) AS alert FROM series",
    "postgresql": "SELECT n, gen_random_uuid() AS alert FROM generate_series(0, {count} - 1) AS n",
}
NEW_ID = {"sqlite": "lower(hex(randomblob(16)))", "postgresql": "gen_random_uuid()"}
TEXT_ID = {"sqlite": NEW_ID["sqlite"], "postgresql": "replace(gen_random_uuid()::text, '-', '')"}
AGO = {
    "sqlite": "strftime('%Y-%m-%d %H:%M:%f', 'now', '-' || ({seconds}) || ' seconds')",
    "postgresql": "now() - ({seconds}) * interval '1 second'",
}
# One in twenty each is waiting, being sent, failed and skipped.
STATE = (
    "CASE {n} % 20 WHEN 3 THEN 'pending' WHEN 8 THEN 'sending' WHEN 11 THEN 'failed'"
    " WHEN 16 THEN 'skipped' ELSE 'delivered' END"
)


def multiply(count: int) -> None:
    """So many deliveries: a create and a close for each alert, at all destinations in turn."""
    _write_the_first()
    for statement in FAST[connection.vendor]:
        _run(statement)
    with _without_indexes(Alert, Delivery), transaction.atomic():
        series = SERIES[connection.vendor].format(count=count // 2)
        _run(f"CREATE TEMPORARY TABLE seed AS {series}")
        _copy_alerts()
        _copy_deliveries()
    _run("ANALYZE")


def multiply_alerts(count: int, days: int) -> None:
    """So many alerts, evenly over the last days: of all severities, of several types and tables."""
    _write_the_first()
    for statement in FAST[connection.vendor]:
        _run(statement)
    with _without_indexes(Alert), transaction.atomic():
        _run(f"CREATE TEMPORARY TABLE seed AS {SERIES[connection.vendor].format(count=count)}")
        seconds = f"{days * 86_400 / count} * seed.n"
        _copy(
            Alert,
            "seed",
            {
                "id": "seed.alert",
                "event_type": "CASE seed.n % 4 WHEN 0 THEN 'new_asset' ELSE 'schema_change' END",
                "severity": "CASE seed.n % 3 WHEN 0 THEN 'info' WHEN 1 THEN 'warning'"
                " ELSE 'critical' END",
                "data_source": "'source-' || (seed.n % 7)",
                "asset": "CASE seed.n % 5 WHEN 0 THEN 'db.customers_' ELSE 'db.orders_' END"
                " || (seed.n % 3000)",
                "fingerprint": TEXT_ID[connection.vendor],
                "open_fingerprint": "NULL",
                "state": "'resolved'",
                "ended_at": AGO[connection.vendor].format(seconds=seconds),
                "created_at": AGO[connection.vendor].format(seconds=seconds),
            },
        )
    _run("ANALYZE")


@contextmanager
def _without_indexes(*models: type[Model]) -> Iterator[None]:
    """An index made at the end takes a fraction of the time that its upkeep takes."""
    indexes = [(model, index) for model in models for index in model._meta.indexes]
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.remove_index(model, index)
    yield
    with connection.schema_editor() as editor:
        for model, index in indexes:
            editor.add_index(model, index)


def _write_the_first() -> None:
    ingest.record(events.Event.model_validate(scenes.event("orders")))
    Alert.objects.update(is_matched=True)


def _copy_alerts() -> None:
    is_open = "seed.n % 20 = 3"
    _copy(
        Alert,
        "seed",
        {
            "id": "seed.alert",
            "title": "first.title || seed.n",
            "asset": "first.asset || seed.n",
            "fingerprint": TEXT_ID[connection.vendor],
            "open_fingerprint": f"CASE WHEN {is_open} THEN {TEXT_ID[connection.vendor]} END",
            "state": f"CASE WHEN {is_open} THEN 'triggered' ELSE 'resolved' END",
            "ended_at": f"CASE WHEN {is_open} THEN NULL ELSE first.created_at END",
            "created_at": _ago("2 * seed.n"),
        },
    )


def _copy_deliveries() -> None:
    destinations = (
        "(SELECT id, row_number() OVER (ORDER BY id) - 1 AS place FROM destinations_destination)"
    )
    legs = "(SELECT 0 AS leg UNION ALL SELECT 1)"
    number = "(2 * seed.n + legs.leg)"
    _copy(
        Delivery,
        f"seed CROSS JOIN {legs} AS legs"
        f" JOIN {destinations} AS chosen ON chosen.place = seed.n % {Destination.objects.count()}",
        {
            "id": NEW_ID[connection.vendor],
            "alert_id": "seed.alert",
            "destination_id": "chosen.id",
            "action": "CASE legs.leg WHEN 0 THEN 'close' ELSE 'create' END",
            "state": STATE.format(n=number),
            "idempotency_key": TEXT_ID[connection.vendor],
            "external_id": f"'id-' || {number}",
            "reference": f"'INC-' || {number}",
            "link": f"'https://app.incident.io/incidents/' || {number}",
            "attempt_count": f"{number} % 3",
            "created_at": _ago(number),
        },
    )


def _copy(model: type[Model], source: str, changed: Mapping[str, str]) -> None:
    """One row for each of `source`, like the first row of the model but for what is `changed`."""
    table = model._meta.db_table
    columns = [str(field.column) for field in model._meta.concrete_fields]
    values = [changed.get(column, f"first.{column}") for column in columns]
    names = ", ".join(f'"{column}"' for column in columns)
    _run(
        f"INSERT INTO {table} ({names}) SELECT {', '.join(values)} FROM {source}"
        f" CROSS JOIN (SELECT * FROM {table} LIMIT 1) AS first"
    )


def _ago(number: str) -> str:
    return AGO[connection.vendor].format(seconds=f"{SECONDS_APART} * {number}")


def _run(statement: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement)
