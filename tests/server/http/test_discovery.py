"""The public documents of a pool. The stranger who verifies tokens with them is PyJWT."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace as with_fields
from pathlib import Path
from typing import Any

import jwt
import pytest

from userpool.effects import FixedEffects
from userpool.server.build import open_server
from userpool.server.context import Context
from userpool.server.http.discovery import discovery_document
from userpool.server.records import Client
from userpool.server.settings import Settings

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]

ORIGIN = "http://127.0.0.1:9229"


async def document(context: Context, path: str) -> Any:
    found = await discovery_document(context, path, origin=ORIGIN)
    return None if found is None else json.loads(found)


async def tokens_of(call: Call, client: Client) -> dict[str, str]:
    reply = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1"},
    )
    result: dict[str, str] = reply["AuthenticationResult"]
    return result


@pytest.mark.parametrize("kind", ["IdToken", "AccessToken"])
async def test_a_stranger_verifies_tokens_with_the_published_keys(
    call: Call, context: Context, client_of_pool: Client, effects: FixedEffects, kind: str
) -> None:
    token = (await tokens_of(call, client_of_pool))[kind]
    keys = jwt.PyJWKSet.from_dict(await document(context, f"/{client_of_pool.pool_id}/.well-known/jwks.json"))

    claims = jwt.decode(
        token,
        keys[jwt.get_unverified_header(token)["kid"]],
        algorithms=["RS256"],
        issuer=f"https://cognito-idp.us-east-1.amazonaws.com/{client_of_pool.pool_id}",
        # The clock of this test stands in the first second of 2026.
        options={"verify_exp": False, "verify_iat": False, "verify_aud": False},
    )

    assert claims["token_use"] == {"IdToken": "id", "AccessToken": "access"}[kind]
    assert claims["exp"] == effects.now() + 3600


async def test_id_and_access_tokens_are_signed_by_different_keys(
    call: Call, context: Context, client_of_pool: Client
) -> None:
    tokens = await tokens_of(call, client_of_pool)
    published = await document(context, f"/{client_of_pool.pool_id}/.well-known/jwks.json")

    used = [jwt.get_unverified_header(tokens[kind])["kid"] for kind in ("IdToken", "AccessToken")]

    assert sorted(used) == sorted(key["kid"] for key in published["keys"])
    assert len(set(used)) == 2


async def test_keys_are_published_without_their_private_half(
    context: Context, client_of_pool: Client
) -> None:
    published = await document(context, f"/{client_of_pool.pool_id}/.well-known/jwks.json")

    for key in published["keys"]:
        assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
        assert len(key["kid"]) == 44


async def test_the_configuration_names_issuer_and_keys(context: Context, client_of_pool: Client) -> None:
    pool_id = client_of_pool.pool_id

    told = await document(context, f"/{pool_id}/.well-known/openid-configuration")

    assert told["issuer"] == f"https://cognito-idp.us-east-1.amazonaws.com/{pool_id}"
    assert told["jwks_uri"] == f"{ORIGIN}/{pool_id}/.well-known/jwks.json"
    assert told["id_token_signing_alg_values_supported"] == ["RS256"]


@pytest.mark.parametrize("public_url", ["https://id.example.com", "https://id.example.com/"])
async def test_a_server_with_a_public_url_points_there(
    context: Context, client_of_pool: Client, public_url: str
) -> None:
    settings = Settings(database_url="sqlite://", public_url=public_url)
    pool_id = client_of_pool.pool_id

    told = await document(
        with_fields(context, settings=settings), f"/{pool_id}/.well-known/openid-configuration"
    )

    assert told["issuer"] == f"https://id.example.com/{pool_id}"
    assert told["jwks_uri"] == f"https://id.example.com/{pool_id}/.well-known/jwks.json"


@pytest.mark.parametrize("suffix", ["jwks.json", "openid-configuration"])
@pytest.mark.parametrize(
    "pool_id", ["us-east-1_nosuchpool", "", "..", "a/b", "us-east-1_\0", "us-east-1_" + "a" * 100_000]
)
async def test_a_pool_that_does_not_exist_has_no_documents(
    context: Context, pool_id: str, suffix: str
) -> None:
    assert await document(context, f"/{pool_id}/.well-known/{suffix}") is None


async def test_a_deleted_pool_has_no_documents(call: Call, context: Context, client_of_pool: Client) -> None:
    path = f"/{client_of_pool.pool_id}/.well-known/jwks.json"
    assert await document(context, path) is not None

    await call("DeleteUserPool", UserPoolId=client_of_pool.pool_id)

    assert await document(context, path) is None


async def test_a_path_that_a_database_cannot_hold_has_no_documents(
    postgresql_database: Any, tmp_path: Path
) -> None:
    await asyncio.to_thread(postgresql_database.empty)
    settings = Settings(database_url=postgresql_database.url, seal_key_file=f"{tmp_path}/key")
    server = await open_server(settings)

    assert await document(server.context, "/us-east-1_\0/.well-known/jwks.json") is None
    await server.close()
