"""A pool server for each test, with a real database and real cryptography.

Fixtures:

- `server`: a running `Server` (no network) on an empty database of its own.
- `context`: the surroundings of a request to it: `await sign_up(context, SignUpRequest(...))`.
- `functions`: what the triggers of its pools do (`trigger_functions`); they are in this process, or behind HTTP for
  `@pytest.mark.parametrize("functions", ["endpoint"], indirect=True)`. A pool has those that its LambdaConfig names:
  `make_pool(lambda_config=triggered("PreSignUp"))`.
- `effects`: its clock and entropy; `effects.advance(60)` lets a minute pass.
- `inbox`: the messages it sent.
- `call`: `await call("SignUp", ClientId=..., Username=...)` runs an operation through the RPC door, with the
  wire's names, and returns the reply as a dict; what the service refuses is raised as its exception.
  `region=` says where.
- `make_pool`: `await make_pool(policies=..., ...)` makes a pool; its arguments are those of
  CreateUserPoolRequest.
- `make_client`: `await make_client(pool, ...)` makes an app client; its arguments are those of
  CreateUserPoolClientRequest.

Every test that asks for one of them runs on every database (`tests/databases.py`).
"""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from trigger_functions import Functions, over_http

from userpool.effects import FixedEffects
from userpool.server.build import Server, open_server
from userpool.server.context import Context
from userpool.server.keys import make_private_key
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.server.settings import Settings
from userpool.wire.codec import fault_from_reply
from userpool.wire.operation import IDENTITY_PREFIX, USER_POOL_PREFIX, Access
from userpool.wire.registry import operation_for_target
from userpool.wire.user_pool_clients import CreateUserPoolClientRequest
from userpool.wire.user_pools import CreateUserPoolRequest


@pytest.fixture(scope="session")
def make_key() -> Callable[[], RSAPrivateKey]:
    """Give two RSA keys in turn: making new ones would take most of the time of the tests."""
    keys = itertools.cycle([make_private_key(), make_private_key()])
    return lambda: next(keys)


@pytest.fixture
def effects() -> FixedEffects:
    """The clock and the entropy of this test."""
    return FixedEffects()


@pytest.fixture
def functions(request: pytest.FixtureRequest) -> Iterator[Functions]:
    """What triggers do."""
    made = Functions()
    if getattr(request, "param", "callable") == "callable":
        yield made
        return
    with over_http(made):
        yield made


@pytest.fixture
async def server(
    database_url: str,
    effects: FixedEffects,
    make_key: Callable[[], RSAPrivateKey],
    tmp_path: Path,
    functions: Functions,
) -> AsyncIterator[Server]:
    """A server on an empty database."""
    key_file = None if database_url == "sqlite://" else str(tmp_path / "seal.key")
    settings = Settings(database_url=database_url, dev=True, seal_key_file=key_file, triggers=functions.urls)
    server = await open_server(settings, effects=effects, triggers=functions.callables, make_key=make_key)
    yield server
    await server.close()


@pytest.fixture
def context(server: Server) -> Context:
    """What operations take first."""
    return server.context


@pytest.fixture
def inbox(server: Server) -> Inbox:
    """The messages that were sent."""
    assert server.inbox is not None
    return server.inbox


@pytest.fixture
def call(server: Server) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Give a function that runs an operation as a client over the network would."""

    async def run(
        name: str, *, region: str = "us-east-1", prefix: str = USER_POOL_PREFIX, **members: Any
    ) -> dict[str, Any]:
        target = f"{prefix}.{name}"
        operation = operation_for_target(target)
        headers = {"x-amz-target": target, "content-type": "application/x-amz-json-1.1"}
        if operation.access is Access.SIGNED:
            headers["authorization"] = (
                f"AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260101/{region}/cognito-idp/aws4_request, "
                f"SignedHeaders=host;x-amz-date, Signature={'0' * 64}"
            )
        reply = await server.rpc.answer(headers, msgspec.json.encode(members))
        if reply.status != 200:
            raise fault_from_reply(operation, reply.status, headers=dict(reply.headers), body=reply.body)
        return msgspec.json.decode(reply.body) if reply.body else {}

    return run


@pytest.fixture
def identity_call(call: Callable[..., Awaitable[dict[str, Any]]]) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Give a function that runs an operation of identity pools, as `call` does one of user pools."""
    return partial(call, prefix=IDENTITY_PREFIX)


@pytest.fixture
def make_identity_pool(
    identity_call: Callable[..., Awaitable[dict[str, Any]]],
) -> Callable[..., Awaitable[str]]:
    """Give a function that makes an identity pool with two roles and returns its id; guests are let in."""

    async def make(**members: Any) -> str:
        asked = {"IdentityPoolName": "visitors", "AllowUnauthenticatedIdentities": True, **members}
        made = await identity_call("CreateIdentityPool", **asked)
        roles = {
            "authenticated": "arn:aws:iam::000000000000:role/member",
            "unauthenticated": "arn:aws:iam::000000000000:role/guest",
        }
        await identity_call("SetIdentityPoolRoles", IdentityPoolId=made["IdentityPoolId"], Roles=roles)
        identity_pool_id: str = made["IdentityPoolId"]
        return identity_pool_id

    return make


@pytest.fixture
def make_pool(context: Context) -> Callable[..., Awaitable[Pool]]:
    """Give a function that makes a user pool."""

    async def make(**members: Any) -> Pool:
        from userpool.server.capabilities.user_pools import create_user_pool

        reply = await create_user_pool(context, CreateUserPoolRequest(**{"pool_name": "people", **members}))
        pool = await context.directory.pool(reply.user_pool.id)
        assert pool is not None
        return pool

    return make


@pytest.fixture
def make_client(context: Context) -> Callable[..., Awaitable[Client]]:
    """Give a function that makes an app client."""

    async def make(pool: Pool, **members: Any) -> Client:
        from userpool.server.capabilities.user_pool_clients import create_user_pool_client

        request = CreateUserPoolClientRequest(
            **{"user_pool_id": pool.pool_id, "client_name": "web", **members}
        )
        reply = await create_user_pool_client(context, request)
        client = await context.directory.client(reply.user_pool_client.client_id)
        assert client is not None
        return client

    return make
