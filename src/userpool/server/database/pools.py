"""Pools and their app clients."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace
from sqlalchemy import bindparam, delete, func, select, update

from userpool.server.database.documents import StaleRecordError, from_document, to_document
from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import clients, pools, user_counts
from userpool.server.records import Client, Pool

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction

_POOL = Query(select(pools.c.document).where(pools.c.pool_id == bindparam("pool_id")))
_POOLS_AFTER = Query(
    select(pools.c.document)
    .where(pools.c.pool_id > bindparam("after"))
    .order_by(pools.c.pool_id)
    .limit(bindparam("most"))
)
_ADD_POOL = insert_or_ignore(pools)
_SAVE_POOL = Query(
    update(pools)
    .where(pools.c.pool_id == bindparam("key"), pools.c.version == bindparam("seen"))
    .values(version=bindparam("new_version"), document=bindparam("new_document"))
)
_DELETE_POOL = Query(delete(pools).where(pools.c.pool_id == bindparam("pool_id")))
_CLIENT = Query(
    select(clients.c.document, clients.c.secret_sealed).where(clients.c.client_id == bindparam("client_id"))
)
_CLIENTS_AFTER = Query(
    select(clients.c.document, clients.c.secret_sealed)
    .where(clients.c.pool_id == bindparam("pool_id"), clients.c.client_id > bindparam("after"))
    .order_by(clients.c.client_id)
    .limit(bindparam("most"))
)
_ADD_CLIENT = insert_or_ignore(clients)
_SAVE_CLIENT = Query(
    update(clients)
    .where(clients.c.client_id == bindparam("key"), clients.c.version == bindparam("seen"))
    .values(
        version=bindparam("new_version"),
        document=bindparam("new_document"),
        secret_sealed=bindparam("new_secret_sealed"),
    )
)
_DELETE_CLIENT = Query(delete(clients).where(clients.c.client_id == bindparam("client_id")))
_COUNT = Query(select(func.sum(user_counts.c.users)).where(user_counts.c.pool_id == bindparam("pool_id")))
_DELETE_COUNT = Query(delete(user_counts).where(user_counts.c.pool_id == bindparam("pool_id")))


async def pool_by_id(transaction: Transaction, pool_id: str) -> Pool | None:
    """Return a pool, or None."""
    row = await transaction.one(_POOL, pool_id=pool_id)
    return None if row is None else from_document(Pool, row[0])


async def pools_after(transaction: Transaction, after: str, *, most: int) -> list[Pool]:
    """Return at most `most` pools whose ids come after `after`, in the order of their ids."""
    rows = await transaction.all(_POOLS_AFTER, after=after, most=most)
    return [from_document(Pool, row[0]) for row in rows]


async def add_pool(transaction: Transaction, pool: Pool) -> bool:
    """Keep a new pool; return False when the id is taken."""
    row = {"pool_id": pool.pool_id, "version": pool.version, "document": to_document(pool)}
    return await transaction.run(_ADD_POOL, **row) == 1


async def save_pool(transaction: Transaction, pool: Pool) -> Pool:
    """Write a changed pool; return it with its new version.

    Raises:
        StaleRecordError: it was changed since it was read.
    """
    saved = replace(pool, version=pool.version + 1)
    changed = await transaction.run(
        _SAVE_POOL,
        key=pool.pool_id,
        seen=pool.version,
        new_version=saved.version,
        new_document=to_document(saved),
    )
    if not changed:
        raise StaleRecordError(f"User pool {pool.pool_id} was changed meanwhile.")
    return saved


async def delete_pool(transaction: Transaction, pool_id: str) -> None:
    """Forget a pool and its count of users; clients and users are deleted by whoever deletes the pool."""
    await transaction.run(_DELETE_POOL, pool_id=pool_id)
    await transaction.run(_DELETE_COUNT, pool_id=pool_id)


async def client_by_id(transaction: Transaction, client_id: str) -> Client | None:
    """Return an app client of any pool, or None."""
    row = await transaction.one(_CLIENT, client_id=client_id)
    return None if row is None else replace(from_document(Client, row[0]), secret_sealed=row[1])


async def clients_after(transaction: Transaction, pool_id: str, after: str, *, most: int) -> list[Client]:
    """Return at most `most` clients of a pool whose ids come after `after`, in the order of their ids."""
    rows = await transaction.all(_CLIENTS_AFTER, pool_id=pool_id, after=after, most=most)
    return [replace(from_document(Client, row[0]), secret_sealed=row[1]) for row in rows]


async def add_client(transaction: Transaction, client: Client) -> bool:
    """Keep a new client; return False when the id is taken."""
    row = {
        "client_id": client.client_id,
        "pool_id": client.pool_id,
        "version": client.version,
        "document": to_document(replace(client, secret_sealed=None)),
        "secret_sealed": client.secret_sealed,
    }
    return await transaction.run(_ADD_CLIENT, **row) == 1


async def save_client(transaction: Transaction, client: Client) -> Client:
    """Write a changed client; return it with its new version.

    Raises:
        StaleRecordError: it was changed since it was read.
    """
    saved = replace(client, version=client.version + 1)
    changed = await transaction.run(
        _SAVE_CLIENT,
        key=client.client_id,
        seen=client.version,
        new_version=saved.version,
        new_document=to_document(replace(saved, secret_sealed=None)),
        new_secret_sealed=saved.secret_sealed,
    )
    if not changed:
        raise StaleRecordError("The app client was changed meanwhile.")
    return saved


async def delete_client(transaction: Transaction, client_id: str) -> None:
    """Forget an app client."""
    await transaction.run(_DELETE_CLIENT, client_id=client_id)


async def estimated_users(transaction: Transaction, pool_id: str) -> int:
    """Return how many users a pool has, from its counters."""
    row = await transaction.one(_COUNT, pool_id=pool_id)
    return int(row[0]) if row and row[0] is not None else 0
