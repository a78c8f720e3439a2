"""Pages of a list, newest first, that cost the same wherever in the list they stand.

A page is named by its neighbour's `created_at` and id, not by a number, so nothing is counted off.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar
from uuid import UUID

from django.db.models import Model, Q, QuerySet
from django.http import QueryDict

PAGE_SIZE = 50
COUNT_LIMIT = 10_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
Row = TypeVar("Row", bound=Model)
Place = tuple[datetime, UUID]


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`newer` and `older` are the query strings of the pages beside this one, or empty."""

    rows: list[Row]
    newer: str
    older: str


def page_of(rows: QuerySet[Row], query: QueryDict, size: int = PAGE_SIZE) -> Page[Row]:
    """The page that `query` asks for: its `older` or `newer` names a place; without, the first."""
    if place := _place(query.get("newer", "")):
        page = _newer_page(rows, query, place, size)
        if page.rows:
            return page
    return _older_page(rows, query, _place(query.get("older", "")), size)


def capped_count(rows: QuerySet[Any], one: str, many: str) -> str:
    """How many there are, in words: "1 alert". Beyond 10,000 nobody needs to know."""
    count = rows.order_by()[: COUNT_LIMIT + 1].count()
    if count > COUNT_LIMIT:
        return f"more than {COUNT_LIMIT:,} {many}"
    return f"{count:,} {one if count == 1 else many}"


def _newer_page(rows: QuerySet[Row], query: QueryDict, place: Place, size: int) -> Page[Row]:
    created_at, pk = place
    # Not `created > c OR (created = c AND id > i)`: no index serves that, measured 13 times slower.
    above = rows.filter(Q(created_at__gt=created_at) | Q(id__gt=pk), created_at__gte=created_at)
    found = list(above.order_by("created_at", "id")[: size + 1])
    shown = found[:size][::-1]
    has_more = len(found) > size
    return _linked(shown, query, has_newer=has_more, has_older=True)


def _older_page(rows: QuerySet[Row], query: QueryDict, place: Place | None, size: int) -> Page[Row]:
    if place:
        created_at, pk = place
        rows = rows.filter(Q(created_at__lt=created_at) | Q(id__lt=pk), created_at__lte=created_at)
    found = list(rows.order_by("-created_at", "-id")[: size + 1])
    return _linked(found[:size], query, has_newer=place is not None, has_older=len(found) > size)


def _linked(rows: list[Row], query: QueryDict, *, has_newer: bool, has_older: bool) -> Page[Row]:
    newer = _link(query, "newer", rows[0] if rows else None) if has_newer else ""
    older = _link(query, "older", rows[-1]) if has_older and rows else ""
    return Page(rows, newer, older)


def _link(query: QueryDict, direction: str, row: Any) -> str:
    """The same query at another place; without a row, at the start of the list."""
    query = query.copy()
    for name in ("newer", "older"):
        query.pop(name, None)
    place = f"{(row.created_at - EPOCH) // MICROSECOND}-{row.pk.hex}" if row else ""
    query[direction] = place
    return query.urlencode()


def _place(text: str) -> Place | None:
    """What `_link` wrote. A place that somebody has made up is no place."""
    microseconds, _, pk = text.partition("-")
    try:
        return EPOCH + timedelta(microseconds=int(microseconds)), UUID(pk)
    except (ValueError, OverflowError):
        return None
