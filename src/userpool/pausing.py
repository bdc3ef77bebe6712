"""Waiting a while, in both halves.

Sources: none.
"""

from __future__ import annotations

import time

__all__ = ["async_pause", "pause"]


def pause(seconds: float) -> None:
    """Wait, blocking the thread."""
    if seconds > 0:
        time.sleep(seconds)


async def async_pause(seconds: float) -> None:
    """Wait without blocking the event loop."""
    if seconds > 0:
        import asyncio  # noqa: PLC0415 - a program that never awaits does not pay for it

        await asyncio.sleep(seconds)
