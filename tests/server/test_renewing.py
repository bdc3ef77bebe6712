"""What a refresh token is good for, whoever asks."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.database.sessions import put_session, session_by_id
from userpool.server.issuing import new_session, open_refresh_token
from userpool.server.records import Client, Pool, User
from userpool.server.renewing import holder, renew, rotates
from userpool.server.roster import enrol, strike
from userpool.wire.faults import NotAuthorizedException, RefreshTokenReuseException
from userpool.wire.user_pool_clients import RefreshTokenRotationTypeInput, UserPoolClientType

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]


@pytest.fixture
async def pool(context: Context, make_pool: Make) -> Pool:
    """A pool with Ann."""
    pool: Pool = await make_pool()
    await context.database.write(lambda transaction: enrol(transaction, pool, user(pool), taken="taken"))
    return pool


def test_a_client_rotates_when_it_was_told_to() -> None:
    assert not rotates(UserPoolClientType())


async def test_a_holder_is_the_user_of_the_token(context: Context, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool)
    token = await signed_in(context, pool, client)

    content, found = await holder(context, client, token)

    assert content == open_refresh_token(context, token)
    assert found == user(pool)


async def test_a_token_of_another_client_is_invalid(context: Context, pool: Pool, make_client: Make) -> None:
    token = await signed_in(context, pool, await make_client(pool))

    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        await holder(context, await make_client(pool), token)


async def test_a_token_of_a_deleted_user_is_revoked(context: Context, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool)
    token = await signed_in(context, pool, client)
    await context.database.write(lambda transaction: strike(transaction, pool, user(pool)))

    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has been revoked$"):
        await holder(context, client, token)


async def test_a_disabled_user_renews_nothing(context: Context, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool)
    content, found = await holder(context, client, await signed_in(context, pool, client))

    with pytest.raises(NotAuthorizedException, match=r"^User is disabled\.$"):
        await renew(context, pool, client, replace(found, enabled=False), content)


async def test_many_who_show_one_token_at_once_get_one_successor(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await rotating(pool, make_client, grace=10)
    content, found = await holder(context, client, await signed_in(context, pool, client))

    results = await asyncio.gather(*(renew(context, pool, client, found, content) for _ in range(5)))

    digests = {open_refresh_token(context, result.refresh_token or "").digest for result in results}
    session = await session_by_id(context.database.reader, content.sub, content.session_id)
    assert session is not None
    assert digests == {session.refresh_digest}


async def test_without_grace_the_second_who_shows_a_token_ends_the_session(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await rotating(pool, make_client, grace=0)
    content, found = await holder(context, client, await signed_in(context, pool, client))

    results = await asyncio.gather(
        *(renew(context, pool, client, found, content) for _ in range(2)), return_exceptions=True
    )

    assert sorted(type(result).__name__ for result in results) == [
        "AuthenticationResultType",
        RefreshTokenReuseException.__name__,
    ]
    assert await session_by_id(context.database.reader, content.sub, content.session_id) is None


async def test_a_token_keeps_its_grace_while_its_successors_are_rotated_too(
    context: Context, effects: FixedEffects, pool: Pool, make_client: Make
) -> None:
    client = await rotating(pool, make_client, grace=60)
    first, found = await holder(context, client, await signed_in(context, pool, client))
    latest = first
    for _ in range(4):
        effects.advance(10)
        renewed = await renew(context, pool, client, found, latest)
        latest = open_refresh_token(context, renewed.refresh_token or "")

    again = await renew(context, pool, client, found, first)

    assert open_refresh_token(context, again.refresh_token or "").digest == latest.digest
    effects.advance(30)
    with pytest.raises(RefreshTokenReuseException):
        await renew(context, pool, client, found, first)


async def test_whoever_rotates_without_end_does_not_lengthen_the_record(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await rotating(pool, make_client, grace=60)
    latest, found = await holder(context, client, await signed_in(context, pool, client))
    for _ in range(20):
        renewed = await renew(context, pool, client, found, latest)
        latest = open_refresh_token(context, renewed.refresh_token or "")

    session = await session_by_id(context.database.reader, latest.sub, latest.session_id)

    assert session is not None
    assert len(session.earlier_digests) == 10


async def test_a_token_from_before_rotation_was_turned_off_is_the_last_that_works(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await rotating(pool, make_client, grace=0)
    content, found = await holder(context, client, await signed_in(context, pool, client))
    renewed = await renew(context, pool, client, found, content)
    still = replace(client, description=replace(client.description, refresh_token_rotation=None))

    latest = open_refresh_token(context, renewed.refresh_token or "")

    assert (await renew(context, pool, still, found, latest)).refresh_token is None
    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        await renew(context, pool, still, found, content)


async def test_a_session_with_a_device_is_renewed_for_that_device_alone(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool)
    content, found = await holder(context, client, await signed_in(context, pool, client, device_key="one"))

    for other in (None, "two"):
        with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token\.$"):
            await renew(context, pool, client, found, content, device_key=other)

    assert (await renew(context, pool, client, found, content, device_key="one")).access_token


async def test_a_device_where_the_session_has_none_does_not_matter(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool)
    content, found = await holder(context, client, await signed_in(context, pool, client))

    assert (await renew(context, pool, client, found, content, device_key="one")).access_token


async def test_another_device_rotates_nothing(context: Context, pool: Pool, make_client: Make) -> None:
    client = await rotating(pool, make_client, grace=0)
    token = await signed_in(context, pool, client, device_key="one")
    content, found = await holder(context, client, token)

    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token\.$"):
        await renew(context, pool, client, found, content)

    assert (await renew(context, pool, client, found, content, device_key="one")).refresh_token


async def rotating(pool: Pool, make_client: Make, *, grace: int) -> Client:
    """Return a client whose refresh tokens are rotated."""
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=grace)
    flows = ["ALLOW_USER_SRP_AUTH"]
    client: Client = await make_client(pool, refresh_token_rotation=rotation, explicit_auth_flows=flows)
    assert rotates(client.description)
    return client


async def signed_in(context: Context, pool: Pool, client: Client, *, device_key: str | None = None) -> str:
    """Return the refresh token of a sign-in."""
    session, token = new_session(context, client, user(pool))
    session = replace(session, device_key=device_key)
    await context.database.write(lambda transaction: put_session(transaction, session))
    return token


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
