"""Users in the database: records, sign-in names, index, count."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from userpool.server.database.credentials import put_credential, sealed_credential
from userpool.server.database.documents import StaleRecordError
from userpool.server.database.pools import estimated_users
from userpool.server.database.query import Database, Transaction
from userpool.server.database.sessions import put_session, session_by_id
from userpool.server.database.users import (
    INDEXED_VALUE_LENGTH,
    Place,
    add_user,
    alias_key,
    claim_alias,
    delete_user,
    move_alias,
    release_alias,
    save_user,
    sub_of_alias,
    user_by_sub,
    users_by_sub,
    users_by_value,
    users_in_order,
)
from userpool.server.records import Session, User

pytestmark = pytest.mark.anyio

POOL = "us-east-1_aaaaaaaaa"
ELSEWHERE = "us-east-1_bbbbbbbbb"


def person(number: int, *, pool_id: str = POOL, created_ms: int | None = None) -> User:
    """Return a user whose `sub` begins with the number in hexadecimal."""
    return User(
        sub=f"{number:08x}-0000-4000-8000-000000000000",
        pool_id=pool_id,
        username=f"user {number}",
        status="CONFIRMED",
        created_ms=1_000 + number if created_ms is None else created_ms,
        modified_ms=0,
    )


async def add(database: Database, user: User, *index: tuple[str, str]) -> bool:
    return await database.write(lambda transaction: add_user(transaction, user, index=index))


# ---- records ----


async def test_a_user_is_found_by_its_sub(database: Database) -> None:
    ann = person(1)

    assert await add(database, ann)

    assert await user_by_sub(database.reader, ann.sub) == ann
    assert await user_by_sub(database.reader, person(2).sub) is None


async def test_a_sub_is_given_once(database: Database) -> None:
    await add(database, person(1))

    assert not await add(database, replace(person(1), username="another"))

    found = await user_by_sub(database.reader, person(1).sub)
    assert found == person(1)
    assert await estimated_users(database.reader, POOL) == 1


async def test_a_saved_user_has_a_new_version(database: Database) -> None:
    ann = person(1)
    await add(database, ann)

    saved = await database.write(lambda transaction: save_user(transaction, replace(ann, enabled=False)))

    assert (saved.version, saved.enabled) == (ann.version + 1, False)
    assert await user_by_sub(database.reader, ann.sub) == saved


async def test_a_user_who_was_changed_since_it_was_read_is_not_written_over(database: Database) -> None:
    ann = person(1)
    await add(database, ann)
    saved = await database.write(lambda transaction: save_user(transaction, ann))

    with pytest.raises(StaleRecordError):
        await database.write(lambda transaction: save_user(transaction, replace(ann, enabled=False)))

    assert await user_by_sub(database.reader, ann.sub) == saved


async def test_a_user_who_was_deleted_is_not_written_again(database: Database) -> None:
    ann = person(1)
    await add(database, ann)
    await database.write(lambda transaction: delete_user(transaction, ann, index=[]))

    with pytest.raises(StaleRecordError):
        await database.write(lambda transaction: save_user(transaction, ann))

    assert await user_by_sub(database.reader, ann.sub) is None


async def test_all_that_belongs_to_a_user_goes_with_it(database: Database) -> None:
    ann, bob = person(1), person(2)

    async def furnish(transaction: Transaction) -> None:
        for user in (ann, bob):
            await add_user(transaction, user, index=[("email", "shared@example.com")])
            await put_credential(transaction, user.sub, "password", sealed=b"sealed")
            session = Session(
                session_id="s", sub=user.sub, client_id="c", auth_time_ms=0, expires_ms=1, refresh_digest=""
            )
            await put_session(transaction, session)

    await database.write(furnish)

    await database.write(
        lambda transaction: delete_user(transaction, ann, index=[("email", "shared@example.com")])
    )

    reader = database.reader
    assert await sealed_credential(reader, ann.sub, "password") is None
    assert await session_by_id(reader, ann.sub, "s") is None
    assert await sealed_credential(reader, bob.sub, "password") == b"sealed"
    assert await session_by_id(reader, bob.sub, "s") is not None
    assert [user for user, _ in await users_in_order(reader, POOL, after=None, most=9)] == [bob]
    assert await estimated_users(reader, POOL) == 1


# ---- sign-in names ----


async def test_a_name_is_one_users_in_one_pool(database: Database) -> None:
    ann, bob, cid = person(1), person(2), person(3, pool_id=ELSEWHERE)

    claimed = [
        await database.write(lambda transaction, user=user: claim_alias(transaction, user, "email", "x@y.z"))  # type: ignore[misc]
        for user in (ann, bob, ann, cid)
    ]

    assert claimed == [True, False, True, True]
    assert await sub_of_alias(database.reader, POOL, "email", "x@y.z") == ann.sub
    assert await sub_of_alias(database.reader, ELSEWHERE, "email", "x@y.z") == cid.sub
    assert await sub_of_alias(database.reader, POOL, "username", "x@y.z") is None


async def test_a_name_is_let_go_of_by_its_owner_alone(database: Database) -> None:
    ann, bob = person(1), person(2)
    await database.write(lambda transaction: claim_alias(transaction, ann, "email", "x@y.z"))

    await database.write(lambda transaction: release_alias(transaction, bob, "email", "x@y.z"))
    assert await sub_of_alias(database.reader, POOL, "email", "x@y.z") == ann.sub
    await database.write(lambda transaction: release_alias(transaction, ann, "email", "x@y.z"))

    assert await sub_of_alias(database.reader, POOL, "email", "x@y.z") is None


@pytest.mark.parametrize("taken", [True, False])
async def test_a_name_can_be_moved(database: Database, *, taken: bool) -> None:
    ann, bob = person(1), person(2)
    if taken:
        await database.write(lambda transaction: claim_alias(transaction, ann, "email", "x@y.z"))

    await database.write(lambda transaction: move_alias(transaction, bob, "email", "x@y.z"))

    assert await sub_of_alias(database.reader, POOL, "email", "x@y.z") == bob.sub


def test_a_key_of_a_name_is_short_and_never_another_names() -> None:
    keys = {
        alias_key(pool, kind, value)
        for pool in ("a", "ab")
        for kind in ("email", "username")
        for value in ("b", "", "x" * 10_000, "b\0", "\U0001f511")
    }

    assert len(keys) == 20
    assert {len(key) for key in keys} == {43}


# ---- listing ----


async def listed(database: Database, most: int) -> list[list[int]]:
    """Return the numbers of all users of the pool, page by page."""
    pages: list[list[int]] = []
    after: Place | None = None
    while found := await users_in_order(database.reader, POOL, after=after, most=most):
        pages.append([int(user.sub[:8], 16) for user, _ in found])
        after = found[-1][1]
    return pages


async def test_users_are_listed_in_the_order_of_their_creation(database: Database) -> None:
    for number in (3, 1, 2, 5, 4):
        await add(database, person(number, created_ms=100 - number))
    await add(database, person(9, pool_id=ELSEWHERE))

    assert await listed(database, 10) == [[5, 4, 3, 2, 1]]


async def test_pages_neither_repeat_nor_lose_anybody(database: Database) -> None:
    # All at the same moment: what tells them apart is the `sub`.
    for number in range(1, 8):
        await add(database, person(number, created_ms=50))

    assert await listed(database, 3) == [[1, 2, 3], [4, 5, 6], [7]]


async def test_users_are_found_by_a_value_or_its_beginning(database: Database) -> None:
    await add(database, person(1), ("name", "ann"))
    await add(database, person(2), ("name", "anna"))
    await add(database, person(3), ("name", "bob"))
    await add(database, person(4), ("email", "ann"))

    async def found(value: str, *, prefix: bool) -> list[int]:
        users = await users_by_value(
            database.reader, POOL, attribute="name", value=value, prefix=prefix, after=None, most=9
        )
        return [int(user.sub[:8], 16) for user, _ in users]

    assert await found("ann", prefix=False) == [1]
    assert await found("ann", prefix=True) == [1, 2]
    assert await found("", prefix=True) == [1, 2, 3]
    assert await found("z", prefix=True) == []


@pytest.mark.parametrize("value", ["ü", "\U0001f511 key", "%", "_", "a'b", "\0nul", "Z", "z", "\uffff"])
async def test_values_are_compared_by_their_characters_and_nothing_else(
    database: Database, value: str
) -> None:
    await add(database, person(1), ("name", value))
    await add(database, person(2), ("name", "y"))

    for prefix in (True, False):
        found = await users_by_value(
            database.reader, POOL, attribute="name", value=value, prefix=prefix, after=None, most=9
        )

        assert [user for user, _ in found] == [person(1)]


async def test_a_value_longer_than_the_index_is_found_by_what_is_in_it(database: Database) -> None:
    long = "\U0001f511" * (INDEXED_VALUE_LENGTH + 10)
    await add(database, person(1), ("name", long))

    found = await users_by_value(
        database.reader, POOL, attribute="name", value=long, prefix=False, after=None, most=9
    )

    assert [user for user, _ in found] == [person(1)]


async def test_users_are_found_by_the_beginning_of_their_sub(database: Database) -> None:
    for number in (0x10, 0x11, 0x20):
        await add(database, person(number))
    await add(database, person(0x12, pool_id=ELSEWHERE))

    async def found(prefix: str, after: Place | None = None) -> list[int]:
        users = await users_by_sub(database.reader, POOL, prefix=prefix, after=after, most=9)
        return [int(user.sub[:8], 16) for user, _ in users]

    assert await found("0000001") == [0x10, 0x11]
    assert await found("") == [0x10, 0x11, 0x20]
    assert await found("0000001", Place("", person(0x10).sub)) == [0x11]
    assert await found(person(0x20).sub) == [0x20]


async def test_the_index_follows_what_is_saved(database: Database) -> None:
    ann = person(1)
    await add(database, ann, ("name", "ann"), ("email", "a@b.c"))

    await database.write(
        lambda transaction: save_user(
            transaction,
            ann,
            index_before=[("name", "ann"), ("email", "a@b.c")],
            index_after=[("name", "anna"), ("email", "a@b.c")],
        )
    )

    async def found(attribute: str, value: str) -> int:
        return len(
            await users_by_value(
                database.reader, POOL, attribute=attribute, value=value, prefix=False, after=None, most=9
            )
        )

    assert [await found("name", "ann"), await found("name", "anna"), await found("email", "a@b.c")] == [
        0,
        1,
        1,
    ]


# ---- counting ----


async def test_users_are_counted_by_their_pool(database: Database) -> None:
    for number in range(40):
        await add(database, person(number * 0x01_00_00_00))
    await add(database, person(1, pool_id=ELSEWHERE))
    await database.write(lambda transaction: delete_user(transaction, person(0), index=[]))

    assert await estimated_users(database.reader, POOL) == 39
    assert await estimated_users(database.reader, ELSEWHERE) == 1
    assert await estimated_users(database.reader, "us-east-1_ccccccccc") == 0
