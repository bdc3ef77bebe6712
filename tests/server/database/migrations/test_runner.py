"""Migrations: from nothing to the tables of this release, and from one release to the next."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Any

import asyncpg
import pytest
from sqlalchemy import select, text

from userpool.errors import SettingsError
from userpool.server.database.keys import fact
from userpool.server.database.migrations.runner import history, statements, upgrade
from userpool.server.database.opening import open_database
from userpool.server.database.postgresql import PostgreSQLDatabase
from userpool.server.database.query import Database, Query, Transaction
from userpool.server.database.sqlite import SQLiteDatabase
from userpool.server.database.tables import SCHEMA_FACT, SCHEMA_VERSION, messages, pools

pytestmark = pytest.mark.anyio

Schema = Callable[[str], Awaitable[list[Any]]]

# Two made-up revisions after the newest that is released.
NEXT, AFTER_NEXT = (f"{int(SCHEMA_VERSION) + ahead:04d}" for ahead in (1, 2))
NEXT_TEXT = f"""
import sqlalchemy as sa
from alembic import op

revision = "{NEXT}"
down_revision = "{SCHEMA_VERSION}"


def upgrade():
    op.add_column("pools", sa.Column("colour", sa.String(20), nullable=True))
    op.create_index("pools_by_colour", "pools", ["colour"])
    op.execute("UPDATE pools SET colour = 'a colour: none'")
"""  # noqa: S608 - a program, not a statement
AFTER_NEXT_TEXT = f"""
from alembic import op

revision = "{AFTER_NEXT}"
down_revision = "{NEXT}"


def upgrade():
    op.drop_index("pools_by_colour", "pools")
"""


@pytest.fixture
def versions(tmp_path: Path) -> Path:
    """The released revisions and two more."""
    folder = tmp_path / "migrations" / "versions"
    folder.mkdir(parents=True)
    (folder / f"{NEXT}_colours.py").write_text(NEXT_TEXT)
    (folder / f"{AFTER_NEXT}_less.py").write_text(AFTER_NEXT_TEXT)
    released = Path(__file__).parents[4] / "src/userpool/server/database/migrations/versions"
    for revision in released.glob("[0-9]*.py"):
        (folder / revision.name).write_text(revision.read_text())
    return folder


async def opened_bare(url: str) -> tuple[Database, str]:
    """Open a database without making a schema."""
    if url.startswith("postgresql"):
        return await PostgreSQLDatabase.connect(url), "postgresql"
    return SQLiteDatabase(url.removeprefix("sqlite:///")), "sqlite"


async def test_migrations_from_nothing_make_the_tables_of_this_release(
    empty_url: str, tmp_path: Path, schema_of: Schema
) -> None:
    database, dialect = await opened_bare(empty_url)
    await upgrade(database, dialect, after=None)
    await database.close()
    migrated = await schema_of(empty_url)
    await emptied(empty_url)

    await (await open_database(empty_url)).close()

    assert len(migrated) > 20
    assert migrated == await schema_of(empty_url)


async def test_a_migrated_database_is_opened_as_it_is(empty_url: str) -> None:
    database, dialect = await opened_bare(empty_url)
    await upgrade(database, dialect, after=None)
    await database.close()

    reopened = await open_database(empty_url)

    assert await fact(reopened.reader, SCHEMA_FACT) == SCHEMA_VERSION
    await reopened.close()


def test_the_newest_revision_is_the_one_that_the_tables_equal() -> None:
    assert history()[-1] == SCHEMA_VERSION


def test_revisions_are_numbered_in_their_order() -> None:
    assert history() == [f"{number:04d}" for number in range(1, len(history()) + 1)]


def test_revisions_are_told_oldest_first(versions: Path) -> None:
    assert history(versions) == [*history(), NEXT, AFTER_NEXT]


@pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])
def test_each_statement_stands_alone(versions: Path, dialect: str) -> None:
    assert statements(dialect, NEXT, versions=versions) == [
        "ALTER TABLE pools ADD COLUMN colour VARCHAR(20)",
        "CREATE INDEX pools_by_colour ON pools (colour)",
        "UPDATE pools SET colour = 'a colour: none'",
    ]


async def test_an_older_database_is_brought_up_to_date_with_what_is_in_it(
    empty_url: str, versions: Path
) -> None:
    database = await open_database(empty_url)
    await database.write(
        lambda transaction: transaction.define("INSERT INTO pools VALUES ('us-east-1_a', 1, '{}')")
    )
    dialect = "postgresql" if isinstance(database, PostgreSQLDatabase) else "sqlite"

    await upgrade(database, dialect, after=SCHEMA_VERSION, versions=versions)

    rows = await database.reader.all(Query(select(pools.c.pool_id, text("colour"))))
    assert rows == [("us-east-1_a", "a colour: none")]
    assert await fact(database.reader, SCHEMA_FACT) == AFTER_NEXT
    await database.close()


async def test_two_servers_may_migrate_at_the_same_time(empty_url: str, versions: Path) -> None:
    databases = [await open_database(empty_url) for _ in range(3)]
    dialect = "postgresql" if isinstance(databases[0], PostgreSQLDatabase) else "sqlite"

    await asyncio.gather(
        *(upgrade(database, dialect, after=SCHEMA_VERSION, versions=versions) for database in databases)
    )

    assert [await fact(database.reader, SCHEMA_FACT) for database in databases] == [AFTER_NEXT] * 3
    for database in databases:
        await database.close()


async def test_a_revision_that_fails_leaves_no_half_of_it(
    empty_url: str, versions: Path, schema_of: Schema
) -> None:
    failing = versions / f"{AFTER_NEXT}_less.py"
    failing.write_text(AFTER_NEXT_TEXT + '    op.drop_index("no_such_index", "pools")\n')
    database = await open_database(empty_url)
    dialect = "postgresql" if isinstance(database, PostgreSQLDatabase) else "sqlite"

    with pytest.raises(Exception, match="no_such_index"):
        await upgrade(database, dialect, after=SCHEMA_VERSION, versions=versions)

    assert await fact(database.reader, SCHEMA_FACT) == NEXT
    assert "pools_by_colour" in str(await schema_of(empty_url))
    await database.close()


async def test_a_database_of_the_first_release_keeps_its_messages(empty_url: str) -> None:
    database, dialect = await opened_bare(empty_url)
    for statement in statements(dialect, "0001"):
        await database.write(partial(defined, statement))
    await database.write(
        partial(defined, "INSERT INTO messages (message_id, created_ms, body_sealed) VALUES ('m', 7, 'x')")
    )
    await database.write(partial(defined, "INSERT INTO facts VALUES ('schema_version', '0001')"))
    await database.close()

    reopened = await open_database(empty_url)

    rows = await reopened.reader.all(Query(select(messages.c.message_id, messages.c.leased_until_ms)))
    assert rows == [("m", None)]
    assert await fact(reopened.reader, SCHEMA_FACT) == SCHEMA_VERSION
    await reopened.close()


async def test_a_revision_that_is_none_of_ours_is_refused(database: Database) -> None:
    with pytest.raises(SettingsError, match="schema 0000, from which no migration is known"):
        await upgrade(database, "sqlite", after="0000")


async def defined(statement: str, transaction: Transaction) -> None:
    """Run one statement in words of its own."""
    await transaction.define(statement)


async def emptied(url: str) -> None:
    """Remove everything from a database."""
    if url.startswith("postgresql"):
        connection = await asyncpg.connect(url)
        await connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        await connection.close()
        return
    path = Path(url.removeprefix("sqlite:///"))
    for file in path.parent.glob(f"{path.name}*"):
        file.unlink()
