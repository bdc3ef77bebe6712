"""SQLite: group commit, isolation, and other processes with the same file."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest
from sqlalchemy import bindparam, select, text, update

from userpool.server.database import sqlite
from userpool.server.database.keys import add_fact, fact
from userpool.server.database.opening import open_database
from userpool.server.database.query import Query, Transaction
from userpool.server.database.sqlite import LOG_BYTES, DatabaseBusyError, SQLiteDatabase
from userpool.server.database.tables import facts

pytestmark = pytest.mark.anyio

VALUE = Query(select(facts.c.value).where(facts.c.name == bindparam("name")))
SET_VALUE = Query(update(facts).where(facts.c.name == bindparam("key")).values(value=bindparam("new_value")))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """The file of the database."""
    return tmp_path / "pool.db"


@pytest.fixture
async def database(path: Path) -> AsyncIterator[SQLiteDatabase]:
    """A database in a file."""
    opened = await open_database(f"sqlite:///{path}")
    assert isinstance(opened, SQLiteDatabase)
    yield opened
    await opened.close()


@pytest.fixture
def observer(database: SQLiteDatabase, path: Path) -> Iterator[sqlite3.Connection]:
    """Another program that looks into the same file."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=0)
    yield connection
    connection.close()


def names(observer: sqlite3.Connection) -> set[str]:
    """Return the names of the facts that another program sees."""
    return {name for (name,) in observer.execute("SELECT name FROM facts WHERE name <> 'schema_version'")}


def adding(name: str) -> Callable[[Transaction], object]:
    return lambda transaction: add_fact(transaction, name, "0")


# ---- one commit for all ----


async def test_many_writes_at_once_share_one_commit(
    database: SQLiteDatabase, observer: sqlite3.Connection, path: Path, commits: Callable[[Path], int]
) -> None:
    before = commits(path)

    await asyncio.gather(*(database.write(adding(f"n{number}")) for number in range(50)))

    assert len(names(observer)) == 50
    assert commits(path) == before + 1


async def test_writes_one_after_another_are_committed_one_by_one(
    database: SQLiteDatabase, path: Path, commits: Callable[[Path], int]
) -> None:
    before = commits(path)

    for number in range(5):
        await database.write(adding(f"n{number}"))

    assert commits(path) == before + 5


async def test_none_is_acknowledged_before_all_are_on_disk(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    tasks = [asyncio.ensure_future(database.write(adding(f"n{number}"))) for number in range(5)]
    seen: list[int] = []
    for task in tasks:
        task.add_done_callback(lambda _: seen.append(len(names(observer))))

    await asyncio.sleep(0)
    assert names(observer) == set()
    assert not any(task.done() for task in tasks)
    await asyncio.gather(*tasks)

    assert seen == [5] * 5


async def test_a_failing_one_takes_no_other_with_it(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    async def fail(transaction: Transaction) -> None:
        await add_fact(transaction, "failing", "0")
        raise LookupError("on purpose")

    outcomes = await asyncio.gather(
        database.write(adding("before")),
        database.write(fail),
        database.write(adding("after")),
        return_exceptions=True,
    )

    assert [type(outcome) for outcome in outcomes] == [type(None), LookupError, type(None)]
    assert names(observer) == {"before", "after"}


async def test_a_statement_that_is_refused_takes_no_other_with_it(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    async def refused(transaction: Transaction) -> None:
        await add_fact(transaction, "failing", "0")
        await transaction.define("INSERT INTO facts (name, value) VALUES ('failing', NULL)")

    outcomes = await asyncio.gather(
        database.write(adding("before")), database.write(refused), return_exceptions=True
    )

    assert isinstance(outcomes[1], sqlite3.IntegrityError)
    assert names(observer) == {"before"}


async def test_when_the_whole_transaction_is_lost_everybody_in_it_is_told(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    async def lose(transaction: Transaction) -> None:
        # What SQLite does by itself when the disk is full or broken.
        await transaction.define("INSERT OR ROLLBACK INTO facts (name, value) VALUES ('x', 1), ('x', 1)")

    outcomes = await asyncio.gather(
        database.write(adding("before")),
        database.write(lose),
        database.write(adding("after")),
        return_exceptions=True,
    )

    assert isinstance(outcomes[0], sqlite3.Error)
    assert isinstance(outcomes[1], sqlite3.Error)
    assert outcomes[2] is None
    assert names(observer) == {"after"}


async def test_a_full_disk_is_told_to_whoever_fills_it(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    async def fill(transaction: Transaction) -> None:
        await transaction.define("PRAGMA max_page_count = 60")
        for number in range(10_000):
            await add_fact(transaction, f"n{number:05d}", "x" * 128)

    with pytest.raises(sqlite3.OperationalError, match="full"):
        await database.write(fill)
    await database.write(adding("after"))

    assert names(observer) == {"after"}


async def test_a_write_whose_caller_went_away_is_kept_whole(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    task = asyncio.ensure_future(database.write(adding("kept")))
    await asyncio.sleep(0)

    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task

    await database.write(adding("next"))
    assert names(observer) == {"kept", "next"}


async def test_closing_commits_what_is_open(path: Path) -> None:
    database = await open_database(f"sqlite:///{path}")
    task = asyncio.ensure_future(database.write(adding("last")))
    await asyncio.sleep(0)

    await database.close()
    await task

    with contextlib.closing(sqlite3.connect(path)) as observer:
        assert "last" in names(observer)


# ---- transactions ----


async def test_a_transaction_that_awaits_something_else_fails_loudly(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    async def pause(transaction: Transaction) -> None:
        await add_fact(transaction, "pausing", "0")
        await asyncio.sleep(0)

    with pytest.raises(RuntimeError, match="awaited something other"):
        await database.write(pause)

    await database.write(adding("next"))
    assert names(observer) == {"next"}


async def test_a_transaction_sees_its_own_writes_and_readers_do_not(database: SQLiteDatabase) -> None:
    async def look(transaction: Transaction) -> tuple[str | None, str | None]:
        await add_fact(transaction, "new", "0")
        return await fact(transaction, "new"), await fact(database.reader, "new")

    assert await database.write(look) == ("0", None)
    assert await fact(database.reader, "new") == "0"


async def test_of_writes_at_once_each_sees_those_before_it(database: SQLiteDatabase) -> None:
    await database.write(adding("count"))

    await asyncio.gather(*(database.write(increment) for _ in range(30)))

    assert await fact(database.reader, "count") == "30"


async def test_a_count_of_changed_rows_is_returned(database: SQLiteDatabase) -> None:
    async def change(transaction: Transaction) -> list[int]:
        await add_fact(transaction, "one", "0")
        return [await transaction.run(SET_VALUE, key=key, new_value="1") for key in ("one", "none")]

    assert await database.write(change) == [1, 0]


# ---- other processes ----


async def test_a_locked_database_is_waited_for_without_stopping_others(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    observer.execute("BEGIN IMMEDIATE")
    task = asyncio.ensure_future(database.write(adding("patient")))

    turns = 0
    for _ in range(20):
        await asyncio.sleep(0.002)
        turns += 1
    assert not task.done()
    assert await fact(database.reader, "schema_version") is not None
    observer.execute("COMMIT")
    await task

    assert turns == 20
    assert names(observer) == {"patient"}


async def test_a_database_that_stays_locked_is_told_so(
    database: SQLiteDatabase, observer: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_TRIES", 3)
    observer.execute("BEGIN IMMEDIATE")

    with pytest.raises(DatabaseBusyError):
        await database.write(adding("impatient"))

    observer.execute("COMMIT")
    await database.write(adding("next"))
    assert names(observer) == {"next"}


async def test_several_databases_on_one_file_lose_nothing(database: SQLiteDatabase, path: Path) -> None:
    others = [await open_database(f"sqlite:///{path}") for _ in range(2)]
    await database.write(adding("count"))

    await asyncio.gather(
        *(each.write(increment) for each in (database, *others) for _ in range(20)),
    )

    assert await fact(database.reader, "count") == "60"
    for other in others:
        await other.close()


async def test_a_reader_in_another_process_keeps_nobody_from_writing(
    database: SQLiteDatabase, observer: sqlite3.Connection
) -> None:
    observer.execute("BEGIN")
    before = names(observer)

    await database.write(adding("new"))

    assert names(observer) == before
    observer.execute("COMMIT")
    assert names(observer) == {"new"}


# ---- the file ----


async def test_the_log_has_its_whole_length_from_the_start(database: SQLiteDatabase, path: Path) -> None:
    assert Path(f"{path}-wal").stat().st_size >= LOG_BYTES


async def test_the_log_is_lengthened_while_nobody_else_can_write(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real_fsync, refusals = os.fsync, []

    def fsync_and_knock(number: int) -> None:
        with contextlib.closing(sqlite3.connect(path, timeout=0, isolation_level=None)) as other:
            with pytest.raises(sqlite3.OperationalError, match="locked") as caught:
                other.execute("BEGIN IMMEDIATE")
            refusals.append(caught)
        real_fsync(number)

    monkeypatch.setattr(os, "fsync", fsync_and_knock)
    await (await open_database(f"sqlite:///{path}")).close()

    assert len(refusals) == 1


async def test_a_commit_is_one_that_a_loss_of_power_cannot_undo(database: SQLiteDatabase) -> None:
    modes = {name: Query(text(f"PRAGMA {name}")) for name in ("journal_mode", "synchronous")}

    found = {
        name: await database.write(lambda transaction, mode=mode: transaction.one(mode))  # type: ignore[misc]
        for name, mode in modes.items()
    }

    assert found == {"journal_mode": ("wal",), "synchronous": (2,)}  # FULL


async def increment(transaction: Transaction) -> None:
    (value,) = await transaction.one(VALUE, name="count") or ("0",)
    await transaction.run(SET_VALUE, key="count", new_value=str(int(value) + 1))
