"""Waiting a while, waiting no longer than a while, and where that is, in both halves.

Sources: none.
"""

from __future__ import annotations

import os
import time
from collections.abc import AsyncGenerator, Generator
from contextlib import asynccontextmanager, contextmanager

from userpool import event_loops

__all__ = ["async_here", "async_pause", "async_within", "here", "pause", "within"]


def here() -> object:
    """Return what tells this process from every other: a connection belongs to one."""
    return os.getpid()


def async_here() -> object:
    """Return what tells this process and its event loop from every other: a connection belongs to one."""
    return os.getpid(), event_loops.running_loop()


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
