"""Reads and adds rows where the time counts: the ORM's models and fields, with SQL built once.

To look up or add one row the ORM takes five to ten times as long as the database, nearly all of it
for building the same statement again (docs/performance.md). Only what runs for every event and
every delivery goes this way.
"""

import functools
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar, cast

from django.db import DEFAULT_DB_ALIAS, connection, connections, models

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
    names = names_of(model, tuple(only))
    statement = _selecting(model, name, len(wanted), names, keys, nulls)
    suffix = " FOR UPDATE" if lock and connection.features.has_select_for_update else ""
    return read(model, names, statement + suffix, [*wanted, *others])


def read(
    model: type[Row], names: tuple[str, ...], statement: str, parameters: Sequence[Any] = ()
) -> list[Row]:
    """Rows that a statement answers with, as instances that have the fields `names` (which come in
    the order of `names_of`)."""
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)
        answers = cursor.fetchall()
    if not answers:
        return []
    attributes, convert = _reading(model, names)
    return [model.from_db(DEFAULT_DB_ALIAS, attributes, convert(answer)) for answer in answers]


@functools.cache
def names_of(model: type[models.Model], only: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of the model's fields, or of `only` some, in the order in which it takes them."""
    names = (field.name for field in model._meta.concrete_fields)
    return tuple(name for name in names if not only or name in only)


@functools.cache
def columns(model: type[models.Model], names: tuple[str, ...]) -> str:
    """The columns of these fields, as a statement lists them."""
    return ", ".join(_column(model, name) for name in names)


def insert(rows: Sequence[models.Model]) -> None:
    """Adds rows of one model, with their ids made beforehand or by the database."""
    if not rows:
        return
    statement, fields = _inserting(type(rows[0]))
    database = connections[DEFAULT_DB_ALIAS]
    values = [
        [field.get_db_prep_save(field.pre_save(row, True), database) for field in fields]
        for row in rows
    ]
    with connection.cursor() as cursor:
        if len(values) == 1:  # psycopg sets a pipeline up for many
            cursor.execute(statement, values[0])
        else:
            cursor.executemany(statement, values)


def update(model: type[models.Model], pk: Any, values: Mapping[str, Any]) -> None:
    """Writes `values` to one row; nothing if there are none."""
    if not values:
        return
    statement = _updating(model, tuple(values))
    parameters = prepared_all(model, {**values, model._meta.pk.name: pk})
    with connection.cursor() as cursor:
        cursor.execute(statement, parameters)


def prepared(model: type[models.Model], name: str, value: Any) -> Any:
    """The value as this database takes it for the model's field `name`."""
    return prepared_all(model, {name: value})[0]


def prepared_all(model: type[models.Model], values: Mapping[str, Any]) -> list[Any]:
    """Each of the values as this database takes it for the field of that name."""
    database = connections[DEFAULT_DB_ALIAS]  # asked for once: `connection` looks it up each time
    return [_field(model, name).get_db_prep_save(value, database) for name, value in values.items()]


@functools.lru_cache(maxsize=256)
def _selecting(
    model: type[models.Model],
    name: str,
    count: int,
    names: tuple[str, ...],
    equal: tuple[str, ...],
    nulls: tuple[str, ...],
) -> str:
    places = ", ".join(["%s"] * count)
    conditions = [
        f"{_column(model, name)} IN ({places})",
        *(f"{_column(model, each)} = %s" for each in equal),
        *(f"{_column(model, each)} IS NULL" for each in nulls),
    ]
    # The names are those of our own models.
    source = f"SELECT {columns(model, names)} FROM {model._meta.db_table}"  # noqa: S608
    return f"{source} WHERE {' AND '.join(conditions)}"


@functools.cache
def _inserting(model: type[models.Model]) -> tuple[str, list[models.Field[Any, Any]]]:
    fields = [f for f in model._meta.concrete_fields if not isinstance(f, models.AutoField)]
    names = columns(model, tuple(field.name for field in fields))
    places = ", ".join(["%s"] * len(fields))
    return f"INSERT INTO {model._meta.db_table} ({names}) VALUES ({places})", fields  # noqa: S608


@functools.cache
def _updating(model: type[models.Model], names: tuple[str, ...]) -> str:
    sets = ", ".join(f"{_column(model, name)} = %s" for name in names)
    pk = _column(model, model._meta.pk.name)
    return f"UPDATE {model._meta.db_table} SET {sets} WHERE {pk} = %s"  # noqa: S608


@functools.cache
def _reading(
    model: type[models.Model], names: tuple[str, ...]
) -> tuple[list[str], Callable[[Sequence[Any]], list[Any]]]:
    """The attributes of these fields, and what makes of an answer's values the fields' own."""
    fields = [_field(model, name) for name in names]
    # A foreign key's column has the values of the field that it points to.
    expressions = [field.get_col(model._meta.db_table) for field in fields]
    steps = [
        (each, [*connection.ops.get_db_converters(each), *each.get_db_converters(connection)])
        for each in expressions
    ]

    def convert(answer: Sequence[Any]) -> list[Any]:
        values = list(answer)
        for place, (expression, converters) in enumerate(steps):
            for converter in converters:
                values[place] = converter(values[place], expression, connection)
        return values

    return [field.attname for field in fields], convert


def _column(model: type[models.Model], name: str) -> str:
    # "schema" and "count" are fields, and words of SQL.
    return connection.ops.quote_name(str(_field(model, name).column))


@functools.cache
def _field(model: type[models.Model], name: str) -> models.Field[Any, Any]:
    return cast("models.Field[Any, Any]", model._meta.get_field(name))
