"""Whole stories: the SDK on one side, the pool on the other, in every combination that users have.

Fixtures:

- `local`: an open `LocalPool` on the database of the test (`database_url`: SQLite in memory, SQLite in a
file, PostgreSQL); a story whose pool is special overrides `options`, its other arguments.
- `pool`: an SDK pool bound to it, in four ways: blocking or asyncio, within the process or over HTTP.
- `now`: `await now(pool.sign_in(...))` gives the value of a verb of either face.
"""

from __future__ import annotations

import inspect
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest

from userpool import AsyncUserPool, UserPool
from userpool.testing import LocalPool
from userpool.transport.async_http import AsyncHttpTransport
from userpool.transport.http import HttpTransport

Pool = UserPool | AsyncUserPool
NO_CERTIFICATES = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)


@pytest.fixture
def options() -> dict[str, Any]:
    """What the pool of this test is made of, in the arguments of `LocalPool`."""
    return {}


@pytest.fixture
def local(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, options: dict[str, Any]
) -> Iterator[LocalPool]:
    """A pool of this test."""
    monkeypatch.chdir(tmp_path)  # The key that seals secrets lies in the working folder with PostgreSQL.
    with LocalPool(database_url=database_url, **options) as opened:
        yield opened


@pytest.fixture(params=["blocking", "asyncio", "blocking over HTTP", "asyncio over HTTP"])
async def make_pool(request: pytest.FixtureRequest, local: LocalPool) -> AsyncIterator[Callable[..., Pool]]:
    """Give a function that makes an SDK pool bound to the local one; its arguments are those of `UserPool`."""
    kind: str = request.param
    made: list[Pool] = []
    http: list[httpx2.Client | httpx2.AsyncClient] = []

    def transport() -> HttpTransport | AsyncHttpTransport:
        # A client that is made by default reads all certificates of the machine, which takes longer than a sign-in.
        if kind.startswith("blocking"):
            http.append(client := httpx2.Client(verify=NO_CERTIFICATES))
            return HttpTransport(client)
        http.append(async_client := httpx2.AsyncClient(verify=NO_CERTIFICATES))
        return AsyncHttpTransport(async_client)

    def make(**options: Any) -> Pool:
        if kind.endswith("over HTTP"):
            face = UserPool if kind.startswith("blocking") else AsyncUserPool
            options = {
                "endpoint": local.endpoint,
                "client_secret": local.client_secret,
                "transport": transport(),
                **options,
            }
            made.append(face(local.user_pool_id, local.client_id, **options))
        else:
            made.append(local.client(**options) if kind == "blocking" else local.async_client(**options))
        return made[-1]

    yield make
    for pool in made:
        closed = pool.close()
        if inspect.isawaitable(closed):
            await closed
    for client in http:
        await client.aclose() if isinstance(client, httpx2.AsyncClient) else client.close()


@pytest.fixture
def pool(make_pool: Callable[..., Pool]) -> Pool:
    """An SDK pool bound to the local one."""
    return make_pool()


@pytest.fixture
def now() -> Callable[[Any], Awaitable[Any]]:
    """Give a function that returns the value of a verb, whether it has to be awaited or not."""

    async def value_of(value: Any) -> Any:
        return await value if inspect.isawaitable(value) else value

    return value_of
