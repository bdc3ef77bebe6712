"""Opening a database: its URL, its schema, and two servers at once."""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from userpool.errors import SettingsError
from userpool.server.database.keys import fact, move_fact
from userpool.server.database.opening import open_database, sqlite_path
from userpool.server.database.postgresql import PostgreSQLDatabase
from userpool.server.database.query import Database
from userpool.server.database.sqlite import SQLiteDatabase
from userpool.server.database.tables import SCHEMA_FACT, SCHEMA_VERSION, metadata

pytestmark = pytest.mark.anyio

Schema = Callable[[str], Awaitable[list[Any]]]

# ---- URLs ----


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("sqlite://", ":memory:"),
        ("sqlite:///", ":memory:"),
        ("sqlite:///:memory:", ":memory:"),
        ("sqlite:///pool.db", "pool.db"),
        ("sqlite:////var/lib/pool.db", "/var/lib/pool.db"),
        ("sqlite:///with%20space.db", "with space.db"),
        ("postgresql://user:password@host:5432/name", None),
        ("postgres://host/name", None),
    ],
)
def test_a_url_names_a_file_or_a_server(url: str, path: str | None) -> None:
    assert sqlite_path(url) == path


@pytest.mark.parametrize(
    "url",
    [
        "",
        "pool.db",
        "/var/lib/pool.db",
        "sqlite:pool.db",
        "sqlite:/pool.db",
        "sqlite://pool.db",
        "mysql://host/name",
    ],
)
def test_a_url_of_another_kind_is_refused(url: str) -> None:
    with pytest.raises(SettingsError, match="has to begin with"):
        sqlite_path(url)


@pytest.mark.parametrize("url", ["sqlite:///pool.db?mode=ro", "sqlite:///pool.db#part"])
def test_what_a_url_says_beside_the_file_is_not_passed_over(url: str) -> None:
    with pytest.raises(SettingsError):
        sqlite_path(url)


async def test_a_database_is_of_the_kind_that_its_url_names(database: Database, database_url: str) -> None:
    kind = PostgreSQLDatabase if database_url.startswith("postgresql") else SQLiteDatabase

    assert isinstance(database, kind)


# ---- what can't be opened ----


async def test_a_file_in_no_folder_is_told_so(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"nowhere/pool\.db can't be opened: unable to open"):
        await open_database(f"sqlite:///{tmp_path}/nowhere/pool.db")


async def test_a_file_of_something_else_is_told_so_and_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "letter.txt"
    file.write_text("Dear all, " * 1_000)

    with pytest.raises(SettingsError, match="not a database"):
        await open_database(f"sqlite:///{file}")

    assert file.read_text() == "Dear all, " * 1_000


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://user:canary-password@127.0.0.1:1/name",
        "postgresql://user:canary-password@127.0.0.1:notaport/name",
        "postgresql://user:canary-password@no-such-host.invalid/name",
    ],
)
async def test_a_server_that_nobody_answers_for_is_told_without_its_password(url: str) -> None:
    with pytest.raises(SettingsError, match="can't be opened") as caught:
        await open_database(url)

    assert "canary" not in str(caught.value)
    assert caught.value.__cause__ is None


async def test_a_database_that_a_server_does_not_have_is_told_so(postgresql_database: Any) -> None:
    with pytest.raises(SettingsError, match='database "no_such_database" does not exist'):
        await open_database(postgresql_database.url.rpartition("/")[0] + "/no_such_database")


# ---- the schema ----


async def test_an_empty_database_gets_the_tables(empty_url: str, schema_of: Schema) -> None:
    database = await open_database(empty_url)

    assert await fact(database.reader, SCHEMA_FACT) == SCHEMA_VERSION
    await database.close()
    described = str(await schema_of(empty_url))
    assert [name for name in metadata.tables if name not in described] == []


async def test_a_database_is_opened_again_as_it_is(empty_url: str, schema_of: Schema) -> None:
    await (await open_database(empty_url)).close()
    before = await schema_of(empty_url)

    await (await open_database(empty_url)).close()

    assert await schema_of(empty_url) == before


async def test_two_servers_may_open_an_empty_database_at_the_same_time(
    empty_url: str, schema_of: Schema
) -> None:
    databases = await asyncio.gather(*(open_database(empty_url) for _ in range(4)))

    versions = [await fact(database.reader, SCHEMA_FACT) for database in databases]
    for database in databases:
        await database.close()
    assert versions == [SCHEMA_VERSION] * 4


def test_several_processes_may_open_an_empty_file_at_the_same_time(tmp_path: Path) -> None:
    program = (
        "import asyncio, sys\n"
        "from userpool.server.database.keys import add_fact\n"
        "from userpool.server.database.opening import open_database\n"
        "async def main():\n"
        "    database = await open_database(sys.argv[1])\n"
        "    for number in range(40):\n"
        "        await database.write(lambda t: add_fact(t, f'{sys.argv[2]} {number}', 'x'))\n"
        "    await database.close()\n"
        "asyncio.run(main())\n"
    )
    url = f"sqlite:///{tmp_path}/pool.db"

    processes = [
        subprocess.Popen([sys.executable, "-c", program, url, str(number)], stderr=subprocess.PIPE)
        for number in range(4)
    ]
    errors = [process.communicate(timeout=60)[1].decode() for process in processes]

    assert errors == [""] * 4
    connection = sqlite3.connect(tmp_path / "pool.db")
    assert connection.execute("SELECT count(*) FROM facts").fetchone() == (161,)
    assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()


@pytest.mark.parametrize(
    ("version", "message"),
    [("9999", "has schema 9999; this release of userpool knows"), ("0000", "no migration is known")],
)
async def test_a_schema_that_this_release_does_not_know_is_refused_and_left_alone(
    empty_url: str, version: str, message: str
) -> None:
    database = await open_database(empty_url)
    await database.write(
        lambda transaction: move_fact(transaction, SCHEMA_FACT, before=SCHEMA_VERSION, after=version)
    )

    with pytest.raises(SettingsError, match=message):
        await open_database(empty_url)

    assert await fact(database.reader, SCHEMA_FACT) == version
    await database.close()


async def test_tables_of_somebody_else_are_left_alone(tmp_path: Path) -> None:
    connection = sqlite3.connect(tmp_path / "shared.db")
    connection.execute("CREATE TABLE theirs (x)")
    connection.execute("INSERT INTO theirs VALUES (1)")
    connection.commit()

    await (await open_database(f"sqlite:///{tmp_path}/shared.db")).close()

    assert connection.execute("SELECT x FROM theirs").fetchall() == [(1,)]
    connection.close()
