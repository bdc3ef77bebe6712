"""Waiting a while."""

from __future__ import annotations

import time

import anyio
import anyio.lowlevel
import pytest

from userpool.pausing import async_here, async_pause, async_within, here, pause, within


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


def test_a_pause_is_as_long_as_it_is_said_to_be() -> None:
    begun = time.monotonic()

    pause(0.02)

    assert time.monotonic() - begun >= 0.02


@pytest.mark.anyio
async def test_an_asynchronous_pause_lets_others_go_on() -> None:
    seen: list[str] = []

    async def pausing() -> None:
        await async_pause(0.02)
        seen.append("paused")

    async with anyio.create_task_group() as group:
        group.start_soon(pausing)
        await anyio.lowlevel.checkpoint()
        seen.append("others")

    assert seen == ["others", "paused"]


@pytest.mark.anyio
async def test_no_pause_is_none() -> None:
    pause(0)
    await async_pause(0)
    await async_pause(-1)


@pytest.mark.anyio
async def test_a_block_has_so_much_time() -> None:
    with pytest.raises(TimeoutError):
        async with async_within(0.01):
            await anyio.sleep_forever()


@pytest.mark.anyio
async def test_a_block_without_a_limit_has_all_the_time() -> None:
    async with async_within(None):
        await async_pause(0.001)
    with within(None), within(0):
        pause(0.001)


def test_a_place_is_a_process_and_an_event_loop() -> None:
    async def places() -> tuple[object, object]:
        return async_here(), async_here()

    (first, again), (other, _) = anyio.run(places), anyio.run(places)

    assert here() == here()
    assert first == again != other
