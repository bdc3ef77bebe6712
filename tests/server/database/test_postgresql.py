"""PostgreSQL: serialisable transactions, tried again when two of them crossed."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import asyncpg
import pytest
from sqlalchemy import bindparam, select, update

from userpool.errors import SettingsError
from userpool.server.database import postgresql
from userpool.server.database.keys import add_fact, fact
from userpool.server.database.opening import open_database
from userpool.server.database.postgresql import PostgreSQLDatabase, TooManyConflictsError
from userpool.server.database.query import Query, Transaction
from userpool.server.database.tables import facts

pytestmark = pytest.mark.anyio

VALUE = Query(select(facts.c.value).where(facts.c.name == bindparam("name")))
SET_VALUE = Query(update(facts).where(facts.c.name == bindparam("key")).values(value=bindparam("new_value")))


@pytest.fixture
def url(postgresql_database: Any) -> str:
    """A database without rows."""
    postgresql_database.empty()
    found: str = postgresql_database.url
    return found


@pytest.fixture
async def database(url: str) -> AsyncIterator[PostgreSQLDatabase]:
    """A database behind a pool of connections."""
    opened = await open_database(url)
    assert isinstance(opened, PostgreSQLDatabase)
    yield opened
    await opened.close()


class Meeting:
    """Lets two transactions read before either of them writes."""

    def __init__(self) -> None:
        self.tries = 0
        self._both_have_read = asyncio.Event()

    async def increment(self, transaction: Transaction) -> None:
        (value,) = await transaction.one(VALUE, name="count") or ("",)
        self.tries += 1
        if self.tries == 2:
            self._both_have_read.set()
        await asyncio.wait_for(self._both_have_read.wait(), 5)
        await transaction.run(SET_VALUE, key="count", new_value=str(int(value) + 1))


# ---- conflicts ----


async def test_of_two_transactions_that_crossed_both_count(database: PostgreSQLDatabase) -> None:
    await database.write(lambda transaction: add_fact(transaction, "count", "0"))
    meeting = Meeting()

    await asyncio.gather(database.write(meeting.increment), database.write(meeting.increment))

    assert await fact(database.reader, "count") == "2"
    assert meeting.tries == 3


async def test_of_fifty_transactions_on_one_row_all_count(database: PostgreSQLDatabase) -> None:
    await database.write(lambda transaction: add_fact(transaction, "count", "0"))

    async def increment(transaction: Transaction) -> None:
        (value,) = await transaction.one(VALUE, name="count") or ("",)
        await transaction.run(SET_VALUE, key="count", new_value=str(int(value) + 1))

    await asyncio.gather(*(database.write(increment) for _ in range(50)))

    assert await fact(database.reader, "count") == "50"


async def test_two_that_each_add_what_the_other_looked_for_are_one_after_the_other(
    database: PostgreSQLDatabase,
) -> None:
    async def add_unless(transaction: Transaction, mine: str, theirs: str) -> bool:
        if await fact(transaction, theirs) is not None:
            return False
        await add_fact(transaction, mine, "x")
        return True

    outcomes = await asyncio.gather(
        database.write(lambda transaction: add_unless(transaction, "left", "right")),
        database.write(lambda transaction: add_unless(transaction, "right", "left")),
    )

    assert sorted(outcomes) == [False, True]


async def test_a_conflict_that_never_ends_is_told_so(
    database: PostgreSQLDatabase, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgresql, "TRIES", 3)
    tries = 0

    async def conflict(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        await transaction.define("DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '40001'; END $$")

    with pytest.raises(TooManyConflictsError):
        await database.write(conflict)

    assert tries == 3


@pytest.mark.parametrize("code", ["40001", "40P01", "OC000", "OC001"])
async def test_every_name_of_a_conflict_is_tried_again(database: PostgreSQLDatabase, code: str) -> None:
    tries = 0

    async def conflict_once(transaction: Transaction) -> str:
        nonlocal tries
        tries += 1
        if tries == 1:
            await transaction.define(f"DO $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{code}'; END $$")
        return "done"

    assert await database.write(conflict_once) == "done"


async def test_another_error_is_not_tried_again(database: PostgreSQLDatabase) -> None:
    tries = 0

    async def fail(transaction: Transaction) -> None:
        nonlocal tries
        tries += 1
        await add_fact(transaction, "failing", "x")
        await transaction.define("INSERT INTO facts (name, value) VALUES ('failing', NULL)")

    with pytest.raises(asyncpg.NotNullViolationError):
        await database.write(fail)

    assert tries == 1
    assert await fact(database.reader, "failing") is None


async def test_work_that_fails_leaves_nothing_behind(database: PostgreSQLDatabase) -> None:
    async def fail(transaction: Transaction) -> None:
        await add_fact(transaction, "failing", "x")
        raise LookupError("on purpose")

    with pytest.raises(LookupError):
        await database.write(fail)

    assert await fact(database.reader, "failing") is None


# ---- transactions ----


async def test_a_transaction_sees_its_own_writes_and_readers_do_not(database: PostgreSQLDatabase) -> None:
    async def look(transaction: Transaction) -> tuple[str | None, str | None]:
        await add_fact(transaction, "new", "0")
        return await fact(transaction, "new"), await fact(database.reader, "new")

    assert await database.write(look) == ("0", None)
    assert await fact(database.reader, "new") == "0"


async def test_a_count_of_changed_rows_is_returned(database: PostgreSQLDatabase) -> None:
    async def change(transaction: Transaction) -> list[int]:
        await add_fact(transaction, "one", "0")
        return [await transaction.run(SET_VALUE, key=key, new_value="1") for key in ("one", "none")]

    assert await database.write(change) == [1, 0]


async def test_a_statement_may_be_run_for_many_rows(database: PostgreSQLDatabase) -> None:
    rows = [{"key": name, "new_value": "1"} for name in ("a", "b")]

    async def change(transaction: Transaction) -> None:
        for name in ("a", "b", "c"):
            await add_fact(transaction, name, "0")
        await transaction.run_for_each(SET_VALUE, rows)
        await transaction.run_for_each(SET_VALUE, [])

    await database.write(change)

    assert [await fact(database.reader, name) for name in ("a", "b", "c")] == ["1", "1", "0"]


async def test_more_requests_than_connections_wait_their_turn(url: str) -> None:
    database = await PostgreSQLDatabase.connect(url, largest=2)

    await asyncio.gather(
        *(
            database.write(lambda transaction, number=number: add_fact(transaction, f"n{number}", "x"))  # type: ignore[misc]
            for number in range(20)
        )
    )

    assert [await fact(database.reader, f"n{number}") for number in range(20)] == ["x"] * 20
    await database.close()


async def test_a_password_that_is_wrong_is_told_without_quoting_it() -> None:
    with pytest.raises(SettingsError) as caught:
        await PostgreSQLDatabase.connect("postgresql://user:canary@127.0.0.1:1/name?sslmode=nonsense")

    assert "canary" not in str(caught.value)
