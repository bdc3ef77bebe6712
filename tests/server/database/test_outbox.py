"""Messages that wait, in the database."""

from __future__ import annotations

import asyncio

import pytest

from userpool.server.database.opening import open_database
from userpool.server.database.outbox import (
    WaitingMessage,
    add_message,
    claim_messages,
    delete_messages,
    extend_leases,
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


async def test_a_message_with_a_lease_is_not_free_until_it_has_run_out(database: Database) -> None:
    await promise(database, *(WaitingMessage(name, b"", 1) for name in "ab"))

    await database.write(lambda transaction: claim_messages(transaction, ["a"], now_ms=10, until_ms=20))

    assert [one.message_id for one in await waiting_messages(database.reader, 10, free_at_ms=20)] == ["b"]
    free = await waiting_messages(database.reader, 10, free_at_ms=21)
    assert [one.message_id for one in free] == ["a", "b"]


async def test_a_message_has_one_lease_at_a_time(database: Database) -> None:
    await promise(database, *(WaitingMessage(name, b"", 1) for name in "ab"))

    async def claim(*names: str, now_ms: int) -> list[str]:
        return await database.write(
            lambda transaction: claim_messages(transaction, names, now_ms=now_ms, until_ms=now_ms + 10)
        )

    assert await claim("a", now_ms=0) == ["a"]
    assert await claim("a", "b", "none", now_ms=10) == ["b"]
    assert await claim("a", now_ms=11) == ["a"]


async def test_a_lease_is_changed_by_who_has_it_alone(database: Database) -> None:
    await promise(database, *(WaitingMessage(name, b"", 1) for name in "ab"))
    await database.write(lambda transaction: claim_messages(transaction, ["a", "b"], now_ms=0, until_ms=10))

    kept = await database.write(
        lambda transaction: extend_leases(transaction, {"a": 10, "b": 9, "none": 1}, until_ms=None)
    )

    assert kept == ["a"]
    assert [one.message_id for one in await waiting_messages(database.reader, 10, free_at_ms=5)] == ["a"]


async def test_two_connections_never_get_the_same_message(database_url: str, database: Database) -> None:
    if database_url == "sqlite://":
        pytest.skip("what is in memory has one connection")
    names = [f"{number:02d}" for number in range(50)]
    await promise(database, *(WaitingMessage(name, b"", 1) for name in names))
    other = await open_database(database_url)

    async def claim(who: Database) -> list[str]:
        return await who.write(lambda transaction: claim_messages(transaction, names, now_ms=0, until_ms=10))

    shares = await asyncio.gather(*(claim(who) for who in [database, other, database, other]))

    await other.close()
    assert sorted(name for share in shares for name in share) == names
