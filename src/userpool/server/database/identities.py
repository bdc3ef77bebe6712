"""Identity pools, identities, and the logins that lead to them."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import bindparam, delete, select, update

from userpool.server.database.documents import StaleRecordError, from_document, to_document
from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import identities, identity_logins, identity_pools
from userpool.server.records import Identity, IdentityPool

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction

_POOL = Query(
    select(identity_pools.c.document).where(
        identity_pools.c.identity_pool_id == bindparam("identity_pool_id")
    )
)
_POOLS_AFTER = Query(
    select(identity_pools.c.document)
    .where(identity_pools.c.identity_pool_id > bindparam("after"))
    .order_by(identity_pools.c.identity_pool_id)
    .limit(bindparam("most"))
)
_ADD_POOL = insert_or_ignore(identity_pools)
_SAVE_POOL = Query(
    update(identity_pools)
    .where(
        identity_pools.c.identity_pool_id == bindparam("key"), identity_pools.c.version == bindparam("seen")
    )
    .values(version=bindparam("new_version"), document=bindparam("new_document"))
)
_DELETE_POOL = Query(
    delete(identity_pools).where(identity_pools.c.identity_pool_id == bindparam("identity_pool_id"))
)
_IDENTITY = Query(select(identities.c.document).where(identities.c.identity_id == bindparam("identity_id")))
_IDENTITIES_AFTER = Query(
    select(identities.c.document)
    .where(
        identities.c.identity_pool_id == bindparam("identity_pool_id"),
        identities.c.identity_id > bindparam("after"),
    )
    .order_by(identities.c.identity_id)
    .limit(bindparam("most"))
)
_ADD_IDENTITY = insert_or_ignore(identities)
_SAVE_IDENTITY = Query(
    update(identities)
    .where(identities.c.identity_id == bindparam("key"), identities.c.version == bindparam("seen"))
    .values(version=bindparam("new_version"), document=bindparam("new_document"))
)
_DELETE_IDENTITY = Query(delete(identities).where(identities.c.identity_id == bindparam("identity_id")))
_LOGIN = Query(
    select(identity_logins.c.identity_id).where(identity_logins.c.login_key == bindparam("login_key"))
)
_ADD_LOGIN = insert_or_ignore(identity_logins)
_MOVE_LOGIN = Query(
    update(identity_logins)
    .where(
        identity_logins.c.login_key == bindparam("key"), identity_logins.c.identity_id == bindparam("seen")
    )
    .values(identity_id=bindparam("new_identity_id"))
)
_DELETE_LOGIN = Query(
    delete(identity_logins).where(
        identity_logins.c.login_key == bindparam("login_key"),
        identity_logins.c.identity_id == bindparam("identity_id"),
    )
)

# ---- identity pools ----


async def identity_pool_by_id(transaction: Transaction, identity_pool_id: str) -> IdentityPool | None:
    """Return an identity pool, or None."""
    row = await transaction.one(_POOL, identity_pool_id=identity_pool_id)
    return None if row is None else from_document(IdentityPool, row[0])


async def identity_pools_after(transaction: Transaction, after: str, *, most: int) -> list[IdentityPool]:
    """Return at most `most` identity pools whose ids come after `after`, in the order of their ids."""
    rows = await transaction.all(_POOLS_AFTER, after=after, most=most)
    return [from_document(IdentityPool, row[0]) for row in rows]


async def add_identity_pool(transaction: Transaction, pool: IdentityPool) -> bool:
    """Keep a new identity pool; return False when the id is taken."""
    row = {
        "identity_pool_id": pool.identity_pool_id,
        "version": pool.version,
        "document": to_document(pool),
    }
    return await transaction.run(_ADD_POOL, **row) == 1


async def save_identity_pool(transaction: Transaction, pool: IdentityPool) -> IdentityPool:
    """Write a changed identity pool; return it with its new version.

    Raises:
        StaleRecordError: it was changed since it was read.
    """
    saved = replace(pool, version=pool.version + 1)
    changed = await transaction.run(
        _SAVE_POOL,
        key=pool.identity_pool_id,
        seen=pool.version,
        new_version=saved.version,
        new_document=to_document(saved),
    )
    if not changed:
        raise StaleRecordError(f"Identity pool {pool.identity_pool_id} was changed meanwhile.")
    return saved


async def delete_identity_pool_itself(transaction: Transaction, identity_pool_id: str) -> None:
    """Forget an identity pool; its identities are deleted by whoever deletes the pool."""
    await transaction.run(_DELETE_POOL, identity_pool_id=identity_pool_id)


# ---- identities ----


async def identity_by_id(transaction: Transaction, identity_id: str) -> Identity | None:
    """Return an identity, or None."""
    row = await transaction.one(_IDENTITY, identity_id=identity_id)
    return None if row is None else from_document(Identity, row[0])


async def identities_after(
    transaction: Transaction, identity_pool_id: str, after: str, *, most: int
) -> list[Identity]:
    """Return at most `most` identities of a pool whose ids come after `after`, in the order of their ids."""
    rows = await transaction.all(_IDENTITIES_AFTER, identity_pool_id=identity_pool_id, after=after, most=most)
    return [from_document(Identity, row[0]) for row in rows]


async def add_identity(transaction: Transaction, identity: Identity) -> bool:
    """Keep a new identity, without its logins; return False when the id is taken."""
    row = {
        "identity_id": identity.identity_id,
        "identity_pool_id": identity.identity_pool_id,
        "version": identity.version,
        "document": to_document(identity),
    }
    return await transaction.run(_ADD_IDENTITY, **row) == 1


async def save_identity(transaction: Transaction, identity: Identity) -> Identity:
    """Write a changed identity, without its logins; return it with its new version.

    Raises:
        StaleRecordError: it was changed since it was read.
    """
    saved = replace(identity, version=identity.version + 1)
    changed = await transaction.run(
        _SAVE_IDENTITY,
        key=identity.identity_id,
        seen=identity.version,
        new_version=saved.version,
        new_document=to_document(saved),
    )
    if not changed:
        raise StaleRecordError("The identity was changed meanwhile.")
    return saved


async def delete_identity(transaction: Transaction, identity: Identity) -> None:
    """Forget an identity with the logins that lead to it."""
    pairs = [
        *identity.logins.items(),
        *((name, user_id) for name, ids in identity.developer_logins.items() for user_id in ids),
    ]
    for provider, user_id in pairs:
        await release_login(transaction, identity, provider, user_id)
    await transaction.run(_DELETE_IDENTITY, identity_id=identity.identity_id)


# ---- logins ----


def login_key(identity_pool_id: str, provider: str, user_id: str) -> str:
    """Return the key of a login: always 43 characters, so that no index has to hold what strangers write."""
    digest = hashlib.sha256(f"{identity_pool_id}\0{provider}\0{user_id}".encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


async def identity_id_of_login(
    transaction: Transaction, identity_pool_id: str, provider: str, user_id: str
) -> str | None:
    """Return the id of the identity that a login leads to, or None."""
    row = await transaction.one(_LOGIN, login_key=login_key(identity_pool_id, provider, user_id))
    return None if row is None else str(row[0])


async def claim_login(transaction: Transaction, identity: Identity, provider: str, user_id: str) -> bool:
    """Let a login lead to an identity; return False when it leads to one already."""
    key = login_key(identity.identity_pool_id, provider, user_id)
    return await transaction.run(_ADD_LOGIN, login_key=key, identity_id=identity.identity_id) == 1


async def move_login(
    transaction: Transaction, before: Identity, after: Identity, provider: str, user_id: str
) -> None:
    """Let a login of one identity lead to another one of the same pool."""
    key = login_key(before.identity_pool_id, provider, user_id)
    await transaction.run(_MOVE_LOGIN, key=key, seen=before.identity_id, new_identity_id=after.identity_id)


async def release_login(transaction: Transaction, identity: Identity, provider: str, user_id: str) -> None:
    """Let a login lead nowhere, if it leads to this identity."""
    key = login_key(identity.identity_pool_id, provider, user_id)
    await transaction.run(_DELETE_LOGIN, login_key=key, identity_id=identity.identity_id)
