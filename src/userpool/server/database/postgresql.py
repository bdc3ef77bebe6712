"""PostgreSQL, and the databases that speak its protocol: statements run on asyncpg itself.

Write transactions are serialisable; the one runner here tries again when the database says that two of them crossed.
"""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING, Any, TypeVar

import asyncpg

from userpool.errors import SettingsError, UserPoolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from userpool.server.database.query import Query, Row, Transaction

T = TypeVar("T")

TRIES = 30
LONGEST_PAUSE_SECONDS = 0.5
# 40001 serialization_failure, 40P01 deadlock_detected; OC000 and OC001 are a distributed database's names for
# the former.
RETRYABLE = frozenset({"40001", "40P01", "OC000", "OC001"})
# What two servers meet that define the same schema at once: IF NOT EXISTS looks before the other has committed.
# 23505 unique_violation (in the catalogue), 42P07 duplicate_table, 42710 duplicate_object.
RACING = RETRYABLE | {"23505", "42P07", "42710"}


class TooManyConflictsError(UserPoolError):
    """Raised when a transaction met a conflict at every try."""


class _Statements:
    """Statements on one connection."""

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        text, values = query.bound("postgresql", parameters)
        row = await self._connection.fetchrow(text, *values)
        return None if row is None else tuple(row)

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        text, values = query.bound("postgresql", parameters)
        return [tuple(row) for row in await self._connection.fetch(text, *values)]

    async def run(self, query: Query, **parameters: Any) -> int:
        text, values = query.bound("postgresql", parameters)
        status: str = await self._connection.execute(text, *values)
        return int(status.rsplit(" ", 1)[-1])

    async def run_for_each(self, query: Query, rows: Iterable[dict[str, Any]]) -> None:
        bound = [query.bound("postgresql", parameters) for parameters in rows]
        if bound:
            await self._connection.executemany(bound[0][0], [values for _, values in bound])

    async def define(self, statement: str) -> None:
        await self._connection.execute(statement)


class PostgreSQLDatabase:
    """A database behind a pool of connections."""

    def __init__(self, connections: Any) -> None:
        """Take an asyncpg pool; `connect` makes one."""
        self._connections = connections
        # A pool has the same fetch methods as a connection, each on a connection of its own.
        self.reader: Transaction = _Statements(connections)

    @classmethod
    async def connect(cls, url: str, *, largest: int = 10) -> PostgreSQLDatabase:
        """Open a pool of at most `largest` connections to `postgresql://user:password@host:port/name`.

        Raises:
            SettingsError: the URL can't be understood, or nobody lets us in there.
        """
        try:
            connections = await asyncpg.create_pool(
                url, min_size=1, max_size=largest, statement_cache_size=512
            )
        except (OSError, ValueError, asyncpg.PostgresError, asyncpg.InterfaceError) as error:
            # The cause may quote the URL, which holds a password.
            reason = str(error).replace(url, "the URL") or type(error).__name__
            raise SettingsError(f"The PostgreSQL database can't be opened: {reason}.") from None
        return cls(connections)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` in a serialisable transaction, again after a conflict, and commit."""
        return await self._write(work, RETRYABLE)

    async def write_schema(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Like `write`, and again if another server defined the same at the same time."""
        return await self._write(work, RACING)

    async def _write(self, work: Callable[[Transaction], Awaitable[T]], retryable: frozenset[str]) -> T:
        for attempt in range(TRIES):
            try:
                async with (
                    self._connections.acquire() as connection,
                    connection.transaction(isolation="serializable"),
                ):
                    return await work(_Statements(connection))
            except asyncpg.PostgresError as error:
                if error.sqlstate not in retryable:
                    raise
                pause = min(LONGEST_PAUSE_SECONDS, 0.002 * 2**attempt)
                await asyncio.sleep(random.uniform(0, pause))  # noqa: S311
        raise TooManyConflictsError(f"The transaction met a conflict {TRIES} times.")

    async def close(self) -> None:
        """Close all connections."""
        await self._connections.close()
