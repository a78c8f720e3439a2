"""Databases of a test's own: made, asked, kept for later, brought back."""

import os
import shutil
import sqlite3
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
KINDS = ["sqlite", "postgresql"] if SERVER else ["sqlite"]


@contextmanager
def database(kind: str, folder: Path) -> Iterator[str]:
    """The URL of a new, empty database."""
    if kind == "sqlite":
        yield f"sqlite:///{folder / 'faults.sqlite3'}"
        return
    name = f"faults_{uuid.uuid4().hex}"
    _on_server(f"CREATE DATABASE {name}")
    try:
        yield _url_of(name)
    finally:
        _on_server(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")


def ask(url: str, query: str) -> Any:
    """The first value that a query finds."""
    if path := _path(url):
        with closing(sqlite3.connect(path, timeout=20)) as connection:
            return connection.execute(query).fetchone()[0]
    with psycopg.connect(url) as server:
        row = server.execute(query.encode()).fetchone()
        return row[0] if row else None


def count(url: str, rows: str) -> int:
    return int(ask(url, f"SELECT count(*) FROM {rows}"))


@contextmanager
def snapshot(url: str) -> Iterator[str]:
    """A copy of the database as it is now. Nobody may be connected to it."""
    if path := _path(url):
        copy = path.with_suffix(".backup")
        with closing(sqlite3.connect(path)) as connection:
            connection.execute("VACUUM INTO ?", [str(copy)])
        yield f"sqlite:///{copy}"
        return
    copy_name = f"{_name(url)}_copy"
    _on_server(f"CREATE DATABASE {copy_name} TEMPLATE {_name(url)}")
    try:
        yield _url_of(copy_name)
    finally:
        _on_server(f"DROP DATABASE {copy_name} WITH (FORCE)")


def restore(url: str, copy: str) -> None:
    """Brings a copy back. Nobody may be connected."""
    path, copy_path = _path(url), _path(copy)
    if path and copy_path:
        for leftover in (path, Path(f"{path}-wal"), Path(f"{path}-shm")):
            leftover.unlink(missing_ok=True)
        shutil.copy(copy_path, path)
        return
    _on_server(f"DROP DATABASE {_name(url)} WITH (FORCE)")
    _on_server(f"CREATE DATABASE {_name(url)} TEMPLATE {_name(copy)}")


def _path(url: str) -> Path | None:
    return Path(url.removeprefix("sqlite:///")) if url.startswith("sqlite:///") else None


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2]


def _url_of(name: str) -> str:
    head, _, tail = SERVER.partition("?")
    return head.rpartition("/")[0] + f"/{name}" + (f"?{tail}" if tail else "")


def _on_server(statement: str) -> None:
    with psycopg.connect(SERVER, autocommit=True) as connection:
        connection.execute(statement.encode())
