"""REFRESH_TOKEN_AUTH: a sign-in that begins with a refresh token."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.secret_hash import secret_hash
from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.tokens.claims import unverified_claims
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    RefreshTokenReuseException,
    UserLambdaValidationException,
)
from userpool.wire.user_pool_clients import RefreshTokenRotationTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

FLOWS = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"]


@pytest.fixture
def refresh(call: Call) -> Call:
    """Give a function that renews tokens."""

    async def run(
        client: Client, token: str, *, flow: str = "REFRESH_TOKEN_AUTH", **more: str
    ) -> dict[str, Any]:
        return await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow=flow,
            AuthParameters={"REFRESH_TOKEN": token, **more},
        )

    return run


@pytest.mark.parametrize("flow", ["REFRESH_TOKEN_AUTH", "REFRESH_TOKEN"])
async def test_a_refresh_token_gives_fresh_tokens_and_no_other_refresh_token(
    pool: Pool,
    client: Client,
    make_user: Make,
    sign_in: Call,
    refresh: Call,
    effects: FixedEffects,
    flow: str,
) -> None:
    await make_user(pool, "ann")
    first = await sign_in(client, "ann")
    effects.advance(60)

    reply = await refresh(client, first["RefreshToken"], flow=flow)

    assert set(reply) == {"AuthenticationResult", "ChallengeParameters"}
    assert set(reply["AuthenticationResult"]) == {"AccessToken", "ExpiresIn", "IdToken", "TokenType"}


async def test_fresh_tokens_belong_to_the_sign_in_that_they_renew(
    pool: Pool, client: Client, make_user: Make, sign_in: Call, refresh: Call, effects: FixedEffects
) -> None:
    await make_user(pool, "ann")
    first = await sign_in(client, "ann")
    effects.advance(60)

    second = (await refresh(client, first["RefreshToken"]))["AuthenticationResult"]

    before, after = unverified_claims(first["AccessToken"]), unverified_claims(second["AccessToken"])
    assert after["origin_jti"] == before["origin_jti"]
    assert after["auth_time"] == before["auth_time"]
    assert after["jti"] != before["jti"]
    assert after["exp"] == before["exp"] + 60


async def test_a_refresh_token_is_good_again_and_again_until_it_expires(
    pool: Pool, client: Client, make_user: Make, sign_in: Call, refresh: Call, effects: FixedEffects
) -> None:
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]
    thirty_days = 30 * 24 * 60 * 60

    assert await refresh(client, token)
    effects.advance(thirty_days - 1)
    assert await refresh(client, token)
    effects.advance(1)

    with pytest.raises(NotAuthorizedException) as caught:
        await refresh(client, token)
    assert caught.value.message == "Refresh Token has expired"


async def test_a_revoked_refresh_token_is_told_so(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, refresh: Call
) -> None:
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]
    await call("RevokeToken", ClientId=client.client_id, Token=token)

    with pytest.raises(NotAuthorizedException) as caught:
        await refresh(client, token)

    assert caught.value.message == "Refresh Token has been revoked"


@pytest.mark.parametrize("operation", ["AdminDisableUser", "AdminDeleteUser", "AdminUserGlobalSignOut"])
async def test_a_refresh_token_ends_with_what_it_stands_for(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, refresh: Call, operation: str
) -> None:
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]
    await call(operation, UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException):
        await refresh(client, token)


async def test_a_refresh_token_of_another_client_is_refused(
    pool: Pool, client: Client, make_client: Make, make_user: Make, sign_in: Call, refresh: Call
) -> None:
    other = await make_client(pool, explicit_auth_flows=FLOWS)
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]

    with pytest.raises(NotAuthorizedException) as caught:
        await refresh(other, token)

    assert caught.value.message == "Invalid Refresh Token"


@pytest.mark.parametrize("token", ["x", "a.b.c", "a.b.c.d.e", "eyJ.eyJ.sig", "....", "ß.ß.ß.ß.ß"])
async def test_what_was_never_a_refresh_token_is_refused(client: Client, refresh: Call, token: str) -> None:
    with pytest.raises(NotAuthorizedException) as caught:
        await refresh(client, token)

    assert caught.value.message == "Invalid Refresh Token"


async def test_an_access_token_is_no_refresh_token(
    pool: Pool, client: Client, make_user: Make, sign_in: Call, refresh: Call
) -> None:
    await make_user(pool, "ann")
    tokens = await sign_in(client, "ann")

    with pytest.raises(NotAuthorizedException):
        await refresh(client, tokens["AccessToken"])


async def test_a_renewal_needs_a_token(call: Call, client: Client) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        await call("InitiateAuth", ClientId=client.client_id, AuthFlow="REFRESH_TOKEN_AUTH")

    assert caught.value.message == "Missing required parameter REFRESH_TOKEN"


async def test_a_client_that_rotates_has_to_use_the_other_operation(
    call: Call, pool: Pool, make_client: Make, make_user: Make, sign_in: Call, refresh: Call
) -> None:
    client = await make_client(
        pool,
        # The older names of flows leave refreshing open.
        explicit_auth_flows=["USER_PASSWORD_AUTH"],
        refresh_token_rotation=RefreshTokenRotationTypeInput(feature="ENABLED"),
    )
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]

    with pytest.raises(InvalidParameterException) as caught:
        await refresh(client, token)

    assert caught.value.message == "REFRESH_TOKEN_AUTH flow not enabled for this client"
    assert await call("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=token)


@pytest.mark.parametrize("whose", ["username", "sub", "alias"])
async def test_the_secret_hash_may_be_of_any_of_the_users_names(
    call: Call,
    make_pool: Make,
    make_client: Make,
    make_user: Make,
    refresh: Call,
    secret_of: Callable[[Client], str],
    whose: str,
) -> None:
    pool = await make_pool(alias_attributes=["email"])
    client = await make_client(pool, generate_secret=True, explicit_auth_flows=FLOWS)
    sub = await make_user(pool, "ann", email="ann@example.com")
    hashes = {
        name: secret_hash(name, client_id=client.client_id, client_secret=secret_of(client))
        for name in ("ann", sub, "ann@example.com")
    }
    signed_in = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1", "SECRET_HASH": hashes["ann"]},
    )
    token = signed_in["AuthenticationResult"]["RefreshToken"]

    name = {"username": "ann", "sub": sub, "alias": "ann@example.com"}[whose]

    assert await refresh(client, token, SECRET_HASH=hashes[name])


async def test_the_secret_hash_of_somebody_else_is_refused(
    call: Call,
    pool: Pool,
    make_client: Make,
    make_user: Make,
    refresh: Call,
    secret_of: Callable[[Client], str],
) -> None:
    client = await make_client(pool, generate_secret=True, explicit_auth_flows=FLOWS)
    await make_user(pool, "ann")
    hashes = {
        name: secret_hash(name, client_id=client.client_id, client_secret=secret_of(client))
        for name in ("ann", "bob")
    }
    signed_in = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1", "SECRET_HASH": hashes["ann"]},
    )
    token = signed_in["AuthenticationResult"]["RefreshToken"]

    with pytest.raises(NotAuthorizedException):
        await refresh(client, token, SECRET_HASH=hashes["bob"])
    with pytest.raises(NotAuthorizedException):
        await refresh(client, token)


async def test_a_trigger_that_refuses_leaves_the_token_that_was_shown_good(
    call: Call, make_triggered: Make, make_client: Make, make_user: Make, sign_in: Call, functions: Any
) -> None:
    pool = await make_triggered("PreTokenGeneration")
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=0)
    client = await make_client(
        pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"], refresh_token_rotation=rotation
    )
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["RefreshToken"]
    renew = {"ClientId": client.client_id, "RefreshToken": token, "ClientMetadata": {"from": "here"}}

    functions["PreTokenGeneration"] = refuse
    with pytest.raises(UserLambdaValidationException):
        await call("GetTokensFromRefreshToken", **renew)
    del functions["PreTokenGeneration"]
    reply = await call("GetTokensFromRefreshToken", **renew)

    assert reply["AuthenticationResult"]["RefreshToken"] != token
    assert functions.sources[-1] == "TokenGeneration_RefreshTokens"
    assert functions.calls[-1]["request"]["clientMetadata"] == {"from": "here"}


async def test_a_token_that_is_used_again_ends_the_session_whatever_a_trigger_would_say(
    call: Call, make_triggered: Make, make_client: Make, make_user: Make, sign_in: Call, functions: Any
) -> None:
    pool = await make_triggered("PreTokenGeneration")
    rotation = RefreshTokenRotationTypeInput(feature="ENABLED", retry_grace_period_seconds=0)
    client = await make_client(
        pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"], refresh_token_rotation=rotation
    )
    await make_user(pool, "ann")
    first = {"ClientId": client.client_id, "RefreshToken": (await sign_in(client, "ann"))["RefreshToken"]}
    second = (await call("GetTokensFromRefreshToken", **first))["AuthenticationResult"]["RefreshToken"]
    asked = len(functions.calls)

    functions["PreTokenGeneration"] = refuse
    with pytest.raises(RefreshTokenReuseException):
        await call("GetTokensFromRefreshToken", **first)

    assert len(functions.calls) == asked
    with pytest.raises(NotAuthorizedException, match="Refresh Token has been revoked"):
        await call("GetTokensFromRefreshToken", **{**first, "RefreshToken": second})


def refuse(event: dict[str, Any]) -> dict[str, Any]:
    """Refuse."""
    raise ValueError("not today")
