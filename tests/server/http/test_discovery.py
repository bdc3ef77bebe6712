"""The public documents of a pool."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from userpool.server.context import Context
from userpool.server.http.discovery import discovery_document
from userpool.server.records import Pool
from userpool.tokens.jwk import load_jwks

pytestmark = pytest.mark.anyio

ORIGIN = "http://127.0.0.1:9229"
MakePool = Callable[..., Awaitable[Pool]]


async def document(context: Context, path: str) -> Any:
    found = await discovery_document(context, path, origin=ORIGIN)
    return None if found is None else json.loads(found)


async def test_a_pool_publishes_two_keys_for_signatures(context: Context, make_pool: MakePool) -> None:
    pool = await make_pool()

    keys = await document(context, f"/{pool.pool_id}/.well-known/jwks.json")

    assert len(load_jwks(keys)) == 2
    for key in keys["keys"]:
        assert set(key) == {"alg", "e", "kid", "kty", "n", "use"}
        assert len(key["kid"]) == 44


async def test_the_keys_stay_the_same(context: Context, make_pool: MakePool) -> None:
    pool = await make_pool()
    path = f"/{pool.pool_id}/.well-known/jwks.json"
    before = await document(context, path)

    context.keys.forget(pool.pool_id)

    assert await document(context, path) == before


async def test_two_pools_have_different_key_ids(context: Context, make_pool: MakePool) -> None:
    one, other = [
        load_jwks(await document(context, f"/{pool.pool_id}/.well-known/jwks.json"))
        for pool in (await make_pool(), await make_pool())
    ]

    assert not set(one) & set(other)


async def test_the_configuration_names_the_issuer_and_where_its_keys_are(
    context: Context, make_pool: MakePool
) -> None:
    pool = await make_pool()

    configuration = await document(context, f"/{pool.pool_id}/.well-known/openid-configuration")

    assert configuration["issuer"] == context.settings.issuer(pool.pool_id)
    assert configuration["jwks_uri"] == f"{ORIGIN}/{pool.pool_id}/.well-known/jwks.json"
    assert configuration["id_token_signing_alg_values_supported"] == ["RS256"]


async def test_a_server_with_a_public_url_names_its_keys_under_it(
    context: Context, make_pool: MakePool
) -> None:
    pool = await make_pool()
    public = replace(context, settings=replace(context.settings, public_url="https://id.example.com"))

    configuration = await document(public, f"/{pool.pool_id}/.well-known/openid-configuration")

    assert configuration["issuer"] == f"https://id.example.com/{pool.pool_id}"
    assert configuration["jwks_uri"] == f"https://id.example.com/{pool.pool_id}/.well-known/jwks.json"


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/.well-known/jwks.json",
        "/us-east-1_Nobody000/.well-known/jwks.json",
        "/us-east-1_Nobody000/.well-known/openid-configuration",
        "/a/b/.well-known/jwks.json",
        "/%00/.well-known/jwks.json",
    ],
)
async def test_there_are_no_documents_of_a_pool_that_does_not_exist(context: Context, path: str) -> None:
    assert await document(context, path) is None
