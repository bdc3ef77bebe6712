"""Finding what a request names, or refusing in the service's words."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.secret_hash import secret_hash
from userpool.server.context import Context
from userpool.server.database.pools import delete_pool
from userpool.server.finding import (
    check_client_secret,
    check_secret_hash,
    client_secret,
    find_client,
    find_pool,
    find_user,
    pool_again,
    user_again,
)
from userpool.server.records import Client, Pool, User
from userpool.server.roster import enrol, strike
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool."""
    pool: Pool = await make_pool()
    return pool


@pytest.fixture
async def secretive(make_client: Make, pool: Pool) -> Client:
    """A client with a secret."""
    client: Client = await make_client(pool, generate_secret=True)
    return client


async def test_a_pool_that_is_not_there_is_named(context: Context, pool: Pool) -> None:
    assert (await find_pool(context, pool.pool_id)).pool_id == pool.pool_id

    with pytest.raises(ResourceNotFoundException, match=r"^User pool us-east-1_Nothing99 does not exist\.$"):
        await find_pool(context, "us-east-1_Nothing99")


async def test_a_client_is_found_with_its_pool(context: Context, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool)

    for pool_id in (None, pool.pool_id):
        found_pool, found = await find_client(context, client.client_id, pool_id=pool_id)
        assert (found_pool.pool_id, found.client_id) == (pool.pool_id, client.client_id)


async def test_a_client_of_another_pool_is_not_there(
    context: Context, pool: Pool, make_pool: Make, make_client: Make
) -> None:
    client = await make_client(await make_pool())

    with pytest.raises(
        ResourceNotFoundException, match=rf"^User pool client {client.client_id} does not exist\.$"
    ):
        await find_client(context, client.client_id, pool_id=pool.pool_id)


async def test_the_pool_is_missed_before_the_client(context: Context) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^User pool us-east-1_Nothing99 "):
        await find_client(context, "nothing", pool_id="us-east-1_Nothing99")
    with pytest.raises(ResourceNotFoundException, match=r"^User pool client nothing does not exist\.$"):
        await find_client(context, "nothing")


async def test_a_pool_that_was_deleted_meanwhile_does_not_exist(context: Context, pool: Pool) -> None:
    assert await context.database.write(lambda transaction: pool_again(transaction, pool)) == pool
    await context.database.write(lambda transaction: delete_pool(transaction, pool.pool_id))

    with pytest.raises(ResourceNotFoundException) as caught:
        await context.database.write(lambda transaction: pool_again(transaction, pool))

    assert caught.value.message == f"User pool {pool.pool_id} does not exist."


async def test_a_user_that_is_not_there_does_not_exist(context: Context, pool: Pool) -> None:
    ann = user(pool)
    await context.database.write(lambda transaction: enrol(transaction, pool, ann, taken="taken"))
    assert (await find_user(context, pool, "ann")).sub == ann.sub

    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await find_user(context, pool, "bob")


async def test_a_user_who_was_deleted_meanwhile_does_not_exist(context: Context, pool: Pool) -> None:
    ann = user(pool)
    await context.database.write(lambda transaction: enrol(transaction, pool, ann, taken="taken"))
    assert await context.database.write(lambda transaction: user_again(transaction, ann)) == ann
    await context.database.write(lambda transaction: strike(transaction, pool, ann))

    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await context.database.write(lambda transaction: user_again(transaction, ann))


# ---- secrets ----


async def test_a_hash_is_taken_for_any_of_the_names(context: Context, secretive: Client) -> None:
    secret = client_secret(context, secretive) or ""

    for name in ("ann", "the sub"):
        given = secret_hash(name, client_id=secretive.client_id, client_secret=secret)
        check_secret_hash(context, secretive, ["ann", "the sub"], given=given)


@pytest.mark.parametrize("given", ["", "d3Jvbmc=", "é", "x" * 200])
async def test_a_wrong_hash_is_refused(context: Context, secretive: Client, given: str) -> None:
    with pytest.raises(NotAuthorizedException) as caught:
        check_secret_hash(context, secretive, ["ann"], given=given)

    expected = f"Unable to verify secret hash for client {secretive.client_id}"
    assert caught.value.message == expected


async def test_a_hash_of_somebody_else_is_refused(context: Context, secretive: Client) -> None:
    secret = client_secret(context, secretive) or ""
    given = secret_hash("bob", client_id=secretive.client_id, client_secret=secret)

    with pytest.raises(NotAuthorizedException):
        check_secret_hash(context, secretive, ["ann"], given=given)


async def test_a_missing_hash_is_refused_in_words_of_its_own(context: Context, secretive: Client) -> None:
    with pytest.raises(NotAuthorizedException) as caught:
        check_secret_hash(context, secretive, ["ann"], given=None)

    assert caught.value.message == (
        f"Client {secretive.client_id} is configured with secret but SECRET_HASH was not received"
    )


async def test_a_client_without_a_secret_is_sent_no_hash(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool)
    check_secret_hash(context, client, ["ann"], given=None)

    with pytest.raises(InvalidParameterException) as caught:
        check_secret_hash(context, client, ["ann"], given="d3Jvbmc=")

    assert caught.value.message == (
        f"App client {client.client_id} is not configured for secret but secret hash was received"
    )


async def test_a_plain_secret_is_compared_where_there_is_one(
    context: Context, pool: Pool, secretive: Client, make_client: Make
) -> None:
    check_client_secret(context, secretive, client_secret(context, secretive))
    check_client_secret(context, await make_client(pool), None)

    for given in (None, "", "wrong", "é"):
        with pytest.raises(NotAuthorizedException, match=r"^Unable to verify secret hash for client "):
            check_client_secret(context, secretive, given)


def user(pool: Pool) -> User:
    """Return Ann."""
    return User(
        sub="34c84488-e0e1-40ae-92ee-991ad1a898c8",
        pool_id=pool.pool_id,
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
    )
