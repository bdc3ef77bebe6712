"""Pools and app clients in the database."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from userpool.server.database.documents import StaleRecordError
from userpool.server.database.pools import (
    add_client,
    add_pool,
    client_by_id,
    clients_after,
    delete_client,
    delete_pool,
    estimated_users,
    pool_by_id,
    pools_after,
    save_client,
    save_pool,
)
from userpool.server.database.query import Database
from userpool.server.database.users import add_user
from userpool.server.records import Client, Pool, User
from userpool.wire.user_pool_clients import UserPoolClientType
from userpool.wire.user_pools import UserPoolType

pytestmark = pytest.mark.anyio


def a_pool(name: str) -> Pool:
    pool_id = f"us-east-1_{name}"
    return Pool(pool_id=pool_id, version=1, description=UserPoolType(id=pool_id, name=name))


def a_client(name: str, *, pool: str = "one", secret: bytes | None = None) -> Client:
    return Client(
        client_id=name,
        pool_id=f"us-east-1_{pool}",
        version=1,
        description=UserPoolClientType(client_id=name, client_name=f"{name} of {pool}"),
        secret_sealed=secret,
    )


async def add(database: Database, *made: Pool | Client) -> list[bool]:
    return [
        await database.write(
            lambda transaction, one=one: (  # type: ignore[misc]
                add_pool(transaction, one) if isinstance(one, Pool) else add_client(transaction, one)
            )
        )
        for one in made
    ]


# ---- pools ----


async def test_a_pool_is_found_by_its_id(database: Database) -> None:
    await add(database, a_pool("one"))

    assert await pool_by_id(database.reader, "us-east-1_one") == a_pool("one")
    assert await pool_by_id(database.reader, "us-east-1_One") is None


async def test_an_id_is_given_once(database: Database) -> None:
    assert await add(database, a_pool("one"), a_pool("one")) == [True, False]


async def test_pools_are_listed_by_their_ids(database: Database) -> None:
    await add(database, a_pool("b"), a_pool("A"), a_pool("a"), a_pool("B"))

    first = await pools_after(database.reader, "", most=3)
    rest = await pools_after(database.reader, first[-1].pool_id, most=3)

    # Byte by byte, whatever the language of the machine.
    assert [pool.description.name for pool in [*first, *rest]] == ["A", "B", "a", "b"]


async def test_a_pool_that_was_changed_since_it_was_read_is_not_written_over(database: Database) -> None:
    await add(database, a_pool("one"))
    changed = replace(a_pool("one"), description=UserPoolType(name="changed"))

    saved = await database.write(lambda transaction: save_pool(transaction, changed))
    with pytest.raises(StaleRecordError):
        await database.write(lambda transaction: save_pool(transaction, a_pool("one")))

    assert saved.version == 2
    assert await pool_by_id(database.reader, "us-east-1_one") == saved


async def test_a_deleted_pool_is_gone_with_its_count(database: Database) -> None:
    await add(database, a_pool("one"))
    user = User(
        sub="00000001-0000-4000-8000-000000000000",
        pool_id="us-east-1_one",
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
    )
    await database.write(lambda transaction: add_user(transaction, user, index=[]))

    await database.write(lambda transaction: delete_pool(transaction, "us-east-1_one"))

    assert await pool_by_id(database.reader, "us-east-1_one") is None
    assert await estimated_users(database.reader, "us-east-1_one") == 0


# ---- clients ----


async def test_a_client_is_found_with_its_sealed_secret(database: Database) -> None:
    await add(database, a_client("web", secret=b"\x00sealed"), a_client("app"))

    assert await client_by_id(database.reader, "web") == a_client("web", secret=b"\x00sealed")
    assert await client_by_id(database.reader, "app") == a_client("app")
    assert await client_by_id(database.reader, "none") is None


async def test_a_secret_is_in_its_own_column_and_not_in_the_document(database: Database) -> None:
    await add(database, a_client("web", secret=b"sealed"))
    found = await client_by_id(database.reader, "web")
    assert found is not None

    await database.write(lambda transaction: save_client(transaction, replace(found, secret_sealed=None)))

    again = await client_by_id(database.reader, "web")
    assert again is not None
    assert again.secret_sealed is None


async def test_clients_are_listed_by_their_pool(database: Database) -> None:
    await add(database, *(a_client(name) for name in ("c", "a", "b")), a_client("d", pool="two"))

    first = await clients_after(database.reader, "us-east-1_one", "", most=2)
    rest = await clients_after(database.reader, "us-east-1_one", "b", most=2)

    assert [client.client_id for client in first] == ["a", "b"]
    assert [client.client_id for client in rest] == ["c"]


async def test_a_client_that_was_changed_since_it_was_read_is_not_written_over(database: Database) -> None:
    await add(database, a_client("web"))
    await database.write(lambda transaction: save_client(transaction, a_client("web")))

    with pytest.raises(StaleRecordError):
        await database.write(lambda transaction: save_client(transaction, a_client("web")))


async def test_a_deleted_client_is_gone(database: Database) -> None:
    await add(database, a_client("web"))

    await database.write(lambda transaction: delete_client(transaction, "web"))

    assert await client_by_id(database.reader, "web") is None
