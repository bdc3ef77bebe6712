"""Opening a database: the right driver for its URL, and a schema that fits this release.

An empty database gets the tables as they are today; an older one is brought up to date by the migrations (which a test
holds equal to the tables); a newer one is refused.
"""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlalchemy import column, func, literal, select, table
from sqlalchemy.schema import CreateIndex, CreateTable

from userpool.errors import SettingsError
from userpool.server.database.keys import add_fact, fact
from userpool.server.database.query import DIALECTS, Query
from userpool.server.database.sqlite import MEMORY, SQLiteDatabase
from userpool.server.database.tables import SCHEMA_FACT, SCHEMA_VERSION, facts, metadata

if TYPE_CHECKING:
    from sqlalchemy.sql import ClauseElement

    from userpool.server.database.query import Database, Transaction

_definitions: dict[str, list[str]] = {}


def _has_facts(dialect: str) -> ClauseElement:
    if dialect == "postgresql":
        # It looks where an unqualified name is looked for, and is NULL for what isn't there.
        return select(literal(1)).where(func.to_regclass(facts.name).is_not(None))
    catalogue = table("sqlite_master", column("type"), column("name"))
    return select(catalogue.c.name).where(catalogue.c.type == "table", catalogue.c.name == facts.name)


_HAS_FACTS = Query(_has_facts)


def sqlite_path(url: str) -> str | None:
    """Return the file of a `sqlite:` URL (`:memory:` for none), or None for another kind of URL.

    Raises:
        SettingsError: the URL is of no kind that is known here.
    """
    parts = urlsplit(url)
    if parts.scheme in {"postgresql", "postgres"}:
        return None
    if not url.startswith("sqlite://") or parts.netloc or parts.query or parts.fragment:
        raise SettingsError("database_url has to begin with sqlite:/// or postgresql://.")
    path = unquote(parts.path)
    return path[1:] if len(path) > 1 else MEMORY


async def open_database(url: str) -> Database:
    """Open a database and make its schema fit.

    Raises:
        SettingsError: the URL can't be understood, the database can't be reached, or it was made by a newer release.
    """
    path = sqlite_path(url)
    if path is None:
        return await _open_postgresql(url)
    try:
        database = SQLiteDatabase(path)
        try:
            await _fit_schema(database, "sqlite")
            await database.reserve_log()
        except BaseException:
            await database.close()
            raise
    except (OSError, sqlite3.Error) as error:
        raise SettingsError(f"The database {path} can't be opened: {error}.") from error
    return database


async def _open_postgresql(url: str) -> Database:
    # asyncpg is not needed for SQLite.
    from userpool.server.database.postgresql import PostgreSQLDatabase

    database = await PostgreSQLDatabase.connect(url)
    try:
        await _fit_schema(database, "postgresql")
    except BaseException:
        await database.close()
        raise
    return database


async def _fit_schema(database: Database, dialect: str) -> None:
    if await _version(database.reader) is None:
        await database.write_schema(lambda transaction: _create(transaction, dialect))
    version = await _version(database.reader)
    if version is not None and version < SCHEMA_VERSION:
        # Alembic takes longer to import than all the rest, and is needed here only.
        from userpool.server.database.migrations.runner import upgrade

        await upgrade(database, dialect, after=version)
        version = await _version(database.reader)
    if version != SCHEMA_VERSION:
        raise SettingsError(
            f"The database has schema {version}; this release of userpool knows {SCHEMA_VERSION}. "
            "Use a release that is at least as new as the one that wrote it."
        )


async def _create(transaction: Transaction, dialect: str) -> None:
    for statement in _definition(dialect):
        await transaction.define(statement)
    # Whoever was faster has written down which version it made; that is looked at next.
    await add_fact(transaction, SCHEMA_FACT, SCHEMA_VERSION)


async def _version(reader: Transaction) -> str | None:
    return await fact(reader, SCHEMA_FACT) if await reader.one(_HAS_FACTS) is not None else None


def _definition(dialect: str) -> list[str]:
    found = _definitions.get(dialect)
    if found is None:
        compiler = DIALECTS[dialect]
        found = _definitions[dialect] = []
        for table in metadata.sorted_tables:
            # IF NOT EXISTS: two servers may open an empty database at the same time.
            found.append(str(CreateTable(table, if_not_exists=True).compile(dialect=compiler)))
            found += [
                str(CreateIndex(index, if_not_exists=True).compile(dialect=compiler))
                for index in sorted(table.indexes, key=lambda index: str(index.name))
            ]
    return found
