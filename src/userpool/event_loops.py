"""The event loop that is running, be it asyncio's or trio's: the few things that the two spell differently.

Nothing is imported for it. A task of trio's runs only where trio has been imported already, and asyncio likewise is
there when one of its loops runs.

Rules of this room: whatever differs between the two is told apart here and nowhere else.

Sources: none; trio's and asyncio's own manuals.
"""

from __future__ import annotations

import sys
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from contextvars import copy_context
from typing import TYPE_CHECKING, Any, Final, TypeVar

if TYPE_CHECKING:
    # It takes a while to import, and only whoever has such a future calls for it.
    from concurrent.futures import Future

__all__ = ["Landing", "in_a_thread", "outcome", "running_loop", "sleep", "start", "within"]

ResultT = TypeVar("ResultT")


def running_loop() -> object:
    """Return what tells the running event loop from every other.

    Raises:
        RuntimeError: none is running here.
    """
    trio = _trio()
    return _asyncio().get_running_loop() if trio is None else trio.lowlevel.current_trio_token()


async def sleep(seconds: float) -> None:
    """Wait without blocking the loop."""
    await (_trio() or _asyncio()).sleep(seconds)


def start(work: Callable[[], Coroutine[Any, Any, None]]) -> None:
    """Run work beside everything else; whoever starts it may go, or be cancelled, and it goes on.

    The work must handle its own errors: there is nobody whom they could reach. It ends with the loop at the latest.
    """
    trio = _trio()
    if trio is not None:
        trio.lowlevel.spawn_system_task(work, context=copy_context())
        return
    task = _asyncio().create_task(work())
    # A loop holds its tasks by weak references only.
    _UNDER_WAY.add(task)
    task.add_done_callback(_UNDER_WAY.discard)


async def in_a_thread(work: Callable[[], ResultT]) -> ResultT:
    """Do work that blocks, beside the loop; whoever is cancelled leaves it behind."""
    trio = _trio()
    if trio is None:
        done: ResultT = await _asyncio().to_thread(work)
    else:
        done = await trio.to_thread.run_sync(work, abandon_on_cancel=True)
    return done


async def outcome(future: Future[ResultT]) -> ResultT:
    """Wait for work that another thread does, and return its result or raise its error."""
    trio = _trio()
    if trio is None:
        found: ResultT = await _asyncio().wrap_future(future)
    else:
        # A thread of trio's waits for the other one; whoever is cancelled leaves it behind.
        found = await trio.to_thread.run_sync(future.result, abandon_on_cancel=True)
    return found


class Landing:
    """Something that happens once, which tasks of one loop can wait for."""

    __slots__ = ("_event",)

    def __init__(self) -> None:
        self._event: Any = (_trio() or _asyncio()).Event()

    def tell(self) -> None:
        """Let everybody go on who waits, now or later."""
        self._event.set()

    async def wait(self) -> None:
        """Wait until it has happened."""
        await self._event.wait()


@asynccontextmanager
async def within(seconds: float) -> AsyncGenerator[None]:
    """Give the block so long and no longer.

    Raises:
        TimeoutError: it took longer, and was cancelled.
    """
    trio = _trio()
    if trio is None:
        async with _asyncio().timeout(seconds):
            yield
        return
    with trio.move_on_after(seconds) as scope:
        yield
    if scope.cancelled_caught:
        raise TimeoutError


_UNDER_WAY: Final[set[Any]] = set()


def _trio() -> Any | None:
    # trio.lowlevel.in_trio_task is there from trio 0.24 on, which is older than what httpx2 asks for.
    trio = sys.modules.get("trio")
    return trio if trio is not None and trio.lowlevel.in_trio_task() else None


def _asyncio() -> Any:
    import asyncio  # noqa: PLC0415 - a program that never awaits does not pay for it

    return asyncio
