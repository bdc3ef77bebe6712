"""Messages that wait, in the database."""

from __future__ import annotations

import pytest

from userpool.server.database.outbox import (
    WaitingMessage,
    add_message,
    delete_messages,
    waiting_messages,
)
from userpool.server.database.query import Database, Transaction

pytestmark = pytest.mark.anyio


async def promise(database: Database, *messages: WaitingMessage) -> None:
    async def add(transaction: Transaction) -> None:
        for one in messages:
            await add_message(
                transaction, one.message_id, created_ms=one.created_ms, body_sealed=one.body_sealed
            )

    await database.write(add)


async def test_the_oldest_message_comes_first(database: Database) -> None:
    new, old = WaitingMessage("a", b"\x00new", 2**41), WaitingMessage("b", b"old", 5)

    await promise(database, new, old)

    assert await waiting_messages(database.reader, 10) == [old, new]
    assert await waiting_messages(database.reader, 1) == [old]


async def test_the_rest_comes_after_the_last_one(database: Database) -> None:
    messages = [WaitingMessage(f"{number}", b"", 7) for number in range(5)]
    await promise(database, *reversed(messages), WaitingMessage("0 later", b"", 8))

    found = await waiting_messages(database.reader, 2)
    while more := await waiting_messages(database.reader, 2, after=found[-1]):
        found += more

    assert [one.message_id for one in found] == ["0", "1", "2", "3", "4", "0 later"]


async def test_a_message_that_is_promised_twice_waits_once(database: Database) -> None:
    await promise(database, WaitingMessage("a", b"first", 1), WaitingMessage("a", b"second", 2))

    assert await waiting_messages(database.reader, 10) == [WaitingMessage("a", b"first", 1)]


async def test_what_has_left_is_forgotten(database: Database) -> None:
    await promise(database, *(WaitingMessage(name, b"", 1) for name in "abc"))

    await database.write(lambda transaction: delete_messages(transaction, ["a", "c", "none"]))

    assert [one.message_id for one in await waiting_messages(database.reader, 10)] == ["b"]
