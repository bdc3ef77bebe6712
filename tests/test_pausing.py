"""Waiting a while."""

from __future__ import annotations

import asyncio
import time

import pytest

from userpool.pausing import async_pause, pause


def test_a_pause_is_as_long_as_it_is_said_to_be() -> None:
    begun = time.monotonic()

    pause(0.02)

    assert time.monotonic() - begun >= 0.02


@pytest.mark.anyio
async def test_an_asynchronous_pause_lets_others_go_on() -> None:
    pausing = asyncio.create_task(async_pause(0.02))
    await asyncio.sleep(0)

    assert not pausing.done()
    await pausing


@pytest.mark.anyio
async def test_no_pause_is_none() -> None:
    pause(0)
    await async_pause(0)
    await async_pause(-1)
