"""The public documents of the issuer of identities."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace as with_fields
from typing import Any

import pytest
from joserfc import jwt as stranger
from joserfc.jwk import KeySet

from userpool.server.context import Context
from userpool.server.http.discovery import discovery_document
from userpool.server.settings import Settings

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[Any]]

ORIGIN = "http://127.0.0.1:9229"


async def document(context: Context, path: str) -> Any:
    found = await discovery_document(context, path, origin=ORIGIN)
    return None if found is None else json.loads(found)


async def test_joserfc_verifies_a_token_with_the_published_keys(
    identity_call: Call, make_identity_pool: Call, context: Context
) -> None:
    pool_id = await make_identity_pool()
    guest = await identity_call("GetId", IdentityPoolId=pool_id)
    token = (await identity_call("GetOpenIdToken", **guest))["Token"]

    keys = KeySet.import_key_set(await document(context, "/.well-known/jwks_uri"))

    claims = stranger.decode(token, keys, algorithms=["RS512"]).claims
    assert (claims["sub"], claims["aud"]) == (guest["IdentityId"], pool_id)


async def test_keys_are_published_without_their_private_half(context: Context) -> None:
    (key,) = (await document(context, "/.well-known/jwks_uri"))["keys"]

    assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
    assert key["alg"] == "RS512"


async def test_the_configuration_names_issuer_and_keys(context: Context) -> None:
    told = await document(context, "/.well-known/openid-configuration")

    assert told["issuer"] == "https://cognito-identity.amazonaws.com"
    assert told["jwks_uri"] == f"{ORIGIN}/.well-known/jwks_uri"
    assert told["id_token_signing_alg_values_supported"] == ["RS512"]


async def test_a_server_with_a_public_url_points_there(context: Context) -> None:
    settings = Settings(database_url="sqlite://", public_url="https://id.example.com/")

    told = await document(with_fields(context, settings=settings), "/.well-known/openid-configuration")

    assert (told["issuer"], told["jwks_uri"]) == (
        "https://id.example.com",
        "https://id.example.com/.well-known/jwks_uri",
    )


async def test_no_user_pool_has_these_keys(call: Call, context: Context) -> None:
    pool_id = (await call("CreateUserPool", PoolName="people"))["UserPool"]["Id"]

    of_pool = await document(context, f"/{pool_id}/.well-known/jwks.json")
    of_identities = await document(context, "/.well-known/jwks_uri")

    assert {key["kid"] for key in of_pool["keys"]}.isdisjoint(key["kid"] for key in of_identities["keys"])
    assert await document(context, "/cognito-identity/.well-known/jwks.json") is None
