"""Tokens after sign-in: renewed, rotated, revoked."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.finding import client_secret
from userpool.server.records import Client, Pool
from userpool.tokens.claims import unverified_claims
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    RefreshTokenReuseException,
    ResourceNotFoundException,
    UnauthorizedException,
    UnsupportedOperationException,
    UnsupportedTokenTypeException,
    UserNotFoundException,
)
from userpool.wire.user_pool_clients import RefreshTokenRotationTypeInput, TokenValidityUnitsTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

HOUR = 60 * 60
DAY = 24 * HOUR
PASSWORD_ONLY = ["ALLOW_USER_PASSWORD_AUTH"]


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The sub of Ann."""
    sub: str = await make_user(pool, "ann", email="ann@example.com")
    return sub


@pytest.fixture
async def rotating(pool: Pool, make_client: Make) -> Client:
    """A client whose refresh tokens are rotated, with half a minute of grace."""
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=30)
    client: Client = await make_client(
        pool, explicit_auth_flows=PASSWORD_ONLY, refresh_token_rotation=rotation
    )
    return client


# ---- GetTokensFromRefreshToken ----


async def test_a_refresh_token_is_good_for_fresh_tokens_and_stays_the_same(
    call: Call, client: Client, ann: str, sign_in: Call, effects: FixedEffects
) -> None:
    tokens = await sign_in(client, "ann")
    effects.advance(60)

    result = await renew(call, client, tokens["RefreshToken"])

    assert set(result) == {"AccessToken", "ExpiresIn", "IdToken", "TokenType"}
    assert (result["ExpiresIn"], result["TokenType"]) == (HOUR, "Bearer")
    assert await call("GetUser", AccessToken=result["AccessToken"])


async def test_fresh_tokens_belong_to_the_same_sign_in(
    call: Call, client: Client, ann: str, sign_in: Call, effects: FixedEffects
) -> None:
    tokens = await sign_in(client, "ann")
    effects.advance(60)

    result = await renew(call, client, tokens["RefreshToken"])

    for name in ("AccessToken", "IdToken"):
        before, after = unverified_claims(tokens[name]), unverified_claims(result[name])
        assert [before[claim] for claim in ("origin_jti", "auth_time", "sub")] == [
            after[claim] for claim in ("origin_jti", "auth_time", "sub")
        ]
        assert before["jti"] != after["jti"]
        assert after["iat"] == before["iat"] + 60


async def test_fresh_tokens_tell_what_the_user_is_now(
    call: Call, pool: Pool, client: Client, ann: str, sign_in: Call
) -> None:
    tokens = await sign_in(client, "ann")
    await call(
        "AdminUpdateUserAttributes",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=[{"Name": "name", "Value": "Ann"}],
    )

    result = await renew(call, client, tokens["RefreshToken"])

    assert unverified_claims(result["IdToken"])["name"] == "Ann"


async def test_a_refresh_token_belongs_to_its_client(
    call: Call, pool: Pool, client: Client, ann: str, sign_in: Call, make_client: Make
) -> None:
    tokens = await sign_in(client, "ann")

    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        await renew(call, await make_client(pool), tokens["RefreshToken"])


@pytest.mark.parametrize("token", ["garbage", "a.b.c", "a.b.c.d.e", "eyJ.", "...."])
async def test_what_is_no_refresh_token_is_refused(call: Call, client: Client, token: str) -> None:
    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        await renew(call, client, token)


async def test_an_altered_refresh_token_is_refused(
    call: Call, client: Client, ann: str, sign_in: Call
) -> None:
    token = (await sign_in(client, "ann"))["RefreshToken"]
    middle = len(token) // 2

    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        await renew(
            call, client, f"{token[:middle]}{'B' if token[middle] == 'A' else 'A'}{token[middle + 1 :]}"
        )


async def test_a_refresh_token_expires(
    call: Call, client: Client, ann: str, sign_in: Call, effects: FixedEffects
) -> None:
    tokens = await sign_in(client, "ann")
    effects.advance(30 * DAY - 1)
    assert await renew(call, client, tokens["RefreshToken"])

    effects.advance(1)

    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has expired$"):
        await renew(call, client, tokens["RefreshToken"])


async def test_a_disabled_user_renews_nothing(
    call: Call, pool: Pool, client: Client, ann: str, sign_in: Call
) -> None:
    tokens = await sign_in(client, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=r"^User is disabled\.$"):
        await renew(call, client, tokens["RefreshToken"])


async def test_a_client_with_a_secret_shows_it(
    call: Call, context: Context, pool: Pool, ann: str, make_client: Make
) -> None:
    client = await make_client(pool, generate_secret=True)

    for members in ({}, {"ClientSecret": "w" * 51}):
        with pytest.raises(NotAuthorizedException, match=r"^Unable to verify secret hash for client "):
            await renew(call, client, "garbage", **members)
    # With the right secret the token itself is looked at.
    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        await renew(call, client, "garbage", ClientSecret=client_secret(context, client))


async def test_a_client_that_does_not_exist_is_named(call: Call) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^User pool client nothing does not exist\.$"):
        await call("GetTokensFromRefreshToken", ClientId="nothing", RefreshToken="garbage")


# ---- rotation ----


async def test_rotation_hands_out_a_new_refresh_token_each_time(
    call: Call, rotating: Client, ann: str, sign_in: Call
) -> None:
    first = (await sign_in(rotating, "ann"))["RefreshToken"]

    second = (await renew(call, rotating, first))["RefreshToken"]
    third = (await renew(call, rotating, second))["RefreshToken"]

    assert len({first, second, third}) == 3


async def test_the_token_before_is_good_for_the_time_of_grace(
    call: Call, rotating: Client, ann: str, sign_in: Call, effects: FixedEffects
) -> None:
    first = (await sign_in(rotating, "ann"))["RefreshToken"]
    await renew(call, rotating, first)

    effects.advance(29)

    assert await renew(call, rotating, first)


async def test_whoever_shows_a_token_again_within_its_grace_gets_a_successor_that_works(
    call: Call, rotating: Client, ann: str, sign_in: Call, effects: FixedEffects
) -> None:
    first = (await sign_in(rotating, "ann"))["RefreshToken"]
    second, third, fourth = [(await renew(call, rotating, first))["RefreshToken"] for _ in range(3)]
    effects.advance(60)

    fifth = (await renew(call, rotating, second))["RefreshToken"]

    # What was handed out for one token is one token: each copy works while another one would.
    assert await renew(call, rotating, third)
    assert await renew(call, rotating, fourth)
    assert await renew(call, rotating, fifth)


async def test_a_token_that_is_used_after_its_grace_ends_the_session(
    call: Call, rotating: Client, ann: str, sign_in: Call, effects: FixedEffects
) -> None:
    tokens = await sign_in(rotating, "ann")
    second = (await renew(call, rotating, tokens["RefreshToken"]))["RefreshToken"]
    effects.advance(30)

    with pytest.raises(RefreshTokenReuseException):
        await renew(call, rotating, tokens["RefreshToken"])

    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has been revoked$"):
        await renew(call, rotating, second)
    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])


async def test_without_grace_a_token_is_good_once(
    call: Call, pool: Pool, ann: str, make_client: Make, sign_in: Call
) -> None:
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=0)
    client = await make_client(pool, explicit_auth_flows=PASSWORD_ONLY, refresh_token_rotation=rotation)
    first = (await sign_in(client, "ann"))["RefreshToken"]
    await renew(call, client, first)

    with pytest.raises(RefreshTokenReuseException):
        await renew(call, client, first)


async def test_a_rotated_token_has_the_lifetime_that_was_left(
    call: Call, pool: Pool, ann: str, make_client: Make, sign_in: Call, effects: FixedEffects
) -> None:
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=0)
    client = await make_client(
        pool,
        explicit_auth_flows=PASSWORD_ONLY,
        refresh_token_rotation=rotation,
        refresh_token_validity=2,
        token_validity_units=TokenValidityUnitsTypeInput(refresh_token="hours"),
    )
    first = (await sign_in(client, "ann"))["RefreshToken"]
    effects.advance(HOUR)
    second = (await renew(call, client, first))["RefreshToken"]

    effects.advance(HOUR)

    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has expired$"):
        await renew(call, client, second)


# ---- RevokeToken ----


async def test_a_revoked_token_takes_its_whole_sign_in_along(
    call: Call, client: Client, ann: str, sign_in: Call
) -> None:
    tokens, other = await sign_in(client, "ann"), await sign_in(client, "ann")

    assert await revoke(call, client, tokens["RefreshToken"]) == {}

    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has been revoked$"):
        await renew(call, client, tokens["RefreshToken"])
    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])
    assert await call("GetUser", AccessToken=other["AccessToken"])


async def test_fresh_tokens_of_a_revoked_sign_in_are_refused_too(
    call: Call, client: Client, ann: str, sign_in: Call
) -> None:
    tokens = await sign_in(client, "ann")
    fresh = await renew(call, client, tokens["RefreshToken"])

    await revoke(call, client, tokens["RefreshToken"])

    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=fresh["AccessToken"])


async def test_revoking_again_changes_nothing(call: Call, client: Client, ann: str, sign_in: Call) -> None:
    token = (await sign_in(client, "ann"))["RefreshToken"]
    await revoke(call, client, token)

    assert await revoke(call, client, token) == {}


@pytest.mark.parametrize("name", ["AccessToken", "IdToken"])
async def test_only_refresh_tokens_are_revoked(
    call: Call, client: Client, ann: str, sign_in: Call, name: str
) -> None:
    tokens = await sign_in(client, "ann")

    with pytest.raises(UnsupportedTokenTypeException):
        await revoke(call, client, tokens[name])


async def test_garbage_is_not_revoked(call: Call, client: Client) -> None:
    with pytest.raises(InvalidParameterException):
        await revoke(call, client, "a.b.c.d.e")


async def test_a_client_revokes_its_own_tokens_only(
    call: Call, pool: Pool, client: Client, ann: str, sign_in: Call, make_client: Make
) -> None:
    tokens = await sign_in(client, "ann")

    with pytest.raises(UnauthorizedException):
        await revoke(call, await make_client(pool), tokens["RefreshToken"])

    assert await call("GetUser", AccessToken=tokens["AccessToken"])


async def test_a_client_with_a_secret_shows_it_to_revoke(call: Call, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool, generate_secret=True)

    for members in ({}, {"ClientSecret": "w" * 51}):
        with pytest.raises(UnauthorizedException):
            await revoke(call, client, "a.b.c.d.e", **members)


async def test_a_client_without_revocation_revokes_nothing(call: Call, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool, enable_token_revocation=False)

    with pytest.raises(UnsupportedOperationException):
        await revoke(call, client, "a.b.c.d.e")


# ---- GlobalSignOut, AdminUserGlobalSignOut ----


async def test_signing_out_everywhere_ends_every_sign_in(
    call: Call, client: Client, ann: str, sign_in: Call
) -> None:
    tokens, other = await sign_in(client, "ann"), await sign_in(client, "ann")

    assert await call("GlobalSignOut", AccessToken=tokens["AccessToken"]) == {}

    for each in (tokens, other):
        with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
            await call("GetUser", AccessToken=each["AccessToken"])
        with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has been revoked$"):
            await renew(call, client, each["RefreshToken"])


async def test_who_was_signed_out_everywhere_signs_in_again(
    call: Call, client: Client, ann: str, sign_in: Call
) -> None:
    await call("GlobalSignOut", AccessToken=(await sign_in(client, "ann"))["AccessToken"])

    again = await sign_in(client, "ann")

    assert await call("GetUser", AccessToken=again["AccessToken"])


async def test_others_stay_signed_in(
    call: Call, pool: Pool, client: Client, ann: str, make_user: Make, sign_in: Call
) -> None:
    await make_user(pool, "bob")
    other = await sign_in(client, "bob")

    await call("GlobalSignOut", AccessToken=(await sign_in(client, "ann"))["AccessToken"])

    assert await call("GetUser", AccessToken=other["AccessToken"])


async def test_an_administrator_signs_a_user_out_everywhere(
    call: Call, pool: Pool, client: Client, ann: str, sign_in: Call
) -> None:
    tokens = await sign_in(client, "ann")

    assert await call("AdminUserGlobalSignOut", UserPoolId=pool.pool_id, Username="ann") == {}

    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])
    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has been revoked$"):
        await renew(call, client, tokens["RefreshToken"])


async def test_tokens_without_a_session_id_are_signed_out_too(
    call: Call, pool: Pool, ann: str, make_client: Make, sign_in: Call, effects: FixedEffects
) -> None:
    client = await make_client(pool, explicit_auth_flows=PASSWORD_ONLY, enable_token_revocation=False)
    tokens = await sign_in(client, "ann")
    assert "origin_jti" not in unverified_claims(tokens["AccessToken"])
    effects.advance(1)

    await call("AdminUserGlobalSignOut", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])


async def test_nobody_is_not_signed_out(call: Call, pool: Pool) -> None:
    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call("AdminUserGlobalSignOut", UserPoolId=pool.pool_id, Username="nobody")


async def renew(call: Call, client: Client, token: str, **members: Any) -> dict[str, Any]:
    """Renew tokens."""
    reply = await call("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=token, **members)
    result: dict[str, Any] = reply["AuthenticationResult"]
    return result


async def revoke(call: Call, client: Client, token: str, **members: Any) -> dict[str, Any]:
    """Revoke a token."""
    return await call("RevokeToken", ClientId=client.client_id, Token=token, **members)
