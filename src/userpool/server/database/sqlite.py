"""SQLite: statements run on the event loop, and everything that is ready shares one commit.

A statement takes microseconds here, less than handing it to a thread would. What takes long is making a
commit durable, so the transactions of one turn of the event loop are committed together, each within a
savepoint of its own, and none is acknowledged before that commit has reached the disk (`synchronous=FULL`).

Rules of the room: a transaction's function is driven to its end without a pause; one that awaits anything but
its own statements is a mistake and fails loudly. Reads see committed data only: they use a second connection
(save in memory, where a commit can't fail).
"""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from userpool.errors import UserPoolError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Iterable

    from userpool.server.database.query import Query, Row, Transaction

T = TypeVar("T")

MEMORY = ":memory:"
BUSY_TRIES = 200
BUSY_PAUSE_SECONDS = 0.025
# SQLite moves the log into the database after 1,000 pages of 4,096 bytes, with a header of 24 each, and begins
# it anew.
LOG_BYTES = 1_100 * (4_096 + 24)


class DatabaseBusyError(UserPoolError):
    """Raised when another process has held the database for too long."""


class _Statements:
    """Statements on one connection, answered at once."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def one(self, query: Query, **parameters: Any) -> Row | None:
        text, values = query.bound("sqlite", parameters)
        row: Row | None = self._connection.execute(text, values).fetchone()
        return row

    async def all(self, query: Query, **parameters: Any) -> list[Row]:
        text, values = query.bound("sqlite", parameters)
        return self._connection.execute(text, values).fetchall()

    async def run(self, query: Query, **parameters: Any) -> int:
        text, values = query.bound("sqlite", parameters)
        return self._connection.execute(text, values).rowcount

    async def run_for_each(self, query: Query, rows: Iterable[dict[str, Any]]) -> None:
        bound = [query.bound("sqlite", parameters) for parameters in rows]
        if bound:
            self._connection.executemany(bound[0][0], [values for _, values in bound])

    async def define(self, statement: str) -> None:
        self._connection.execute(statement)


class SQLiteDatabase:
    """A database in one file, or in memory."""

    def __init__(self, path: str) -> None:
        """Open or make the file; `:memory:` keeps everything in this process."""
        self._path = path
        self._writer = self._connect()
        self._reader = self._writer if path == MEMORY else self._connect()
        self._transaction: Transaction = _Statements(self._writer)
        self.reader: Transaction = _Statements(self._reader)
        self._waiting: list[asyncio.Future[None]] = []
        self._group_open = False

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=512, timeout=0
        )
        if self._path == MEMORY:
            return connection
        try:
            connection.execute("PRAGMA busy_timeout=2000")  # Another process may be opening the file, too.
            connection.execute("PRAGMA journal_mode=WAL")
            connection.execute("PRAGMA synchronous=FULL")
            connection.execute("PRAGMA busy_timeout=0")  # The event loop must not wait; `_begin` tries again.
        except BaseException:
            connection.close()
            raise
        return connection

    async def reserve_log(self) -> None:
        """Give the write-ahead log its full length at once.

        A commit that makes a file longer waits for the file system to note its new length, which takes several times
        as long as overwriting. SQLite keeps the log's length when it begins it anew, and what is behind the last whole
        frame (zeros, or frames of an earlier round) it never reads. The bytes have to be written: a file system may
        only promise the space of a hole.
        """
        if self._path == MEMORY:
            return
        # The log exists from the first write on, and any will do.
        await self.write(_touch)
        await self._begin()
        # The group that was begun keeps every other process from writing: nobody's frames can be at the end
        # of the log while zeros are written there. Nothing is awaited before it is committed.
        _lengthen(Path(f"{self._path}-wal"), LOG_BYTES)

    async def write(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Run `work` within the commit of this turn of the event loop, and wait for that commit."""
        await self._begin()
        self._writer.execute("SAVEPOINT work")
        try:
            result = _finish(work(self._transaction))
        except BaseException:
            # After some errors (a full disk) SQLite has ended the whole transaction itself; then the commit of
            # this group fails, and everybody in it is told.
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK TO work")
                self._writer.execute("RELEASE work")
            raise
        self._writer.execute("RELEASE work")
        committed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(committed)
        await committed
        return result

    async def write_schema(self, work: Callable[[Transaction], Awaitable[T]]) -> T:
        """Like `write`: a definition of the schema is a statement like any other here."""
        return await self.write(work)

    async def _begin(self) -> None:
        for _ in range(BUSY_TRIES):
            if self._group_open and self._writer.in_transaction:
                return
            if not self._group_open and self._begun():
                return
            # Another process writes, or an error has ended the transaction of this group. Jitter keeps two
            # waiting servers from knocking in step.
            await asyncio.sleep(random.uniform(0, BUSY_PAUSE_SECONDS))  # noqa: S311
        raise DatabaseBusyError("Another process keeps the database locked.")

    def _begun(self) -> bool:
        try:
            self._writer.execute("BEGIN IMMEDIATE")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        self._group_open = True
        asyncio.get_running_loop().call_soon(self._commit)
        return True

    def _commit(self) -> None:
        if not self._group_open:
            return  # `close` was faster.
        waiting, self._waiting = self._waiting, []
        self._group_open = False
        try:
            self._writer.execute("COMMIT")
        except sqlite3.Error as error:
            if self._writer.in_transaction:
                self._writer.execute("ROLLBACK")
            for future in waiting:
                if not future.done():
                    future.set_exception(error)
        else:
            for future in waiting:
                if not future.done():
                    future.set_result(None)

    async def close(self) -> None:
        """Commit what is open and close the file."""
        if self._group_open:
            self._commit()
        self._reader.close()
        self._writer.close()


def _lengthen(log: Path, length: int) -> None:
    with log.open("r+b") as file:
        missing = length - file.seek(0, os.SEEK_END)
        if missing > 0:
            file.write(bytes(missing))
            file.flush()
            os.fsync(file.fileno())


async def _touch(transaction: Transaction) -> None:
    await transaction.define("PRAGMA user_version=1")


def _finish(work: Awaitable[T]) -> T:
    """Run a coroutine to its end at once; that it never pauses is what makes a transaction one."""
    coroutine: Coroutine[Any, Any, T] = work  # type: ignore[assignment]
    try:
        coroutine.send(None)
    except StopIteration as stop:
        result: T = stop.value
        return result
    coroutine.close()
    raise RuntimeError("A transaction awaited something other than its own statements.")
