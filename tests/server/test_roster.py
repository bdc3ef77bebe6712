"""The roster: users, the names that lead to them, and the index that lists them never disagree."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.server.context import Context
from userpool.server.database.documents import StaleRecordError
from userpool.server.database.pools import estimated_users
from userpool.server.database.users import sub_of_alias, user_by_sub, users_by_value, users_in_order
from userpool.server.records import Pool, User
from userpool.server.roster import change, check_free, check_unclaimed, enrol, strike
from userpool.wire.faults import AliasExistsException, UsernameExistsException

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

SUBS = {name: f"{number:08}-0000-4000-8000-000000000000" for number, name in enumerate(["ann", "bob"])}
VERIFIED = {"email": "shared@example.com", "email_verified": "true"}


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool with aliases."""
    pool: Pool = await make_pool(alias_attributes=["email", "phone_number", "preferred_username"])
    return pool


@pytest.fixture
def write(context: Context) -> Callable[..., Awaitable[Any]]:
    """Give a function that runs one function of the roster in a transaction."""

    async def run(work: Callable[..., Awaitable[Any]], *arguments: Any, **named: Any) -> Any:
        return await context.database.write(lambda transaction: work(transaction, *arguments, **named))

    return run


async def test_a_new_user_is_found_listed_and_counted(context: Context, pool: Pool, write: Make) -> None:
    ann = user(pool, "ann", **VERIFIED)

    await write(enrol, pool, ann, taken="taken")

    assert await owner(context, pool, "username", "ann") == ann.sub
    assert await owner(context, pool, "email", "shared@example.com") == ann.sub
    assert await listed(context, pool) == ["ann"]
    assert await estimated_users(context.database.reader, pool.pool_id) == 1


async def test_a_taken_username_is_refused_in_the_words_of_the_caller(pool: Pool, write: Make) -> None:
    await write(enrol, pool, user(pool, "ann"), taken="taken")

    with pytest.raises(UsernameExistsException, match=r"^taken already$"):
        await write(enrol, pool, replace(user(pool, "bob"), username="ann"), taken="taken already")


async def test_who_is_refused_leaves_no_name_behind(context: Context, pool: Pool, write: Make) -> None:
    await write(enrol, pool, user(pool, "ann", **VERIFIED), taken="taken")

    with pytest.raises(AliasExistsException, match=r"^An account with the email already exists\.$"):
        await write(enrol, pool, user(pool, "bob", **VERIFIED), taken="taken")

    assert await owner(context, pool, "username", "bob") is None
    assert await listed(context, pool) == ["ann"]
    assert await estimated_users(context.database.reader, pool.pool_id) == 1


async def test_an_alias_that_is_taken_over_leaves_its_owner_unverified(
    context: Context, pool: Pool, write: Make
) -> None:
    await write(enrol, pool, user(pool, "ann", **VERIFIED), taken="taken")

    await write(enrol, pool, user(pool, "bob", **VERIFIED), taken="taken", steal=True)

    assert await owner(context, pool, "email", "shared@example.com") == SUBS["bob"]
    ann = await user_by_sub(context.database.reader, SUBS["ann"])
    assert ann is not None
    assert ann.attributes == {"email": "shared@example.com", "email_verified": "false"}


async def test_a_preferred_username_is_not_taken_over(pool: Pool, write: Make) -> None:
    await write(enrol, pool, user(pool, "ann", preferred_username="star"), taken="taken")

    with pytest.raises(AliasExistsException):
        await write(enrol, pool, user(pool, "bob", preferred_username="star"), taken="taken", steal=True)


async def test_usernames_and_preferred_usernames_are_one_namespace(pool: Pool, write: Make) -> None:
    ann, bob = user(pool, "ann", preferred_username="star"), user(pool, "bob")
    await write(enrol, pool, ann, taken="taken")

    with pytest.raises(UsernameExistsException, match=r"^taken$"):
        await write(enrol, pool, replace(bob, username="star"), taken="taken")
    with pytest.raises(UsernameExistsException, match=r"^taken$"):
        await write(check_unclaimed, pool, replace(bob, username="star"), taken="taken")
    with pytest.raises(
        AliasExistsException, match=r"^An account with the preferred_username already exists\.$"
    ):
        await write(enrol, pool, user(pool, "bob", preferred_username="ann"), taken="taken")

    await write(enrol, pool, bob, taken="taken")
    with pytest.raises(AliasExistsException):
        await write(change, pool, bob, replace(bob, attributes={"preferred_username": "ann"}), steal=True)
    await write(change, pool, ann, replace(ann, attributes={"preferred_username": "ann"}))
    await write(change, pool, bob, replace(bob, attributes={"preferred_username": "star"}))


async def test_a_username_is_not_taken_over_where_addresses_are_usernames(
    make_pool: Make, write: Make
) -> None:
    pool = await make_pool(username_attributes=["email"])
    await write(enrol, pool, user(pool, "ann", **VERIFIED), taken="taken")

    with pytest.raises(UsernameExistsException, match=r"^An account with the given email already exists\.$"):
        await write(enrol, pool, user(pool, "bob", **VERIFIED), taken="taken", steal=True)


async def test_a_change_moves_names_and_index_along(context: Context, pool: Pool, write: Make) -> None:
    ann = user(pool, "ann", **VERIFIED)
    await write(enrol, pool, ann, taken="taken")

    await write(
        change, pool, ann, replace(ann, attributes={"email": "new@example.com", "email_verified": "true"})
    )

    assert await owner(context, pool, "email", "shared@example.com") is None
    assert await owner(context, pool, "email", "new@example.com") == ann.sub
    assert await found(context, pool, "email", "shared@example.com") == []
    assert await found(context, pool, "email", "new@example.com") == ["ann"]


async def test_a_changed_record_has_a_new_version_and_an_old_one_is_not_written(
    pool: Pool, write: Make
) -> None:
    ann = user(pool, "ann")
    await write(enrol, pool, ann, taken="taken")

    saved = await write(change, pool, ann, replace(ann, status="RESET_REQUIRED"))
    assert saved.version == ann.version + 1

    with pytest.raises(StaleRecordError):
        await write(change, pool, ann, replace(ann, enabled=False))


async def test_a_change_does_not_release_a_name_that_was_taken_over(
    context: Context, pool: Pool, write: Make
) -> None:
    ann = user(pool, "ann", **VERIFIED)
    await write(enrol, pool, ann, taken="taken")
    await write(enrol, pool, user(pool, "bob", **VERIFIED), taken="taken", steal=True)
    loser = await user_by_sub(context.database.reader, ann.sub)
    assert loser is not None

    await write(change, pool, loser, replace(loser, attributes={}))

    assert await owner(context, pool, "email", "shared@example.com") == SUBS["bob"]


async def test_a_struck_user_leaves_nothing_behind(context: Context, pool: Pool, write: Make) -> None:
    ann = user(pool, "ann", **VERIFIED)
    await write(enrol, pool, ann, taken="taken")

    await write(strike, pool, ann)

    assert await user_by_sub(context.database.reader, ann.sub) is None
    assert await owner(context, pool, "username", "ann") is None
    assert await owner(context, pool, "email", "shared@example.com") is None
    assert await listed(context, pool) == []
    assert await found(context, pool, "email", "shared@example.com") == []
    assert await estimated_users(context.database.reader, pool.pool_id) == 0


async def test_a_value_is_free_unless_it_is_somebody_elses_username(make_pool: Make, write: Make) -> None:
    pool = await make_pool(username_attributes=["email"])
    ann, bob = user(pool, "ann", **VERIFIED), user(pool, "bob")
    await write(enrol, pool, ann, taken="taken")

    await write(check_free, pool, ann, "email", "shared@example.com")
    await write(check_free, pool, bob, "email", "free@example.com")

    with pytest.raises(AliasExistsException):
        await write(check_free, pool, bob, "email", "shared@example.com")


async def test_an_alias_is_always_free_until_it_is_verified(pool: Pool, write: Make) -> None:
    await write(enrol, pool, user(pool, "ann", **VERIFIED), taken="taken")

    await write(check_free, pool, user(pool, "bob"), "email", "shared@example.com")


async def owner(context: Context, pool: Pool, kind: str, value: str) -> str | None:
    """Return whose name this is."""
    return await sub_of_alias(context.database.reader, pool.pool_id, kind, value)


async def listed(context: Context, pool: Pool) -> list[str]:
    """Return the usernames of a pool."""
    users = await users_in_order(context.database.reader, pool.pool_id, after=None, most=10)
    return [user.username for user, _ in users]


async def found(context: Context, pool: Pool, attribute: str, value: str) -> list[str]:
    """Return who is found by a value."""
    users = await users_by_value(
        context.database.reader,
        pool.pool_id,
        attribute=attribute,
        value=value,
        prefix=False,
        after=None,
        most=10,
    )
    return [user.username for user, _ in users]


def user(pool: Pool, username: str, **attributes: str) -> User:
    """Return a user."""
    return User(
        sub=SUBS[username],
        pool_id=pool.pool_id,
        username=username,
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes=attributes,
    )
