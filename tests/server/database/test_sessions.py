"""Signed-in sessions, and what was used up, in the database."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from userpool.server.database.query import Database
from userpool.server.database.sessions import (
    delete_session,
    delete_sessions,
    is_spent,
    put_session,
    session_by_id,
    sessions_of,
    spend,
)
from userpool.server.records import Session

pytestmark = pytest.mark.anyio


def session(name: str, *, sub: str = "ann") -> Session:
    return Session(
        session_id=name,
        sub=sub,
        client_id="web",
        auth_time_ms=2**41,
        expires_ms=2**42,
        refresh_digest="digest",
    )


async def put(database: Database, *kept: Session) -> None:
    for one in kept:
        await database.write(lambda transaction, one=one: put_session(transaction, one))  # type: ignore[misc]


async def test_a_session_is_found_by_its_user_and_id(database: Database) -> None:
    await put(database, session("one"))

    assert await session_by_id(database.reader, "ann", "one") == session("one")
    assert await session_by_id(database.reader, "bob", "one") is None
    assert await session_by_id(database.reader, "ann", "two") is None


async def test_a_session_is_written_over_by_a_newer_state_of_it(database: Database) -> None:
    renewed = replace(session("one"), refresh_digest="new", previous_digest="digest", rotated_ms=5)

    await put(database, session("one"), renewed)

    assert await session_by_id(database.reader, "ann", "one") == renewed


async def test_all_sessions_of_a_user_are_found(database: Database) -> None:
    await put(database, session("one"), session("two"), session("three", sub="bob"))

    assert {found.session_id for found in await sessions_of(database.reader, "ann")} == {"one", "two"}


async def test_one_session_is_revoked_without_the_others(database: Database) -> None:
    await put(database, session("one"), session("two"))

    await database.write(lambda transaction: delete_session(transaction, "ann", "one"))

    assert await session_by_id(database.reader, "ann", "one") is None
    assert await session_by_id(database.reader, "ann", "two") is not None


async def test_all_sessions_of_a_user_are_revoked_and_nobody_elses(database: Database) -> None:
    await put(database, session("one"), session("two"), session("three", sub="bob"))

    await database.write(lambda transaction: delete_sessions(transaction, "ann"))

    assert await session_by_id(database.reader, "ann", "one") is None
    assert await session_by_id(database.reader, "ann", "two") is None
    assert await session_by_id(database.reader, "bob", "three") is not None


async def test_a_value_is_used_up_once_whoever_comes_at_the_same_time(database: Database) -> None:
    outcomes = await asyncio.gather(
        *(
            database.write(lambda transaction: spend(transaction, "block", expires_ms=2**41))
            for _ in range(10)
        )
    )

    assert sorted(outcomes) == [False] * 9 + [True]


async def test_a_value_may_be_looked_at_without_being_used_up(database: Database) -> None:
    assert not await is_spent(database.reader, "block")
    assert await database.write(lambda transaction: spend(transaction, "block", expires_ms=2**41))

    assert await is_spent(database.reader, "block")
    assert not await is_spent(database.reader, "other")


async def test_two_values_are_used_up_one_by_one(database: Database) -> None:
    for name in ("block", "session"):
        assert await database.write(
            lambda transaction, name=name: spend(transaction, name, expires_ms=1)  # type: ignore[misc]
        )
