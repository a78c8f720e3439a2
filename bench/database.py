"""Databases to play on: a new one for each stage, migrated, gone afterwards."""

import shutil
import tempfile
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
from psycopg import sql

FOLDER_PREFIX = "armor-bench-"


@dataclass(frozen=True, slots=True)
class Engine:
    """A kind of database; `server` is the URL of a PostgreSQL server, empty for SQLite."""

    name: str
    server: str = ""

    @contextmanager
    def database(self) -> Iterator[str]:
        """The URL of a new, empty database."""
        with _postgres(self.server) if self.server else _sqlite() as url:
            yield url


SQLITE = Engine("SQLite")


def postgresql(server: str) -> Engine:
    return Engine("PostgreSQL", server)


@contextmanager
def _sqlite() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix=FOLDER_PREFIX))
    try:
        yield f"sqlite:///{folder / 'bench.sqlite3'}"
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _postgres(server: str) -> Iterator[str]:
    name = f"bench_{uuid.uuid4().hex[:12]}"
    _tell(server, "CREATE DATABASE {}", name)
    try:
        yield urlsplit(server)._replace(path=f"/{name}").geturl()
    finally:
        _tell(server, "DROP DATABASE {} WITH (FORCE)", name)


def _tell(server: str, command: str, name: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(sql.Identifier(name)))
