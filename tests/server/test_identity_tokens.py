"""Tokens of identities. The stranger who verifies them is joserfc."""

from __future__ import annotations

from dataclasses import replace as with_fields
from typing import Any

import pytest
from joserfc import jwt as stranger
from joserfc.jwk import KeySet
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.identity_tokens import (
    POOL_CLAIM,
    TAGS_CLAIM,
    claims_of_identity_token,
    identity_token,
    principal_tags_of,
    proves,
)
from userpool.server.records import Identity, IdentityPool
from userpool.server.settings import Settings
from userpool.tokens.claims import unverified_claims
from userpool.tokens.rs512 import rs512_key_set, sign_rs512
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.identity_pools import IdentityPool as Description

pytestmark = pytest.mark.anyio

POOL_ID = "us-east-1:0b3f1c52-0000-4000-8000-000000000001"
POOL = IdentityPool(
    identity_pool_id=POOL_ID,
    description=Description(
        identity_pool_id=POOL_ID, identity_pool_name="x", allow_unauthenticated_identities=True
    ),
)
MEMBER = Identity(
    identity_id="us-east-1:0b3f1c52-0000-4000-8000-000000000002",
    identity_pool_id=POOL_ID,
    created_ms=1,
    modified_ms=1,
    developer_logins={"ours": ["ann"]},
    was_linked=True,
)


async def test_joserfc_takes_a_token(context: Context, effects: FixedEffects) -> None:
    token = await identity_token(context, MEMBER, seconds=600)

    keys: Any = KeySet.import_key_set(rs512_key_set((await context.keys.of_identities()).public))  # type: ignore[arg-type]
    found = stranger.decode(token, keys, algorithms=["RS512"])
    assert list(found.claims) == ["sub", "aud", "amr", "iss", POOL_CLAIM, "exp", "iat"]
    assert found.claims["iss"] == "https://cognito-identity.amazonaws.com"
    assert found.claims["exp"] == effects.now() + 600
    assert found.claims[POOL_CLAIM] == (
        f"arn:aws:cognito-identity:us-east-1:000000000000:identitypool/{POOL_ID}"
    )


async def test_a_server_with_a_public_url_is_the_issuer(context: Context) -> None:
    settings = Settings(database_url="sqlite://", public_url="https://id.example.com/")

    token = await identity_token(with_fields(context, settings=settings), MEMBER, seconds=600)

    assert unverified_claims(token)["iss"] == "https://id.example.com"
    with pytest.raises(NotAuthorizedException, match="Issuer doesn't match"):
        await claims_of_identity_token(context, POOL, token)


async def test_tags_travel_as_sts_reads_them(context: Context) -> None:
    token = await identity_token(context, MEMBER, seconds=600, tags={"team": "red"})

    claims = await claims_of_identity_token(context, POOL, token)

    assert claims[TAGS_CLAIM] == {"principal_tags": {"team": ["red"]}}
    assert principal_tags_of(claims) == {"team": "red"}
    assert principal_tags_of({}) == {}


async def test_a_token_is_good_for_its_time_and_pool(context: Context, effects: FixedEffects) -> None:
    token = await identity_token(context, MEMBER, seconds=600)
    other = replace(POOL, identity_pool_id="us-east-1:9")
    await claims_of_identity_token(context, POOL, token)

    with pytest.raises(NotAuthorizedException, match="not from a supported provider"):
        await claims_of_identity_token(context, other, token)
    effects.advance(601)
    with pytest.raises(NotAuthorizedException, match=r"Token expired: \d+ >= \d+$"):
        await claims_of_identity_token(context, POOL, token)


async def test_what_we_did_not_sign_is_refused(context: Context) -> None:
    token = await identity_token(context, MEMBER, seconds=600)
    header, payload, signature = token.split(".")
    # Of another key, under the id of ours: what a user pool's key signs is nothing here.
    ours, others = await context.keys.of_identities(), await context.keys.of_pool("us-east-1_aB12cDe34")
    key = with_fields(others.signing["id"], kid=ours.signing["identity"].kid)
    forged = sign_rs512(unverified_claims(token), key)

    for text in (f"{header}.{payload}.{signature[:-8]}AAAAAAAA", forged):
        with pytest.raises(NotAuthorizedException, match="Couldn't verify signed token"):
            await claims_of_identity_token(context, POOL, text)
    for text in ("", "a.b.c", f"{header}.{payload}"):
        with pytest.raises(NotAuthorizedException, match="Not a valid OpenId Connect identity token"):
            await claims_of_identity_token(context, POOL, text)


async def test_a_token_proves_the_identity_it_was_made_for(context: Context) -> None:
    claims = unverified_claims(await identity_token(context, MEMBER, seconds=600))

    assert proves(claims, MEMBER)
    assert proves(claims, replace(MEMBER, developer_logins={"ours": ["ann", "anna"]}))
    assert not proves(claims, replace(MEMBER, identity_id="us-east-1:9"))
    assert not proves(claims, replace(MEMBER, developer_logins={"ours": ["anna"]}))
    assert not proves(claims, replace(MEMBER, developer_logins={}))


async def test_a_guests_token_proves_nothing(context: Context) -> None:
    guest = replace(MEMBER, developer_logins={}, was_linked=False)
    claims = unverified_claims(await identity_token(context, guest, seconds=600))

    assert claims["amr"] == ["unauthenticated"]
    assert not proves(claims, guest)
    assert not proves({**claims, "amr": None}, MEMBER)
