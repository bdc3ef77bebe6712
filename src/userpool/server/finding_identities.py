"""Finding the identity pool or the identity that a request names, or refusing in the service's words.

Sources: api:DescribeIdentityPool, api:DescribeIdentity.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.database.identities import identity_by_id, identity_pool_by_id
from userpool.wire.faults import ResourceNotFoundException

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction
    from userpool.server.records import Identity, IdentityPool


async def find_identity_pool(transaction: Transaction, identity_pool_id: str) -> IdentityPool:
    """Return an identity pool.

    Raises:
        ResourceNotFoundException: there is none of that id.
    """
    pool = await identity_pool_by_id(transaction, identity_pool_id)
    if pool is None:
        # Assumed: the texts with which an identity pool and an identity are told not to be found.
        raise ResourceNotFoundException(f"IdentityPool '{identity_pool_id}' not found.")
    return pool


async def find_identity(
    transaction: Transaction, identity_id: str, *, pool: IdentityPool | None = None
) -> Identity:
    """Return an identity, of this pool where one is given.

    Raises:
        ResourceNotFoundException: there is none of that id, or it is another pool's.
    """
    identity = await identity_by_id(transaction, identity_id)
    if identity is None or (pool is not None and identity.identity_pool_id != pool.identity_pool_id):
        raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
    return identity


async def find_both(transaction: Transaction, identity_id: str) -> tuple[IdentityPool, Identity]:
    """Return an identity with its pool.

    Raises:
        ResourceNotFoundException: there is no such identity, or its pool was deleted.
    """
    identity = await find_identity(transaction, identity_id)
    pool = await identity_pool_by_id(transaction, identity.identity_pool_id)
    if pool is None:
        # The pool was deleted, and its identities are about to be.
        raise ResourceNotFoundException(f"Identity '{identity_id}' not found.")
    return pool, identity
