"""Signing keys, access keys and facts in the database."""

from __future__ import annotations

import pytest

from userpool.server.database.keys import (
    AccessKeyName,
    SealedSigningKey,
    access_key_names,
    add_access_key,
    add_fact,
    add_signing_key,
    delete_signing_keys,
    fact,
    move_fact,
    remove_access_key,
    sealed_access_key,
    signing_keys_of,
)
from userpool.server.database.query import Database

pytestmark = pytest.mark.anyio


async def test_the_keys_of_a_pool_are_found_oldest_first(database: Database) -> None:
    new = SealedSigningKey("a", "id", b"\x00new", 2**41)
    old = SealedSigningKey("b", "access", b"old", 5)
    other = SealedSigningKey("a", "id", b"of another pool", 1)
    for pool_id, key in (("one", new), ("one", old), ("two", other)):
        await database.write(
            lambda transaction, pool_id=pool_id, key=key: add_signing_key(transaction, pool_id, key)  # type: ignore[misc]
        )

    assert await signing_keys_of(database.reader, "one") == [old, new]


async def test_the_keys_of_a_pool_go_with_it(database: Database) -> None:
    for pool_id in ("one", "two"):
        await database.write(
            lambda transaction, pool_id=pool_id: add_signing_key(  # type: ignore[misc]
                transaction, pool_id, SealedSigningKey("a", "id", b"sealed", 1)
            )
        )

    await database.write(lambda transaction: delete_signing_keys(transaction, "one"))

    assert await signing_keys_of(database.reader, "one") == []
    assert len(await signing_keys_of(database.reader, "two")) == 1


async def test_an_access_key_is_kept_found_listed_and_removed(database: Database) -> None:
    for name in ("AKUPB", "AKUPA"):
        assert await database.write(
            lambda transaction, name=name: add_access_key(  # type: ignore[misc]
                transaction, name, name="robot", secret_sealed=b"\x00sealed", created_ms=7
            )
        )

    assert await sealed_access_key(database.reader, "AKUPA") == b"\x00sealed"
    assert await access_key_names(database.reader) == [
        AccessKeyName("AKUPA", "robot", 7),
        AccessKeyName("AKUPB", "robot", 7),
    ]
    assert await database.write(lambda transaction: remove_access_key(transaction, "AKUPA"))
    assert not await database.write(lambda transaction: remove_access_key(transaction, "AKUPA"))
    assert await sealed_access_key(database.reader, "AKUPA") is None


async def test_an_access_key_is_given_once(database: Database) -> None:
    outcomes = [
        await database.write(
            lambda transaction, secret=secret: add_access_key(  # type: ignore[misc]
                transaction, "AKUPA", name="", secret_sealed=secret, created_ms=7
            )
        )
        for secret in (b"first", b"second")
    ]

    assert outcomes == [True, False]
    assert await sealed_access_key(database.reader, "AKUPA") == b"first"


async def test_a_fact_stays_what_it_was_first(database: Database) -> None:
    for value in ("first", "second"):
        await database.write(lambda transaction, value=value: add_fact(transaction, "name", value))  # type: ignore[misc]

    assert await fact(database.reader, "name") == "first"
    assert await fact(database.reader, "none") is None


async def test_a_fact_is_changed_only_from_what_it_is(database: Database) -> None:
    await database.write(lambda transaction: add_fact(transaction, "name", "1"))

    outcomes = [
        await database.write(lambda transaction: move_fact(transaction, "name", before="1", after="2"))
        for _ in range(2)
    ]

    assert outcomes == [True, False]
    assert await fact(database.reader, "name") == "2"
