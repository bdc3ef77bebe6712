"""Identity pools, identities and the logins that lead to them, as they are kept."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from userpool.server.database.documents import StaleRecordError
from userpool.server.database.identities import (
    add_identity,
    add_identity_pool,
    claim_login,
    delete_identity,
    delete_identity_pool_itself,
    identities_after,
    identity_by_id,
    identity_id_of_login,
    identity_pool_by_id,
    identity_pools_after,
    login_key,
    move_login,
    release_login,
    save_identity,
    save_identity_pool,
)
from userpool.server.database.query import Database
from userpool.server.records import Identity, IdentityPool
from userpool.wire.identity_pools import IdentityPool as Description
from userpool.wire.identity_pools import RoleMapping

pytestmark = pytest.mark.anyio


def pool(pool_id: str = "us-east-1:1") -> IdentityPool:
    description = Description(
        identity_pool_id=pool_id, identity_pool_name="x", allow_unauthenticated_identities=True
    )
    mapping = RoleMapping(type="Token", ambiguous_role_resolution="Deny")
    return IdentityPool(identity_pool_id=pool_id, description=description, role_mappings={"p": mapping})


def identity(identity_id: str = "us-east-1:2", pool_id: str = "us-east-1:1") -> Identity:
    return Identity(identity_id=identity_id, identity_pool_id=pool_id, created_ms=1, modified_ms=2)


async def test_a_pool_is_read_as_it_was_written(database: Database) -> None:
    assert await database.write(lambda transaction: add_identity_pool(transaction, pool()))
    assert not await database.write(lambda transaction: add_identity_pool(transaction, pool()))

    assert await identity_pool_by_id(database.reader, "us-east-1:1") == pool()
    assert await identity_pool_by_id(database.reader, "us-east-1:9") is None


async def test_a_pool_that_was_changed_meanwhile_is_not_overwritten(database: Database) -> None:
    await database.write(lambda transaction: add_identity_pool(transaction, pool()))
    changed = replace(pool(), roles={"authenticated": "arn"})
    saved = await database.write(lambda transaction: save_identity_pool(transaction, changed))

    with pytest.raises(StaleRecordError):
        await database.write(lambda transaction: save_identity_pool(transaction, pool()))

    assert await identity_pool_by_id(database.reader, "us-east-1:1") == saved == replace(changed, version=2)


async def test_pools_are_listed_in_the_order_of_their_ids(database: Database) -> None:
    for number in (3, 1, 2):
        await database.write(
            lambda transaction, n=number: add_identity_pool(transaction, pool(f"us-east-1:{n}"))
        )

    found = await identity_pools_after(database.reader, "us-east-1:1", most=5)

    assert [each.identity_pool_id for each in found] == ["us-east-1:2", "us-east-1:3"]


async def test_a_deleted_pool_is_gone(database: Database) -> None:
    await database.write(lambda transaction: add_identity_pool(transaction, pool()))

    await database.write(lambda transaction: delete_identity_pool_itself(transaction, "us-east-1:1"))

    assert await identity_pool_by_id(database.reader, "us-east-1:1") is None


async def test_an_identity_is_read_as_it_was_written(database: Database) -> None:
    kept = replace(identity(), logins={"p": "ann\0"}, developer_logins={"ours": ["ä", "b"]}, was_linked=True)
    await database.write(lambda transaction: add_identity(transaction, kept))

    saved = await database.write(
        lambda transaction: save_identity(transaction, replace(kept, is_disabled=True))
    )

    assert await identity_by_id(database.reader, "us-east-1:2") == saved
    assert saved == replace(kept, is_disabled=True, version=2)
    with pytest.raises(StaleRecordError):
        await database.write(lambda transaction: save_identity(transaction, kept))


async def test_the_identities_of_one_pool_are_listed(database: Database) -> None:
    for identity_id, pool_id in (("x:3", "x:1"), ("x:2", "x:1"), ("x:4", "x:9"), ("x:5", "x:1")):
        each = identity(identity_id, pool_id)
        await database.write(lambda transaction, each=each: add_identity(transaction, each))

    found = await identities_after(database.reader, "x:1", "x:2", most=1)

    assert [each.identity_id for each in found] == ["x:3"]


# ---- logins ----


async def test_a_login_leads_to_one_identity(database: Database) -> None:
    first, second = identity("x:1"), identity("x:2")

    assert await database.write(lambda transaction: claim_login(transaction, first, "p", "ann"))
    assert not await database.write(lambda transaction: claim_login(transaction, second, "p", "ann"))

    assert await identity_id_of_login(database.reader, "us-east-1:1", "p", "ann") == "x:1"
    for other in (("us-east-1:9", "p", "ann"), ("us-east-1:1", "q", "ann"), ("us-east-1:1", "p", "bob")):
        assert await identity_id_of_login(database.reader, *other) is None


async def test_a_login_is_moved_and_let_go_by_its_owner_only(database: Database) -> None:
    first, second = identity("x:1"), identity("x:2")
    await database.write(lambda transaction: claim_login(transaction, first, "p", "ann"))

    await database.write(lambda transaction: release_login(transaction, second, "p", "ann"))
    await database.write(lambda transaction: move_login(transaction, second, first, "p", "ann"))
    assert await identity_id_of_login(database.reader, "us-east-1:1", "p", "ann") == "x:1"
    await database.write(lambda transaction: move_login(transaction, first, second, "p", "ann"))
    assert await identity_id_of_login(database.reader, "us-east-1:1", "p", "ann") == "x:2"
    await database.write(lambda transaction: release_login(transaction, second, "p", "ann"))

    assert await identity_id_of_login(database.reader, "us-east-1:1", "p", "ann") is None


async def test_an_identity_is_deleted_with_its_logins(database: Database) -> None:
    kept = replace(identity(), logins={"p": "ann"}, developer_logins={"ours": ["a", "b"]})
    await database.write(lambda transaction: add_identity(transaction, kept))
    pairs = [("p", "ann"), ("ours", "a"), ("ours", "b")]
    for pair in pairs:
        await database.write(lambda transaction, pair=pair: claim_login(transaction, kept, *pair))

    await database.write(lambda transaction: delete_identity(transaction, kept))

    assert await identity_by_id(database.reader, "us-east-1:2") is None
    assert [await identity_id_of_login(database.reader, "us-east-1:1", *pair) for pair in pairs] == [None] * 3


def test_a_key_is_short_whatever_the_login() -> None:
    assert len(login_key("x:1", "p", "u" * 10_000)) == 43
    assert login_key("x:1", "p", "ann") != login_key("x:1", "pa", "nn")
