"""Tokens: what they claim, and what a refresh token is."""

from __future__ import annotations

import uuid
from base64 import urlsafe_b64decode
from collections.abc import Awaitable, Callable
from typing import Any

import jwt
import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.issuing import (
    handed_out_again,
    new_session,
    open_refresh_token,
    rotated,
    tokens_for,
)
from userpool.server.records import Client, Pool, User
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.shapes import AuthenticationResultType
from userpool.wire.user_pool_clients import TokenValidityUnitsTypeInput

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

SUB = "34c84488-e0e1-40ae-92ee-991ad1a898c8"
ATTRIBUTES = {
    "email": "ann@example.com",
    "email_verified": "true",
    "phone_number": "+15551234567",
    "phone_number_verified": "false",
    "address": "1 Road\nTown",
    "updated_at": "1767225600",
    "custom:age": "42",
    "custom:is_admin": "true",
    "dev:custom:rank": "7",
}


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool."""
    pool: Pool = await make_pool()
    return pool


@pytest.fixture
async def client(make_client: Make, pool: Pool) -> Client:
    """A client of it."""
    client: Client = await make_client(pool)
    return client


async def test_an_id_token_describes_the_user_to_the_client(
    context: Context, pool: Pool, client: Client
) -> None:
    claims = claims_of((await signed_in(context, pool, client)).id_token)

    now = int(context.effects.now())
    assert set(claims) == {
        "sub",
        "aud",
        "iss",
        "token_use",
        "auth_time",
        "iat",
        "exp",
        "jti",
        "origin_jti",
        "event_id",
        "cognito:username",
        "email",
        "email_verified",
        "phone_number",
        "phone_number_verified",
        "address",
        "updated_at",
        "custom:age",
        "custom:is_admin",
    }
    assert (claims["sub"], claims["aud"], claims["token_use"]) == (SUB, client.client_id, "id")
    assert claims["iss"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool.pool_id}"
    assert (claims["auth_time"], claims["iat"], claims["exp"]) == (now, now, now + 3600)
    assert claims["cognito:username"] == "ann"


async def test_flags_are_booleans_an_address_is_an_object_and_the_rest_is_text(
    context: Context, pool: Pool, client: Client
) -> None:
    claims = claims_of((await signed_in(context, pool, client)).id_token)

    assert claims["email_verified"] is True
    assert claims["phone_number_verified"] is False
    assert claims["address"] == {"formatted": "1 Road\nTown"}
    assert (claims["custom:age"], claims["custom:is_admin"]) == ("42", "true")


async def test_an_access_token_says_nothing_about_the_user_but_who_it_is(
    context: Context, pool: Pool, client: Client
) -> None:
    claims = claims_of((await signed_in(context, pool, client)).access_token)

    assert set(claims) == {
        "sub",
        "iss",
        "client_id",
        "origin_jti",
        "event_id",
        "token_use",
        "scope",
        "auth_time",
        "exp",
        "iat",
        "jti",
        "username",
    }
    assert (claims["client_id"], claims["token_use"]) == (client.client_id, "access")
    assert (claims["scope"], claims["username"]) == ("aws.cognito.signin.user.admin", "ann")


async def test_both_tokens_belong_to_one_sign_in_and_have_ids_of_their_own(
    context: Context, pool: Pool, client: Client
) -> None:
    result = await signed_in(context, pool, client)
    identity, access = claims_of(result.id_token), claims_of(result.access_token)

    assert identity["origin_jti"] == access["origin_jti"]
    assert identity["jti"] != access["jti"]
    assert access["username"] == identity["cognito:username"]
    for claims in (identity, access):
        for name in ("jti", "origin_jti", "event_id"):
            uuid.UUID(claims[name])


async def test_a_new_sign_in_has_a_new_id(context: Context, pool: Pool, client: Client) -> None:
    first, second = [await signed_in(context, pool, client) for _ in range(2)]

    assert claims_of(first.id_token)["origin_jti"] != claims_of(second.id_token)["origin_jti"]


async def test_a_user_without_an_address_has_none_in_its_token(
    context: Context, pool: Pool, client: Client
) -> None:
    claims = claims_of((await signed_in(context, pool, client, {})).id_token)

    assert not {"email", "email_verified"} & set(claims)


async def test_a_client_finds_what_it_may_read(context: Context, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool, read_attributes=["phone_number"])

    claims = claims_of((await signed_in(context, pool, client)).id_token)

    assert claims["phone_number"] == "+15551234567"
    assert not {"email", "email_verified", "phone_number_verified", "custom:age"} & set(claims)


async def test_no_attribute_takes_the_place_of_a_claim(context: Context, pool: Pool, client: Client) -> None:
    attributes = {"iss": "https://evil.example", "sub": "somebody else", "token_use": "access"}

    claims = claims_of((await signed_in(context, pool, client, attributes)).id_token)

    assert claims["sub"] == SUB
    assert claims["token_use"] == "id"
    assert claims["iss"].endswith(pool.pool_id)


async def test_a_header_has_a_key_id_and_an_algorithm_and_two_tokens_have_two_keys(
    context: Context, pool: Pool, client: Client
) -> None:
    result = await signed_in(context, pool, client)

    headers = [jwt.get_unverified_header(token or "") for token in (result.id_token, result.access_token)]

    assert all(set(header) == {"kid", "alg"} and header["alg"] == "RS256" for header in headers)
    assert headers[0]["kid"] != headers[1]["kid"]


async def test_somebody_elses_library_verifies_the_tokens(
    context: Context, pool: Pool, client: Client
) -> None:
    result = await signed_in(context, pool, client)
    keys = (await context.keys.of_pool(pool.pool_id)).public
    # The clock of the tests isn't the one of the machine.
    options: Any = {"verify_exp": False, "verify_iat": False}

    for token, audience in ((result.id_token, client.client_id), (result.access_token, None)):
        key = keys[jwt.get_unverified_header(token or "")["kid"]]
        assert jwt.decode(token or "", key, ["RS256"], options, audience=audience)["sub"] == SUB


async def test_a_client_without_revocation_has_tokens_without_the_two_ids(
    context: Context, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool, enable_token_revocation=False)

    result = await signed_in(context, pool, client)

    for token in (result.id_token, result.access_token):
        assert not {"jti", "origin_jti"} & set(claims_of(token))


async def test_lifetimes_are_those_of_the_client_and_the_reply_tells_the_access_tokens(
    context: Context, pool: Pool, make_client: Make
) -> None:
    units = TokenValidityUnitsTypeInput(access_token="minutes", id_token="hours")
    client = await make_client(
        pool, access_token_validity=10, id_token_validity=2, token_validity_units=units
    )

    result = await signed_in(context, pool, client)

    identity, access = claims_of(result.id_token), claims_of(result.access_token)
    assert access["exp"] - access["iat"] == 600
    assert identity["exp"] - identity["iat"] == 7200
    assert (result.expires_in, result.token_type) == (600, "Bearer")


# ---- refresh tokens ----


async def test_a_refresh_token_has_the_form_of_an_encrypted_one(
    context: Context, pool: Pool, client: Client
) -> None:
    _, token = new_session(context, client, user(pool, {}))

    parts = token.split(".")
    assert len(parts) == 5
    assert parts[0].startswith("eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoi")
    assert SUB not in token
    assert SUB.encode() not in urlsafe_b64decode(parts[3] + "=" * (-len(parts[3]) % 4))


async def test_a_refresh_token_is_opened_by_its_server(context: Context, pool: Pool, client: Client) -> None:
    session, token = new_session(context, client, user(pool, {}))

    content = open_refresh_token(context, token)

    assert (content.sub, content.session_id) == (SUB, session.session_id)
    assert (content.client_id, content.pool_id) == (client.client_id, pool.pool_id)
    assert content.digest == session.refresh_digest
    assert SUB not in repr(content)


async def test_a_session_lives_as_long_as_its_refresh_token(
    context: Context, pool: Pool, client: Client
) -> None:
    session, _ = new_session(context, client, user(pool, {}))

    assert session.auth_time_ms == context.now_ms
    assert session.expires_ms == context.now_ms + 30 * 24 * 3600 * 1000


@pytest.mark.parametrize("place", [0, 60, 120, -1])
async def test_an_altered_refresh_token_is_none(
    context: Context, pool: Pool, client: Client, place: int
) -> None:
    _, token = new_session(context, client, user(pool, {}))
    letters = list(token)
    letters[place] = "B" if letters[place] != "B" else "C"

    with pytest.raises(NotAuthorizedException, match=r"^Invalid Refresh Token$"):
        open_refresh_token(context, "".join(letters))


async def test_a_rotated_session_has_one_successor_for_whoever_asks(
    context: Context, pool: Pool, client: Client, effects: FixedEffects
) -> None:
    session, first = new_session(context, client, user(pool, {}))
    effects.advance(5)

    renewed, second = rotated(context, session, pool.pool_id)
    again = handed_out_again(context, renewed, pool.pool_id)

    digests = [open_refresh_token(context, token).digest for token in (first, second, again)]
    assert digests == [renewed.previous_digest, renewed.refresh_digest, renewed.refresh_digest]
    assert digests[0] != digests[1]
    assert second != again
    assert (renewed.expires_ms, renewed.auth_time_ms) == (session.expires_ms, session.auth_time_ms)
    assert renewed.rotated_ms == context.now_ms


async def signed_in(
    context: Context, pool: Pool, client: Client, attributes: dict[str, str] | None = None
) -> AuthenticationResultType:
    """Return the tokens of a sign-in."""
    ann = user(pool, ATTRIBUTES if attributes is None else attributes)
    session, refresh_token = new_session(context, client, ann)
    return await tokens_for(context, pool, client, ann, session, refresh_token=refresh_token)


def user(pool: Pool, attributes: dict[str, str]) -> User:
    """Return a user."""
    return User(
        sub=SUB,
        pool_id=pool.pool_id,
        username="ann",
        status="CONFIRMED",
        created_ms=0,
        modified_ms=0,
        attributes=attributes,
    )


def claims_of(token: str | None) -> dict[str, Any]:
    """Return what a token claims."""
    claims: dict[str, Any] = jwt.decode(token or "", options={"verify_signature": False})
    return claims
