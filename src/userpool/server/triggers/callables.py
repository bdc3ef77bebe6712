"""Python functions in this process, called as Lambda calls a handler: with the event, for the event.

A coroutine function runs on the event loop of the server. Any other function runs in a thread of its own, so that it
may block, and may call the pool that it serves; an awaitable that it returns is awaited on the loop.
"""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import json
import threading
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, cast

from userpool.server.triggers.runners import TriggerFailedError

Event = dict[str, Any]
TriggerFunction = Callable[[Event], Mapping[str, Any] | Awaitable[Mapping[str, Any]]]
"""Takes the event and returns it, with what it filled into `response`."""


class CallableRunner:
    """Runs one Python function."""

    def __init__(self, function: TriggerFunction) -> None:
        """Take the function, plain or asynchronous."""
        self._function = function
        call = getattr(function, "__call__", None)  # noqa: B004  # An object whose `__call__` is asynchronous.
        self._is_async = inspect.iscoroutinefunction(function) or inspect.iscoroutinefunction(call)

    async def run(self, event: bytes) -> bytes:
        """Call the function; what it raises is told as `str()` of it, as Lambda does for Python."""
        # Each try has an event of its own, whatever the last one did to it.
        given: Event = json.loads(event)
        try:
            returned: object = (
                self._function(given) if self._is_async else await _in_thread(self._function, given)
            )
            if inspect.isawaitable(returned):
                returned = await cast("Awaitable[object]", returned)
            return json.dumps(returned).encode()
        except asyncio.CancelledError as error:
            task = asyncio.current_task()
            if task is None or task.cancelling():
                raise  # Its time is up, or the server stops.
            raise _failed(error) from error
        except (Exception, SystemExit) as error:
            raise _failed(error) from error


def _failed(error: BaseException) -> TriggerFailedError:
    # A text may have what isn't text, which no answer carries: half of a pair of surrogates.
    return TriggerFailedError(str(error).encode(errors="replace").decode())


async def _in_thread(function: TriggerFunction, event: Event) -> object:
    # Not the loop's executor: its threads are few, and one that a function never gives back would be missed by
    # everything else. A thread of its own that hangs is left alone, and doesn't keep the process from ending.
    loop = asyncio.get_running_loop()
    done: asyncio.Future[object] = loop.create_future()

    def settle(outcome: object, error: TriggerFailedError | None) -> None:
        if done.cancelled():
            return  # It took too long.
        if error is not None:
            done.set_exception(error)
        else:
            done.set_result(outcome)

    def work() -> None:
        outcome: object = None
        error: TriggerFailedError | None = None
        try:
            outcome = function(event)
        except BaseException as raised:  # noqa: BLE001  # sys.exit() in a function ends the call, not the server.
            error = _failed(raised)
        # The server may have been closed since.
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(settle, outcome, error)

    threading.Thread(target=work, name="userpool trigger", daemon=True).start()
    return await done
