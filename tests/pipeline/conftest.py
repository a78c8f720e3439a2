"""Each test has its own database, sandbox and processes; TEST_POSTGRES_URL adds PostgreSQL."""

import os
import uuid
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from sandbox.server import Sandbox
from tests.pipeline.system import System

DATABASES = ["sqlite", "postgresql"] if os.environ.get("TEST_POSTGRES_URL") else ["sqlite"]


@pytest.fixture(params=DATABASES)
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'pipeline.sqlite3'}"
        return
    server, name = os.environ["TEST_POSTGRES_URL"], f"pipeline_{uuid.uuid4().hex}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    yield _with_name(server, name)
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def _with_name(server: str, name: str) -> str:
    head, _, tail = server.partition("?")
    return head.rpartition("/")[0] + f"/{name}" + (f"?{tail}" if tail else "")


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as sandbox:
        yield sandbox


@pytest.fixture
def system(database_url: str, sandbox: Sandbox) -> Iterator[System]:
    system = System(database_url, sandbox)
    try:
        system.start_web()
        system.start_worker()
        yield system
    finally:
        system.stop()
