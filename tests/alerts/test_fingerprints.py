"""Which events are the same problem."""

from typing import Any

import pytest

from tests.alerts.factories import an_event

REMOVED = {"change_type": "column_removed", "column": "a"}
ADDED = {"change_type": "column_added", "column": "b"}


def same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return an_event(**one).fingerprint == an_event(**other).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"title": "A"}, {"title": "B"}),
        ({"severity": "info"}, {"severity": "critical"}),
        ({"status": "triggered"}, {"status": "resolved"}),
        ({"event_id": "1"}, {"event_id": "2"}),
        ({"description": "x"}, {"description": "y"}),
        ({"changes": [REMOVED, ADDED]}, {"changes": [ADDED, REMOVED]}),
        ({"changes": [REMOVED, REMOVED]}, {"changes": [REMOVED]}),
        (
            {"changes": [REMOVED | {"old_value": "int"}]},
            {"changes": [REMOVED | {"old_value": "text"}]},
        ),
        ({"event_type": "schema_drift"}, {"event_type": "schema_change"}),
        ({"dedup_key": "k", "asset": "a"}, {"dedup_key": "k", "asset": "b"}),
        ({"asset_id": "1"}, {"asset_id": "2"}),
        ({"asset": "", "qualified_name": "q"}, {"asset": "", "qualified_name": "q"}),
        ({"tags": ["a"]}, {"tags": []}),
    ],
)
def test_one_problem(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert same(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ({"asset": "a"}, {"asset": "b"}),
        ({"asset": "", "asset_id": "1"}, {"asset": "", "asset_id": "2"}),
        ({"data_source": "a"}, {"data_source": "b"}),
        ({"event_type": "custom"}, {"event_type": "metric_anomaly"}),
        ({"changes": [REMOVED]}, {"changes": [ADDED]}),
        ({"changes": [REMOVED]}, {"changes": [REMOVED, ADDED]}),
        ({"changes": [REMOVED]}, {"changes": []}),
        ({"dedup_key": "k"}, {"dedup_key": "l"}),
        ({"dedup_key": "k"}, {"dedup_key": ""}),
        ({"data_source": "a", "asset": "b"}, {"data_source": "", "asset": "ab"}),
    ],
)
def test_two_problems(one: dict[str, Any], other: dict[str, Any]) -> None:
    assert not same(one, other)
