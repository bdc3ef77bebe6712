"""Opening a database: the right driver for its URL, and a schema that fits this release.

An empty database gets the tables as they are today; an older one is brought up to date by the migrations (which a test
holds equal to the tables); a newer one is refused.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from sqlalchemy.schema import CreateIndex, CreateTable

from userpool.errors import SettingsError
from userpool.server.database.keys import add_fact, fact
from userpool.server.database.query import DIALECTS
from userpool.server.database.sqlite import MEMORY, SQLiteDatabase
from userpool.server.database.tables import SCHEMA_VERSION, metadata

if TYPE_CHECKING:
    from userpool.server.database.query import Database, Transaction

FACT = "schema_version"
_definitions: dict[str, list[str]] = {}


def sqlite_path(url: str) -> str | None:
    """Return the file of a `sqlite:` URL (`:memory:` for none), or None for another kind of URL.

    Raises:
        SettingsError: the URL is of no kind that is known here.
    """
    parts = urlsplit(url)
    if parts.scheme in {"postgresql", "postgres"}:
        return None
    if parts.scheme != "sqlite" or parts.netloc:
        raise SettingsError("database_url has to begin with sqlite:/// or postgresql://.")
    path = unquote(parts.path)
    return path[1:] if len(path) > 1 else MEMORY


async def open_database(url: str) -> Database:
    """Open a database and make its schema fit.

    Raises:
        SettingsError: the URL can't be understood, or the database was made by a newer release.
    """
    path = sqlite_path(url)
    database: Database
    if path is not None:
        database, dialect = SQLiteDatabase(path), "sqlite"
    else:
        # asyncpg is not needed for SQLite.
        from userpool.server.database.postgresql import PostgreSQLDatabase

        database, dialect = await PostgreSQLDatabase.connect(url), "postgresql"
    try:
        await _fit_schema(database, url, dialect)
        if isinstance(database, SQLiteDatabase):
            database.reserve_log()
    except BaseException:
        await database.close()
        raise
    return database


async def _fit_schema(database: Database, url: str, dialect: str) -> None:
    version = await _version(database.reader)
    if version is None:
        await database.script(_definition(dialect))
        await database.write(lambda transaction: add_fact(transaction, FACT, SCHEMA_VERSION))
        version = await _version(database.reader)
    if version is not None and version < SCHEMA_VERSION:
        from userpool.server.database.migrations.runner import upgrade  # Alembic is needed here only.

        await asyncio.to_thread(upgrade, url)
        version = await _version(database.reader)
    if version != SCHEMA_VERSION:
        raise SettingsError(
            f"The database has schema {version}; this release of userpool knows {SCHEMA_VERSION}. "
            "Use a release that is at least as new as the one that wrote it."
        )


async def _version(reader: Transaction) -> str | None:
    try:
        return await fact(reader, FACT)
    except Exception as error:
        # The table is missing from an empty database; each driver has its own class for that.
        if "no such table" in str(error) or "does not exist" in str(error):
            return None
        raise


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
