"""Taking turns with other processes that keep tokens in the same storage.

The blocking twin of this module is generated from it by tools/unasync.py.

Rules of this room: nobody waits in the operating system, where an event loop would stand still and nothing could be
cancelled; the lock is looked at again and again instead.

Sources: none.
"""

from __future__ import annotations

import time
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from typing import Final

from userpool.errors import StorageError
from userpool.pausing import async_pause

__all__ = ["async_turn"]

# A renewal takes about a tenth of a second, so looking more often would only cost, and less often delay.
_FIRST_LOOK_SECONDS: Final = 0.005
_LONGEST_LOOK_SECONDS: Final = 0.1


@asynccontextmanager
async def async_turn(
    try_lock: Callable[[], Callable[[], None] | None], *, longest_wait_seconds: float
) -> AsyncGenerator[None]:
    """Hold a lock during the block, after waiting for whoever has it.

    ``try_lock`` takes the lock if it is free and returns what lets go of it, or None.

    Raises:
        StorageError: somebody else has had it all the time.
    """
    end = time.monotonic() + longest_wait_seconds
    look = _FIRST_LOOK_SECONDS
    while (let_go := try_lock()) is None:
        if time.monotonic() > end:
            raise StorageError(
                f"Another process has been renewing these tokens for {longest_wait_seconds:g} seconds."
            )
        await async_pause(look)
        look = min(look * 2, _LONGEST_LOOK_SECONDS)
    try:
        yield
    finally:
        let_go()
