"""The statements that a lane repeats for every delivery, written as SQL.

A busy lane asks 20 to 40 times a second, and the ORM takes five to ten times as long to build one
of these as the database takes to run it (docs/performance.md). They are plain enough for SQLite and
PostgreSQL alike; values go through the model's fields, as the ORM's own do.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from django.db import connection

from alerts import rows
from alerts.models import Delivery
from destinations.models import Destination

# Each half is one walk along the index delivery_next, however many rows wait. Closes come first:
# they end what somebody is looking at.
HALF = """
    SELECT id, interruptions, is_collected FROM (
        SELECT id, interruptions, digest_at IS NOT NULL AND digest IS NULL AS is_collected
        FROM alerts_delivery
        WHERE destination_id = %s AND state = 'pending' AND action = '{action}'
          AND next_attempt_at <= %s
        ORDER BY next_attempt_at LIMIT %s) AS {action}s
    WHERE EXISTS (
        SELECT 1 FROM destinations_destination WHERE id = %s AND is_active AND attention = '')"""
DUE = " UNION ALL ".join(HALF.format(action=action) for action in ("close", "create"))
# COALESCE keeps SQLite, which has no statistics of a fresh table, from walking the index of all
# that is pending instead of looking up the ids.
TAKE = """
    UPDATE alerts_delivery
    SET state = 'sending', lease_token = %s, lease_until = %s, claimed_at = %s,
        attempt_count = attempt_count + 1
    WHERE id IN ({places}) AND COALESCE(state, '') = 'pending' AND EXISTS (
        SELECT 1 FROM destinations_destination WHERE id = %s AND is_active AND attention = '')
    RETURNING {columns}"""
# What a try needs of a delivery.
TAKEN = rows.names_of(
    Delivery,
    (
        *("id", "alert", "destination", "action", "attempt_count", "failure_count"),
        *("interruptions", "is_manual", "message", "external_id", "reference"),
        *("idempotency_key", "lease_token", "digest"),
    ),
)
HELD = """
    SELECT id, lease_token, attempt_count FROM alerts_delivery
    WHERE id IN ({places}) AND COALESCE(state, '') = 'sending'{lock}"""
SETTLE = """
    UPDATE alerts_delivery SET lease_token = '', lease_until = NULL, {sets}, is_manual = %s
    WHERE id = %s"""


def due(destination: Destination, now: datetime, limit: int) -> list[tuple[Any, int, bool]]:
    """Of at most `limit` deliveries that may be sent now: the id, as the database spells it, the
    interruptions, and whether it is left to a digest that is not made yet."""
    pk = _of_delivery("destination", destination.pk)
    half = [pk, _of_delivery("next_attempt_at", now), limit, pk]
    with connection.cursor() as cursor:
        cursor.execute(DUE, [*half, *half])
        found: list[tuple[Any, int, bool]] = cursor.fetchall()
        return found[:limit]


def take(
    destination: Destination, ids: Sequence[Any], token: str, now: datetime, until: datetime
) -> list[Delivery]:
    """Gives pending deliveries to the holder of `token`, and counts the attempt. Returns them in
    the order of `ids`, without those that somebody else has changed in the meantime. Only what a
    try needs is read."""
    lease = [token, _of_delivery("lease_until", until), _of_delivery("claimed_at", now)]
    columns = rows.columns(Delivery, TAKEN)
    statement = TAKE.format(places=", ".join(["%s"] * len(ids)), columns=columns)
    parameters = [*lease, *ids, _of_delivery("destination", destination.pk)]
    order = {pk: place for place, pk in enumerate(ids)}
    taken = rows.read(Delivery, TAKEN, statement, parameters)
    return sorted(taken, key=lambda delivery: order[_of_delivery("id", delivery.pk)])


def held(deliveries: Sequence[Delivery]) -> set[tuple[Any, str, int]]:
    """(id, lease token, attempt count) of those that are still being sent, locked until the end of
    the transaction. The token is a stay's, so only the count tells one claim of it from another."""
    lock = " FOR UPDATE" if connection.features.has_select_for_update else ""
    ids = [_of_delivery("id", delivery.pk) for delivery in deliveries]
    with connection.cursor() as cursor:
        cursor.execute(HELD.format(places=", ".join(["%s"] * len(ids)), lock=lock), ids)
        to_python = Delivery._meta.pk.to_python
        return {(to_python(pk), token, count) for pk, token, count in cursor.fetchall()}


def settle(fates: Iterable[tuple[Delivery, Mapping[str, Any]]]) -> None:
    """Frees claimed deliveries, each with new values of its own."""
    by_names: dict[tuple[str, ...], list[list[Any]]] = {}
    for delivery, fate in fates:
        values = rows.prepared_all(Delivery, {**fate, "is_manual": False, "id": delivery.pk})
        by_names.setdefault(tuple(fate), []).append(values)
    with connection.cursor() as cursor:
        for names, batch in by_names.items():
            sets = ", ".join(f"{name} = %s" for name in names)
            cursor.executemany(SETTLE.format(sets=sets), batch)


def _of_delivery(name: str, value: Any) -> Any:
    return rows.prepared(Delivery, name, value)
