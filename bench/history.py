"""The history page with a million deliveries, beside the same page with a thousand.

The rows are copies of one that the product has written itself, made inside the database.
"""

from collections.abc import Iterator
from functools import partial
from time import monotonic
from typing import Any

from bench.report import Row
from bench.rounds import Figures, in_turns, middle, percentile, ratio
from bench.stage import Plan, Stage

GOAL = 1.5
QUERIES_GOAL = 1.0
FEW = 1000
PAGES = {"first": "first page", "deep": "10,000th page"}
DESTINATIONS = 4


def run(plan: Plan) -> Iterator[Row]:
    """The page in the middle is of a million deliveries the 10,000th, of a thousand the 10th."""
    many = plan.size(1_000_000, 20_000)
    for engine in plan.engines:
        with Stage(engine) as small, Stage(engine) as large:
            _seed(small, FEW)
            _seed(large, many)
            contestants = {
                name: partial(stage.call, "bench.history:look", requests=plan.size(40, 5))
                for name, stage in (("many", large), ("few", small))
            }
            yield from _rows(engine.name, many, in_turns(plan.size(5, 1), contestants))


def _seed(stage: Stage, count: int) -> None:
    stage.manage("collectstatic", "--noinput", "-v0")  # pages name their files by its list
    stage.call("bench.scenes:set_up", destinations=DESTINATIONS)
    stage.call("bench.multitude:multiply", count=count)


def _rows(engine: str, many: int, found: dict[str, list[Figures]]) -> Iterator[Row]:
    large, small = found["many"], found["few"]
    for page, label in PAGES.items():
        yield Row(
            benchmark="history",
            case=f"{engine}, {label}",
            measured=f"{middle(large, page + '_ms'):.1f} ms with {many:,}",
            reference=f"{middle(small, page + '_ms'):.1f} ms with {FEW:,}",
            ratio=ratio(large, small, page + "_ms"),
            goal=GOAL,
            details=dict(found),
        )
    yield _queries_row(engine, large[0], small[0])


def _queries_row(engine: str, large: Figures, small: Figures) -> Row:
    most, least = (max(each[f"{page}_queries"] for page in PAGES) for each in (large, small))
    return Row(
        benchmark="history",
        case=f"{engine}, queries",
        measured=f"{most} queries",
        reference=f"{least} queries",
        ratio=most / least,
        goal=QUERIES_GOAL,
        details={"many": large, "few": small},
    )


# --- In a child process, with Django ----------------------------------------------------------


def look(requests: int) -> Figures:
    """What the pages cost somebody who is logged in: the median in milliseconds, and queries."""
    client = _logged_in()
    addresses = {"first": "/alerts/history/", "deep": f"/alerts/history/?{_middle()}"}
    figures: Figures = {}
    for page, address in addresses.items():
        figures[f"{page}_queries"] = _queries(client, address)  # also warms up
        waits = [_seconds(client, address) for _ in range(requests)]
        figures[f"{page}_ms"] = percentile(waits, 0.5) * 1000
    return figures


def _logged_in() -> Any:
    from django.contrib.auth.models import User
    from django.test import Client

    person, _ = User.objects.get_or_create(username="bench")
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(person, "django.contrib.auth.backends.ModelBackend")
    return client


def _middle() -> str:
    """The query of the page in the middle: of a million the 10,000th."""
    from django.http import QueryDict

    from alerts.keyset import PAGE_SIZE, _link
    from alerts.models import Delivery

    rows = Delivery.objects.only("created_at").order_by("-created_at", "-id")
    return _link(QueryDict(), "older", rows[rows.count() // 2 - PAGE_SIZE - 1])


def _queries(client: Any, address: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        _seconds(client, address)
    return len(captured)


def _seconds(client: Any, address: str) -> float:
    started = monotonic()
    answer = client.get(address)
    took = monotonic() - started
    if answer.status_code != 200 or b"<tbody>" not in answer.content:
        raise RuntimeError(f"{address} answered {answer.status_code} without deliveries.")
    return took
