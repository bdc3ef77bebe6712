"""One piece of work at a time: whoever comes while it is under way waits for it and shares its outcome.

Ten requests that find a token expired must lead to one refresh: where refresh tokens rotate, the second of
two refreshes would present a token that the first has just replaced, and the service would take it for
stolen.

Sources: guide:amazon-cognito-user-pools-using-the-refresh-token (rotation).
"""

from __future__ import annotations

import os
from collections.abc import Callable, Coroutine
from threading import Event, Lock, get_ident
from typing import Any, Generic, TypeVar

from userpool.event_loops import Landing, running_loop, start

__all__ = ["AsyncSingleFlight", "SingleFlight", "async_see_through", "see_through"]

ResultT = TypeVar("ResultT")


class _Flight(Generic[ResultT]):
    """Work under way in one thread."""

    def __init__(self) -> None:
        self.landed = Event()
        self.leader = get_ident()
        self.result: list[ResultT] = []
        self.error: Exception | None = None


class SingleFlight(Generic[ResultT]):
    """Shares work among threads."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._flight: _Flight[ResultT] | None = None
        self._process = os.getpid()

    def run(self, work: Callable[[], ResultT]) -> ResultT:
        """Do the work, or wait for the thread that is doing it; its result and its error are everybody's.

        Raises:
            RuntimeError: the work itself asks for it.
        """
        while True:
            flight, leading = self._board()
            if leading:
                return self._lead(flight, work)
            if flight.leader == get_ident():
                raise RuntimeError("This waits for work of which it is a part.")
            flight.landed.wait()
            if flight.error is not None:
                raise flight.error
            if flight.result:
                return flight.result[0]
            # The leader was interrupted (Ctrl-C in its thread); that is its own affair, so somebody else
            # begins anew.

    def _board(self) -> tuple[_Flight[ResultT], bool]:
        if self._process != os.getpid():
            # In a forked child the thread that led does not exist; what it held would never be let go.
            self._lock, self._flight, self._process = Lock(), None, os.getpid()
        with self._lock:
            if self._flight is not None:
                return self._flight, False
            self._flight = _Flight()
            return self._flight, True

    def _lead(self, flight: _Flight[ResultT], work: Callable[[], ResultT]) -> ResultT:
        try:
            result = work()
            flight.result.append(result)
            return result
        except Exception as error:
            flight.error = error
            raise
        finally:
            with self._lock:
                self._flight = None
            flight.landed.set()


class _AsyncFlight(Generic[ResultT]):
    """Work under way in one event loop."""

    def __init__(self, work: Callable[[], Coroutine[Any, Any, ResultT]], loop: object) -> None:
        self.loop = loop
        self.landed = Landing()
        self.over = False
        self.result: list[ResultT] = []
        self.error: Exception | None = None
        self._work = work

    async def fly(self) -> None:
        try:
            self.result.append(await self._work())
        except Exception as error:  # noqa: BLE001 - whoever waits for it raises it
            self.error = error
        finally:
            self.over = True
            self.landed.tell()


class AsyncSingleFlight(Generic[ResultT]):
    """Shares work among the tasks of one event loop, asyncio's or trio's.

    The work runs in a task of its own, so that a caller who is cancelled does not take it down: a refresh
    that the service has carried out must be stored even if the request that asked for it has gone.
    """

    def __init__(self) -> None:
        self._flight: _AsyncFlight[ResultT] | None = None

    async def run(self, work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
        """Do the work, or wait for the task that is doing it; its result and its error are everybody's."""
        loop = running_loop()
        while True:
            flight = self._flight
            if flight is None or flight.over or flight.loop is not loop:
                flight = self._flight = _AsyncFlight(work, loop)
                start(flight.fly)
            await flight.landed.wait()
            if flight.error is not None:
                raise flight.error
            if flight.result:
                return flight.result[0]
            # Somebody has cancelled the task that did the work, and not this one, so it is begun anew.


def see_through(work: Callable[[], ResultT]) -> ResultT:
    """Do the work; a thread cannot be cancelled, so there is nothing to be seen to."""
    return work()


async def async_see_through(work: Callable[[], Coroutine[Any, Any, ResultT]]) -> ResultT:
    """Do the work and return its result; if the caller is cancelled, it goes on all the same."""
    return await AsyncSingleFlight[ResultT]().run(work)
