"""Users, the names they sign in with, and the index that lists and searches them."""

from __future__ import annotations

import hashlib
from base64 import urlsafe_b64encode
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace
from sqlalchemy import and_, bindparam, delete, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from userpool.server.database.documents import StaleRecordError, from_document, to_document
from userpool.server.database.query import Query, insert_or_ignore
from userpool.server.database.tables import (
    aliases,
    attempts,
    codes,
    credentials,
    devices,
    sessions,
    user_counts,
    user_index,
    users,
)
from userpool.server.records import User

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sqlalchemy.sql import ClauseElement

    from userpool.server.database.query import Transaction

COUNT_SHARDS = 16
CREATED = "created"
"""Name under which the index keeps the order of creation."""
INDEXED_VALUE_LENGTH = 128
"""Values are cut to this many characters in the index; a search compares the whole value afterwards."""
BEYOND_ALL_TEXT = "\U0010ffff"
"""Sorts after every character, so that a prefix search is a range."""

_USER = Query(select(users.c.document).where(users.c.sub == bindparam("sub")))
_ADD_USER = insert_or_ignore(users)
_SAVE_USER = Query(
    update(users)
    .where(users.c.sub == bindparam("key"), users.c.version == bindparam("seen"))
    .values(version=bindparam("new_version"), document=bindparam("new_document"))
)
_DELETE_OF_USER = [
    Query(delete(table).where(table.c.sub == bindparam("sub")))
    for table in (users, credentials, codes, attempts, sessions, devices)
]
_ALIAS = Query(select(aliases.c.sub).where(aliases.c.alias_key == bindparam("alias_key")))
_ADD_ALIAS = insert_or_ignore(aliases)
_MOVE_ALIAS = Query(
    update(aliases).where(aliases.c.alias_key == bindparam("key")).values(sub=bindparam("new_sub"))
)
_DELETE_ALIAS = Query(
    delete(aliases).where(aliases.c.alias_key == bindparam("alias_key"), aliases.c.sub == bindparam("sub"))
)
_ADD_INDEX = insert_or_ignore(user_index)
_DELETE_INDEX = Query(
    delete(user_index).where(
        user_index.c.bucket == bindparam("bucket"),
        user_index.c.attribute == bindparam("attribute"),
        user_index.c.value == bindparam("value"),
        user_index.c.sub == bindparam("sub"),
    )
)
_USERS_IN_INDEX = Query(
    select(users.c.document, user_index.c.value, user_index.c.sub)
    .join_from(user_index, users, users.c.sub == user_index.c.sub)
    .where(
        user_index.c.bucket == bindparam("bucket"),
        user_index.c.attribute == bindparam("attribute"),
        user_index.c.value <= bindparam("last"),
        user_index.c.value >= bindparam("after_value"),
        or_(
            user_index.c.value > bindparam("after_value"),
            and_(user_index.c.value == bindparam("after_value"), user_index.c.sub > bindparam("after_sub")),
        ),
    )
    .order_by(user_index.c.value, user_index.c.sub)
    .limit(bindparam("most"))
)
_USERS_BY_SUB = Query(
    select(users.c.document)
    .where(
        users.c.sub >= bindparam("first"),
        users.c.sub > bindparam("after_sub"),
        users.c.sub <= bindparam("last"),
        users.c.pool_id == bindparam("pool_id"),
    )
    .order_by(users.c.sub)
    .limit(bindparam("most"))
)


def _add_count(dialect: str) -> ClauseElement:
    insert = (postgresql.insert if dialect == "postgresql" else sqlite.insert)(user_counts)
    total = user_counts.c.users + insert.excluded.users
    return insert.on_conflict_do_update(index_elements=["pool_id", "shard"], set_={"users": total})


_ADD_COUNT = Query(_add_count)


class Place(NamedTuple):
    """Where a listing stands: after this value and this user."""

    value: str
    sub: str


def alias_key(pool_id: str, kind: str, value: str) -> str:
    """Return the key of a sign-in name: short whatever the name, and spread evenly.

    Args:
        pool_id: the pool within which the name is unique.
        kind: username, email, phone_number or preferred_username.
        value: the name, already normalised.
    """
    digest = hashlib.sha256(f"{pool_id}\0{kind}\0{value}".encode()).digest()
    return urlsafe_b64encode(digest).rstrip(b"=").decode()


def bucket_of(pool_id: str) -> str:
    """Return the bucket that lists a pool's users."""
    return pool_id


async def user_by_sub(transaction: Transaction, sub: str) -> User | None:
    """Return a user of any pool by its `sub`, or None."""
    row = await transaction.one(_USER, sub=sub)
    return None if row is None else from_document(User, row[0])


async def sub_of_alias(transaction: Transaction, pool_id: str, kind: str, value: str) -> str | None:
    """Return whose sign-in name this is, or None."""
    row = await transaction.one(_ALIAS, alias_key=alias_key(pool_id, kind, value))
    return None if row is None else str(row[0])


async def add_user(transaction: Transaction, user: User, *, index: Iterable[tuple[str, str]]) -> bool:
    """Keep a new user with its index rows and count it; return False when the `sub` is taken."""
    row = {"sub": user.sub, "pool_id": user.pool_id, "version": user.version, "document": to_document(user)}
    if await transaction.run(_ADD_USER, **row) == 0:
        return False
    await _add_index(transaction, user, [(CREATED, f"{user.created_ms:015d}"), *index])
    await _count(transaction, user, 1)
    return True


async def save_user(
    transaction: Transaction,
    user: User,
    *,
    index_before: Iterable[tuple[str, str]] = (),
    index_after: Iterable[tuple[str, str]] = (),
) -> User:
    """Write a changed user and the index rows that changed; return it with its new version.

    Raises:
        StaleRecordError: it was changed or deleted since it was read.
    """
    saved = replace(user, version=user.version + 1)
    changed = await transaction.run(
        _SAVE_USER,
        key=user.sub,
        seen=user.version,
        new_version=saved.version,
        new_document=to_document(saved),
    )
    if not changed:
        raise StaleRecordError("The user was changed meanwhile.")
    before, after = set(index_before), set(index_after)
    if before != after:
        await _delete_index(transaction, user, before - after)
        await _add_index(transaction, user, after - before)
    return saved


async def delete_user(transaction: Transaction, user: User, *, index: Iterable[tuple[str, str]]) -> None:
    """Forget a user and all that belongs to it, save its sign-in names (`release_alias`)."""
    for query in _DELETE_OF_USER:
        await transaction.run(query, sub=user.sub)
    await _delete_index(transaction, user, [(CREATED, f"{user.created_ms:015d}"), *index])
    await _count(transaction, user, -1)


async def claim_alias(transaction: Transaction, user: User, kind: str, value: str) -> bool:
    """Make a sign-in name the user's; return False when it is somebody else's."""
    key = alias_key(user.pool_id, kind, value)
    if await transaction.run(_ADD_ALIAS, alias_key=key, sub=user.sub, kind=kind) == 1:
        return True
    row = await transaction.one(_ALIAS, alias_key=key)
    return row is not None and row[0] == user.sub


async def move_alias(transaction: Transaction, user: User, kind: str, value: str) -> None:
    """Make a sign-in name the user's, whoever had it."""
    if not await claim_alias(transaction, user, kind, value):
        await transaction.run(_MOVE_ALIAS, key=alias_key(user.pool_id, kind, value), new_sub=user.sub)


async def release_alias(transaction: Transaction, user: User, kind: str, value: str) -> None:
    """Let go of a sign-in name, if it is the user's."""
    await transaction.run(_DELETE_ALIAS, alias_key=alias_key(user.pool_id, kind, value), sub=user.sub)


async def users_in_order(
    transaction: Transaction, pool_id: str, *, after: Place | None, most: int
) -> list[tuple[User, Place]]:
    """Return at most `most` users of a pool in the order of their creation, each with its place."""
    return await _listed(
        transaction, pool_id, CREATED, first="", last=BEYOND_ALL_TEXT, after=after, most=most
    )


async def users_by_value(
    transaction: Transaction,
    pool_id: str,
    *,
    attribute: str,
    value: str,
    prefix: bool,
    after: Place | None,
    most: int,
) -> list[tuple[User, Place]]:
    """Return users whose indexed attribute equals a normalised value, or starts with it."""
    first = _indexed(value)
    last = first + BEYOND_ALL_TEXT if prefix else first
    return await _listed(transaction, pool_id, attribute, first=first, last=last, after=after, most=most)


async def users_by_sub(
    transaction: Transaction, pool_id: str, *, prefix: str, after: Place | None, most: int
) -> list[tuple[User, Place]]:
    """Return users whose `sub` begins with a text."""
    rows = await transaction.all(
        _USERS_BY_SUB,
        pool_id=pool_id,
        first=_indexed(prefix),
        after_sub=after.sub if after else "",
        last=_indexed(prefix) + BEYOND_ALL_TEXT,
        most=most,
    )
    found = [from_document(User, row[0]) for row in rows]
    return [(user, Place(user.sub, user.sub)) for user in found]


async def _listed(
    transaction: Transaction,
    pool_id: str,
    attribute: str,
    *,
    first: str,
    last: str,
    after: Place | None,
    most: int,
) -> list[tuple[User, Place]]:
    start = after or Place(first, "")
    rows = await transaction.all(
        _USERS_IN_INDEX,
        bucket=bucket_of(pool_id),
        attribute=attribute,
        last=last,
        after_value=start.value,
        after_sub=start.sub,
        most=most,
    )
    return [(from_document(User, document), Place(value, sub)) for document, value, sub in rows]


async def _add_index(transaction: Transaction, user: User, entries: Iterable[tuple[str, str]]) -> None:
    await transaction.run_for_each(_ADD_INDEX, _index_rows(user, entries))


async def _delete_index(transaction: Transaction, user: User, entries: Iterable[tuple[str, str]]) -> None:
    await transaction.run_for_each(_DELETE_INDEX, _index_rows(user, entries))


def _index_rows(user: User, entries: Iterable[tuple[str, str]]) -> list[dict[str, str]]:
    bucket = bucket_of(user.pool_id)
    return [
        {"bucket": bucket, "attribute": attribute, "value": _indexed(value), "sub": user.sub}
        for attribute, value in entries
    ]


async def _count(transaction: Transaction, user: User, change: int) -> None:
    # The shard follows from the user, so that a repeated transaction writes the same row again.
    shard = int(user.sub[:2], 16) % COUNT_SHARDS
    await transaction.run(_ADD_COUNT, pool_id=user.pool_id, shard=shard, users=change)


def _indexed(value: str) -> str:
    # PostgreSQL keeps no NUL in a text; whoever searches compares the whole value afterwards anyway.
    return value.replace("\0", "")[:INDEXED_VALUE_LENGTH]
