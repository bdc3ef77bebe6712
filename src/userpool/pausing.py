"""Waiting a while, and waiting no longer than a while, in both halves.

Sources: none.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from userpool import event_loops

__all__ = ["async_pause", "async_within", "pause", "within"]


def pause(seconds: float) -> None:
    """Wait, blocking the thread."""
    if seconds > 0:
        time.sleep(seconds)


async def async_pause(seconds: float) -> None:
    """Wait without blocking the event loop, asyncio's or trio's."""
    if seconds > 0:
        await event_loops.sleep(seconds)


@contextmanager
def within(seconds: float | None) -> Generator[None]:  # noqa: ARG001 - the counterpart of the other
    """Do the block, however long it takes: a thread cannot be stopped, so the block has to look to it itself."""
    yield


@asynccontextmanager
async def async_within(seconds: float | None) -> AsyncGenerator[None]:
    """Give the block so long and no longer; None is for ever.

    Raises:
        TimeoutError: it took longer, and was cancelled.
    """
    if seconds is None:
        yield
        return
    async with event_loops.within(seconds):
        yield
