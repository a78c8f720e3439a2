"""Reads and adds rows where the time counts: the ORM's models and fields, with SQL built once.

To look up or add one row the ORM takes five to ten times as long as the database, nearly all of it
for building the same statement again (docs/performance.md). Only what runs for every event and
every delivery goes this way.
"""

import functools
from collections.abc import Callable, Iterable, Sequence
from typing import Any, TypeVar, cast

from django.db import connection, models

Row = TypeVar("Row", bound=models.Model)


def find(
    model: type[Row],
    name: str,
    values: Iterable[Any],
    *,
    only: Sequence[str] = (),
    lock: bool = False,
    **equal: Any,
) -> list[Row]:
    """Rows whose field `name` has one of `values`, and whose other fields are `equal` (None is
    NULL). `only` names the fields that are read; `lock` holds the rows until the transaction's end.
    """
    wanted = [prepared(model, name, value) for value in values]
    if not wanted:
        return []
    others = [prepared(model, key, value) for key, value in equal.items() if value is not None]
    nulls = tuple(key for key, value in equal.items() if value is None)
    keys = tuple(key for key in equal if key not in nulls)
    statement = _selecting(model, name, len(wanted), tuple(only), keys, nulls)
    suffix = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    return list(model._default_manager.raw(statement + suffix, [*wanted, *others]))


def insert(rows: Sequence[models.Model]) -> None:
    """Adds rows of one model, with their ids made beforehand or by the database."""
    if not rows:
        return
    model = type(rows[0])
    statement, fields = _inserting(model)
    values = [
        [field.get_db_prep_save(field.pre_save(row, True), connection) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


def prepared(model: type[models.Model], name: str, value: Any) -> Any:
    """The value as this database takes it for the model's field `name`."""
    return _preparer(model, name)(value)


@functools.cache
def _preparer(model: type[models.Model], name: str) -> Callable[[Any], Any]:
    prepare = _field(model, name).get_db_prep_save
    return lambda value: prepare(value, connection)


@functools.lru_cache(maxsize=256)
def _selecting(
    model: type[models.Model],
    name: str,
    count: int,
    only: tuple[str, ...],
    equal: tuple[str, ...],
    nulls: tuple[str, ...],
) -> str:
    columns = ", ".join(_column(model, each) for each in only) or "*"
    places = ", ".join(["%s"] * count)
    conditions = [
        f"{_column(model, name)} IN ({places})",
        *(f"{_column(model, each)} = %s" for each in equal),
        *(f"{_column(model, each)} IS NULL" for each in nulls),
    ]
    return f"SELECT {columns} FROM {model._meta.db_table} WHERE {' AND '.join(conditions)}"  # noqa: S608 (names of our own models)


@functools.cache
def _inserting(model: type[models.Model]) -> tuple[str, list[models.Field[Any, Any]]]:
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    columns = ", ".join(_column(model, field.name) for field in fields)
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {model._meta.db_table} ({columns}) VALUES ({places})", fields  # noqa: S608


def _column(model: type[models.Model], name: str) -> str:
    # "schema" and "count" are fields, and words of SQL.
    return connection.ops.quote_name(str(_field(model, name).column))


def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return cast("models.Field[Any, Any]", model._meta.get_field(name))
