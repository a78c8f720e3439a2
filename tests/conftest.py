"""What all tests share: a database as in production, and a stand-in for incident.io."""

from collections.abc import Iterator

import pytest
from django.db import connection
from pytest_django.fixtures import Settings

from alerts import lanes
from sandbox.server import Sandbox


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """What is of the other database alone has nothing to show here."""
    elsewhere = [
        item
        for item in items
        if (only := item.get_closest_marker("only_on")) and connection.vendor not in only.args
    ]
    config.hook.pytest_deselected(items=elsewhere)
    items[:] = [item for item in items if item not in elsewhere]


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    tmp_path_factory: pytest.TempPathFactory, django_db_modify_db_settings_parallel_suffix: None
) -> None:
    """SQLite in a file: in memory it knows no locks, and threads would share one connection."""
    if connection.vendor == "sqlite":
        path = tmp_path_factory.mktemp("database") / "test.sqlite3"
        connection.settings_dict["TEST"]["NAME"] = str(path)


@pytest.fixture
def sandbox(settings: Settings) -> Iterator[Sandbox]:
    """A running stand-in for incident.io, which destinations of this test speak to."""
    with Sandbox() as running:
        settings.INCIDENT_IO_API_URL = running.url
        yield running


@pytest.fixture(autouse=True)
def quick_lanes(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    """Lanes go home as soon as they have nothing to do."""
    settings.LANE_LINGER = 0
    monkeypatch.setattr(lanes, "POLL", 0.005)
