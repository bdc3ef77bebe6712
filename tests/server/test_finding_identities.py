"""Finding the identity pool or the identity that a request names."""

from __future__ import annotations

import pytest

from userpool.server.context import Context
from userpool.server.database.identities import add_identity, add_identity_pool
from userpool.server.finding_identities import find_both, find_identity, find_identity_pool
from userpool.server.records import Identity, IdentityPool
from userpool.wire.faults import ResourceNotFoundException
from userpool.wire.identity_pools import IdentityPool as Description

pytestmark = pytest.mark.anyio


def pool(pool_id: str) -> IdentityPool:
    description = Description(
        identity_pool_id=pool_id, identity_pool_name="x", allow_unauthenticated_identities=True
    )
    return IdentityPool(identity_pool_id=pool_id, description=description)


@pytest.fixture
async def kept(context: Context) -> tuple[IdentityPool, Identity]:
    """A pool and an identity of it."""
    one = pool("us-east-1:1")
    identity = Identity(
        identity_id="us-east-1:2", identity_pool_id="us-east-1:1", created_ms=1, modified_ms=1
    )
    await context.database.write(lambda transaction: add_identity_pool(transaction, one))
    await context.database.write(lambda transaction: add_identity(transaction, identity))
    return one, identity


async def test_what_is_there_is_found(context: Context, kept: tuple[IdentityPool, Identity]) -> None:
    reader = context.database.reader

    assert await find_identity_pool(reader, "us-east-1:1") == kept[0]
    assert await find_identity(reader, "us-east-1:2", pool=kept[0]) == kept[1]
    assert await find_both(reader, "us-east-1:2") == kept


async def test_what_is_not_there_is_told_by_its_id(context: Context) -> None:
    with pytest.raises(ResourceNotFoundException, match="IdentityPool 'us-east-1:1' not found"):
        await find_identity_pool(context.database.reader, "us-east-1:1")
    with pytest.raises(ResourceNotFoundException, match="Identity 'us-east-1:2' not found"):
        await find_identity(context.database.reader, "us-east-1:2")


async def test_an_identity_of_another_pool_is_not_found(
    context: Context, kept: tuple[IdentityPool, Identity]
) -> None:
    with pytest.raises(ResourceNotFoundException):
        await find_identity(context.database.reader, "us-east-1:2", pool=pool("us-east-1:3"))


async def test_an_identity_goes_with_its_pool(context: Context) -> None:
    orphan = Identity(identity_id="us-east-1:2", identity_pool_id="us-east-1:1", created_ms=1, modified_ms=1)
    await context.database.write(lambda transaction: add_identity(transaction, orphan))

    with pytest.raises(ResourceNotFoundException):
        await find_both(context.database.reader, "us-east-1:2")
