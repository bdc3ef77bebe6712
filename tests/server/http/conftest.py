"""What the tests of the HTTP doors share; none of them depends on the kind of database, so there is one.

Fixtures:

- `strict_server`: a server that is not in development, with an access key of its own: `access_key`.
- `client_of_pool`: a client of a pool on `server` whose user ann has the password `Correct-horse-1`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from userpool.effects import FixedEffects, MachineEffects
from userpool.server.access_keys import AccessKey, create_access_key
from userpool.server.build import Server, open_server
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client
from userpool.server.settings import Settings


@pytest.fixture
def database_url() -> str:
    """A database in memory."""
    return "sqlite://"


@pytest.fixture
async def strict_server(make_key: Callable[[], RSAPrivateKey]) -> AsyncIterator[Server]:
    """A server that checks signatures; by the machine's clock, since signers look at that."""
    settings = Settings(database_url="sqlite://")
    server = await open_server(settings, effects=MachineEffects(), make_key=make_key, inbox=Inbox())
    yield server
    await server.close()


@pytest.fixture
async def access_key(strict_server: Server) -> AccessKey:
    """An access key of the strict server."""
    return await create_access_key(strict_server.context, "tests")


@pytest.fixture
async def client_of_pool(
    make_pool: Callable[..., Awaitable[Any]],
    make_client: Callable[..., Awaitable[Client]],
    call: Callable[..., Awaitable[Any]],
    effects: FixedEffects,
) -> Client:
    """A client of a pool with the user ann."""
    pool = await make_pool()
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", MessageAction="SUPPRESS")
    await call(
        "AdminSetUserPassword",
        UserPoolId=pool.pool_id,
        Username="ann",
        Password="Correct-horse-1",
        Permanent=True,
    )
    return client
