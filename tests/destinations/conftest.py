"""Most tests here know no database: the run on PostgreSQL repeats only those that do."""

import pytest
from django.db import connection


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if connection.vendor == "sqlite":
        return
    here = [item for item in items if "tests/destinations/" in item.nodeid]
    without = {item for item in here if not item.get_closest_marker("django_db")}
    config.hook.pytest_deselected(items=list(without))
    items[:] = [item for item in items if item not in without]
