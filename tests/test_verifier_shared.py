"""One verifier for many threads and tasks, asyncio's and trio's."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import anyio
import pytest
from async_publisher import AsyncPublisher
from publisher import CLIENT, NOON, POOL, Publisher, jwks, token

from userpool import AsyncTokenVerifier, TokenVerifier
from userpool.effects import FixedEffects
from userpool.errors import TokenError, UnknownKeyError
from userpool.transport import HttpReply, HttpRequest

MANY = 12


class SlowAsyncPublisher(AsyncPublisher):
    """Answers after the others have had their turn."""

    async def send(self, request: HttpRequest, *, timeout: float) -> HttpReply:
        for _ in range(20):
            await anyio.lowlevel.checkpoint()
        return await super().send(request, timeout=timeout)


def options(publisher: Any) -> Any:
    return {
        "client_id": CLIENT,
        "token_use": "access",
        "transport": publisher,
        "effects": FixedEffects(now=NOON),
    }


def test_threads_share_one_fetch() -> None:
    publisher, start = Publisher("one"), Barrier(MANY)
    verifier = TokenVerifier(POOL, **options(publisher))

    def work(number: int) -> str | None:
        text = token("one", username=str(number))
        start.wait(timeout=30)
        return verifier.verify(text).username

    with ThreadPoolExecutor(MANY) as threads:
        assert list(threads.map(work, range(MANY))) == [str(number) for number in range(MANY)]

    assert len(publisher.requests) == 1


def test_threads_and_withdrawn_keys() -> None:
    effects = FixedEffects(now=NOON)
    publisher = Publisher("one", "two")
    verifier = TokenVerifier(POOL, **{**options(publisher), "effects": effects}, remember=8)
    texts = [token(kid, username=str(number)) for kid in ("one", "two") for number in range(10)]

    def work(start: int) -> bool:
        for turn in range(300):
            text = texts[(start + turn) % len(texts)]
            try:
                claims = verifier.verify(text)
            except UnknownKeyError:
                continue
            if claims.username != str((start + turn) % 10):
                return False
            if start == 0 and turn % 50 == 49:
                publisher.answer = jwks("two") if turn % 100 == 49 else jwks("one", "two")
                verifier.hydrate()
        return True

    with ThreadPoolExecutor(4) as threads:
        assert all(threads.map(work, range(4)))

    publisher.answer = jwks("two")
    verifier.hydrate()
    for text in texts[:10]:
        with pytest.raises(TokenError):
            verifier.verify(text)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_tasks_share_one_fetch(backend: str) -> None:
    async def story() -> tuple[set[str | None], int]:
        publisher = SlowAsyncPublisher(answer=jwks("one"))
        verifier = AsyncTokenVerifier(POOL, **options(publisher))
        names: set[str | None] = set()

        async def work(number: int) -> None:
            names.add((await verifier.verify(token("one", username=str(number)))).username)

        async with anyio.create_task_group() as tasks:
            for number in range(MANY):
                tasks.start_soon(work, number)
        return names, len(publisher.requests)

    names, fetches = anyio.run(story, backend=backend)

    assert names == {str(number) for number in range(MANY)}
    assert fetches == 1
