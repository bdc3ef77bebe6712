"""Signing keys of pools and AWS-style access keys of administrators, both sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import bindparam, delete, select, update

from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import access_keys, facts, signing_keys

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction

_SIGNING_KEYS = Query(
    select(
        signing_keys.c.kid, signing_keys.c.token_use, signing_keys.c.private_sealed, signing_keys.c.created_ms
    )
    .where(signing_keys.c.pool_id == bindparam("pool_id"))
    .order_by(signing_keys.c.created_ms, signing_keys.c.kid)
)
_ADD_SIGNING_KEY = insert_or_ignore(signing_keys)
_DELETE_SIGNING_KEYS = Query(delete(signing_keys).where(signing_keys.c.pool_id == bindparam("pool_id")))
_ACCESS_KEY = Query(
    select(access_keys.c.secret_sealed).where(access_keys.c.access_key_id == bindparam("access_key_id"))
)
_ADD_ACCESS_KEY = insert_or_ignore(access_keys)
_LIST_ACCESS_KEYS = Query(
    select(access_keys.c.access_key_id, access_keys.c.name, access_keys.c.created_ms).order_by(
        access_keys.c.access_key_id
    )
)
_DELETE_ACCESS_KEY = Query(
    delete(access_keys).where(access_keys.c.access_key_id == bindparam("access_key_id"))
)
_FACT = Query(select(facts.c.value).where(facts.c.name == bindparam("name")))
_ADD_FACT = insert_or_ignore(facts)
_MOVE_FACT = Query(
    update(facts)
    .where(facts.c.name == bindparam("key"), facts.c.value == bindparam("seen"))
    .values(value=bindparam("new_value"))
)


class SealedSigningKey(NamedTuple):
    """A signing key as it is kept: its private half sealed."""

    kid: str
    token_use: str
    private_sealed: bytes
    created_ms: int


class AccessKeyName(NamedTuple):
    """An access key without its secret."""

    access_key_id: str
    name: str
    created_ms: int


async def signing_keys_of(transaction: Transaction, pool_id: str) -> list[SealedSigningKey]:
    """Return a pool's signing keys, oldest first."""
    rows = await transaction.all(_SIGNING_KEYS, pool_id=pool_id)
    return [SealedSigningKey(kid, use, bytes(sealed), created) for kid, use, sealed, created in rows]


async def add_signing_key(transaction: Transaction, pool_id: str, key: SealedSigningKey) -> None:
    """Keep a signing key."""
    await transaction.run(_ADD_SIGNING_KEY, pool_id=pool_id, **key._asdict())


async def delete_signing_keys(transaction: Transaction, pool_id: str) -> None:
    """Forget the keys of a pool."""
    await transaction.run(_DELETE_SIGNING_KEYS, pool_id=pool_id)


async def sealed_access_key(transaction: Transaction, access_key_id: str) -> bytes | None:
    """Return the sealed secret of an access key, or None."""
    row = await transaction.one(_ACCESS_KEY, access_key_id=access_key_id)
    return None if row is None else bytes(row[0])


async def add_access_key(
    transaction: Transaction, access_key_id: str, *, name: str, secret_sealed: bytes, created_ms: int
) -> bool:
    """Keep an access key; return False when the id is taken."""
    row = {
        "access_key_id": access_key_id,
        "name": name,
        "secret_sealed": secret_sealed,
        "created_ms": created_ms,
    }
    return await transaction.run(_ADD_ACCESS_KEY, **row) == 1


async def access_key_names(transaction: Transaction) -> list[AccessKeyName]:
    """Return all access keys, without their secrets."""
    return [AccessKeyName(*row) for row in await transaction.all(_LIST_ACCESS_KEYS)]


async def remove_access_key(transaction: Transaction, access_key_id: str) -> bool:
    """Forget an access key; return False when there is none."""
    return await transaction.run(_DELETE_ACCESS_KEY, access_key_id=access_key_id) == 1


async def fact(transaction: Transaction, name: str) -> str | None:
    """Return a fact about the database itself (`schema_version`, `seal_key`), or None."""
    row = await transaction.one(_FACT, name=name)
    return None if row is None else str(row[0])


async def add_fact(transaction: Transaction, name: str, value: str) -> None:
    """Write down a fact, unless one of that name is there."""
    await transaction.run(_ADD_FACT, name=name, value=value)


async def move_fact(transaction: Transaction, name: str, *, before: str, after: str) -> bool:
    """Change a fact from one value to another; return False when it has another value than `before`."""
    return await transaction.run(_MOVE_FACT, key=name, seen=before, new_value=after) == 1
