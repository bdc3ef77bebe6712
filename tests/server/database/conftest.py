"""Databases without a server around them.

Fixtures:

- `database`: an open database, empty but for its schema: in memory, in a file, on PostgreSQL.
- `empty_url`: where there is nothing yet, not even a schema: a file, or a new database on PostgreSQL.
- `commits`: `commits(path)` counts the commits in the write-ahead log of a SQLite file.
- `schema_of`: `await schema_of(url)` describes every table, column, key and index in the database's own words.
"""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import struct
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import asyncpg
import pytest

from userpool.server.database.opening import open_database, sqlite_path
from userpool.server.database.query import Database


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A database with its schema and nothing in it."""
    opened = await open_database(database_url)
    yield opened
    await opened.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def empty_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """Where there is no schema yet."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/empty.db"
        return
    shared: str = request.getfixturevalue("postgresql_database").url
    name = f"userpool_test_{secrets.token_hex(6)}"

    async def on_server(statement: str) -> None:
        connection = await asyncpg.connect(shared)
        await connection.execute(statement)
        await connection.close()

    asyncio.run(on_server(f"CREATE DATABASE {name}"))
    yield urlsplit(shared)._replace(path=f"/{name}").geturl()
    asyncio.run(on_server(f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def commits() -> Callable[[Path], int]:
    """Give a function that counts commits in a write-ahead log (sqlite.org/fileformat2.html §4)."""

    def count(path: Path) -> int:
        log = Path(f"{path}-wal").read_bytes()
        page_size, salts, found = struct.unpack_from(">I", log, 8)[0], log[16:24], 0
        for place in range(32, len(log) - 24, 24 + page_size):
            if log[place + 8 : place + 16] != salts:
                break
            # The frame that ends a transaction carries the size of the database after it.
            found += struct.unpack_from(">I", log, place + 4)[0] > 0
        return found

    return count


@pytest.fixture
def schema_of() -> Callable[[str], Awaitable[list[Any]]]:
    """Give a function that describes a database."""

    async def describe(url: str) -> list[Any]:
        path = sqlite_path(url)
        return _of_sqlite(path) if path is not None else await _of_postgresql(url)

    return describe


def _of_sqlite(path: str) -> list[Any]:
    connection = sqlite3.connect(path)
    tables = connection.execute("PRAGMA table_list").fetchall()
    found: list[Any] = []
    for schema, name, kind, _, without_rowid, strict in sorted(tables):
        if schema != "main" or name.startswith("sqlite_"):
            continue
        columns = connection.execute(f"PRAGMA table_xinfo({name})").fetchall()
        indexes = connection.execute(f"PRAGMA index_list({name})").fetchall()
        found.append((name, kind, without_rowid, strict, [column[1:] for column in columns]))
        found += [
            (index, connection.execute(f"PRAGMA index_xinfo({index[0]})").fetchall())
            for index in sorted(index[1:] for index in indexes)
        ]
    connection.close()
    return found


async def _of_postgresql(url: str) -> list[Any]:
    connection = await asyncpg.connect(url)
    columns = await connection.fetch(
        "SELECT table_name, ordinal_position, column_name, data_type, character_maximum_length, is_nullable,"
        " column_default, collation_name, is_identity FROM information_schema.columns"
        " WHERE table_schema = 'public' ORDER BY 1, 2"
    )
    indexes = await connection.fetch(
        "SELECT tablename, indexname, indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1, 2"
    )
    constraints = await connection.fetch(
        "SELECT conrelid::regclass::text, conname, pg_get_constraintdef(oid) FROM pg_constraint"
        " WHERE connamespace = 'public'::regnamespace ORDER BY 1, 2"
    )
    await connection.close()
    return [tuple(row) for row in (*columns, *indexes, *constraints)]
