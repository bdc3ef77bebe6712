"""The directory: pools and clients remembered for a moment, users by whatever name they are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.database.pools import delete_client, delete_pool, save_pool
from userpool.server.directory import FRESH_SECONDS
from userpool.server.records import Client, Pool, User
from userpool.server.roster import enrol
from userpool.wire.user_pools import UsernameConfigurationType

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

ANN = "00000000-0000-4000-8000-00000000000a"
BOB = "00000000-0000-4000-8000-00000000000b"


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool with aliases."""
    pool: Pool = await make_pool(alias_attributes=["email", "phone_number"])
    return pool


# ---- pools and clients ----


async def test_what_is_not_there_is_not_found(context: Context) -> None:
    assert await context.directory.pool("us-east-1_Nothing99") is None
    assert await context.directory.client("nothing") is None


async def test_a_pool_is_remembered_for_a_moment(context: Context, pool: Pool, effects: FixedEffects) -> None:
    await context.directory.pool(pool.pool_id)
    await context.database.write(lambda transaction: delete_pool(transaction, pool.pool_id))
    assert await context.directory.pool(pool.pool_id) is not None

    effects.advance(FRESH_SECONDS)

    assert await context.directory.pool(pool.pool_id) is None


async def test_a_client_is_remembered_for_a_moment(
    context: Context, pool: Pool, make_client: Make, effects: FixedEffects
) -> None:
    client: Client = await make_client(pool)
    await context.database.write(lambda transaction: delete_client(transaction, client.client_id))
    assert await context.directory.client(client.client_id) is not None

    effects.advance(FRESH_SECONDS)

    assert await context.directory.client(client.client_id) is None


async def test_a_clock_that_is_turned_back_makes_no_memory_last(
    context: Context, pool: Pool, effects: FixedEffects
) -> None:
    await context.directory.pool(pool.pool_id)
    await context.database.write(lambda transaction: delete_pool(transaction, pool.pool_id))

    effects.advance(-1000)

    assert await context.directory.pool(pool.pool_id) is None


async def test_what_was_changed_here_is_looked_at_again(context: Context, pool: Pool) -> None:
    await context.directory.pool(pool.pool_id)
    renamed = replace(pool, description=replace(pool.description, name="renamed"))
    await context.database.write(lambda transaction: save_pool(transaction, renamed))

    context.directory.forget(pool_id=pool.pool_id)

    found = await context.directory.pool(pool.pool_id)
    assert found is not None
    assert found.description.name == "renamed"


# ---- users ----


@pytest.mark.parametrize("name", ["ann", "ann@example.com", "+15551234567", ANN])
async def test_a_user_is_found_by_every_name_it_has(context: Context, pool: Pool, name: str) -> None:
    await enrolled(
        context,
        pool,
        ANN,
        "ann",
        email="ann@example.com",
        email_verified="true",
        phone_number="+15551234567",
        phone_number_verified="true",
    )

    assert await sub_of(context, pool, name) == ANN


@pytest.mark.parametrize("name", ["", "bob", "Ann", "ann ", "ann@example.com", BOB, ANN.upper()])
async def test_nobody_is_found_by_a_name_that_nobody_has(context: Context, pool: Pool, name: str) -> None:
    await enrolled(context, pool, ANN, "ann", email="ann@example.com", email_verified="false")

    assert await sub_of(context, pool, name) is None


async def test_case_does_not_count_where_the_pool_says_so(context: Context, make_pool: Make) -> None:
    configuration = UsernameConfigurationType(case_sensitive=False)
    pool = await make_pool(alias_attributes=["email"], username_configuration=configuration)
    await enrolled(context, pool, ANN, "ann", email="Ann@Example.com", email_verified="true")

    assert await sub_of(context, pool, "ANN") == ANN
    assert await sub_of(context, pool, "aNN@eXAMPLE.com") == ANN


async def test_users_of_other_pools_are_nobody(context: Context, pool: Pool, make_pool: Make) -> None:
    other = await make_pool()
    await enrolled(context, other, ANN, "ann")

    assert await sub_of(context, pool, "ann") is None
    assert await sub_of(context, pool, ANN) is None


async def test_a_username_that_is_somebody_elses_sub_leads_to_that_user(context: Context, pool: Pool) -> None:
    await enrolled(context, pool, ANN, "ann")
    await enrolled(context, pool, BOB, ANN)

    assert await sub_of(context, pool, ANN) == ANN


async def test_a_user_is_found_within_the_transaction_that_made_it(context: Context, pool: Pool) -> None:
    async def work(transaction: Any) -> User | None:
        await enrol(transaction, pool, user(pool, ANN, "ann"), taken="taken")
        return await context.directory.user(pool, "ann", within=transaction)

    found = await context.database.write(work)

    assert found is not None
    assert found.sub == ANN


async def sub_of(context: Context, pool: Pool, name: str) -> str | None:
    """Return who is found."""
    found = await context.directory.user(pool, name)
    return found.sub if found else None


async def enrolled(context: Context, pool: Pool, sub: str, username: str, **attributes: str) -> None:
    """Write a user."""
    made = user(pool, sub, username, **attributes)
    await context.database.write(lambda transaction: enrol(transaction, pool, made, taken="taken"))


def user(pool: Pool, sub: str, username: str, **attributes: str) -> User:
    """Return a user."""
    return User(
        sub=sub,
        pool_id=pool.pool_id,
        username=username,
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes=attributes,
    )
