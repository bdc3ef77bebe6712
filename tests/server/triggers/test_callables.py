"""Python functions as triggers: plain ones in threads, asynchronous ones on the loop, failures told as Lambda does."""

from __future__ import annotations

import asyncio
import json
import sys
import threading
from collections.abc import Awaitable
from typing import Any

import pytest

from userpool.server.triggers.callables import CallableRunner
from userpool.server.triggers.runners import TriggerFailedError

pytestmark = pytest.mark.anyio

Event = dict[str, Any]
EVENT = b'{"request": {"a": 1}, "response": {"b": null}}'


class Counting:
    """An object that is called."""

    def __init__(self) -> None:
        self.calls = 0

    async def __call__(self, event: Event) -> Event:
        self.calls += 1
        return event


async def test_a_plain_function_runs_in_a_thread_of_its_own() -> None:
    threads: list[threading.Thread] = []

    def function(event: Event) -> Event:
        threads.append(threading.current_thread())
        return {**event, "response": {"b": 2}}

    returned = await CallableRunner(function).run(EVENT)

    assert json.loads(returned) == {"request": {"a": 1}, "response": {"b": 2}}
    assert threads[0] is not threading.main_thread()
    assert threads[0].daemon


async def test_an_asynchronous_function_runs_on_the_loop() -> None:
    loops: list[object] = []

    async def function(event: Event) -> Event:
        loops.append(asyncio.get_running_loop())
        return event

    await CallableRunner(function).run(EVENT)

    assert loops == [asyncio.get_running_loop()]


async def test_an_object_may_be_the_function() -> None:
    counting = Counting()

    assert json.loads(await CallableRunner(counting).run(EVENT)) == json.loads(EVENT)
    assert counting.calls == 1


async def test_the_loop_goes_on_while_a_function_blocks() -> None:
    ready, go = threading.Event(), threading.Event()

    def function(event: Event) -> Event:
        ready.set()
        assert go.wait(10)
        return event

    running = asyncio.create_task(CallableRunner(function).run(EVENT))
    await asyncio.to_thread(ready.wait, 10)
    go.set()

    assert await running


@pytest.mark.parametrize("is_async", [True, False])
@pytest.mark.parametrize(
    ("error", "told"),
    [(ValueError("Not you"), "Not you"), (KeyError("email"), "'email'"), (StopIteration("end"), "end")],
)
async def test_what_a_function_raises_is_told_as_its_text(
    error: Exception, told: str, *, is_async: bool
) -> None:
    def plain(_: Event) -> Event:
        raise error

    async def asynchronous(_: Event) -> Event:
        raise error

    if is_async and isinstance(error, StopIteration):
        return  # A coroutine can't raise it.
    with pytest.raises(TriggerFailedError) as raised:
        await CallableRunner(asynchronous if is_async else plain).run(EVENT)

    assert str(raised.value) == told


async def test_a_function_that_exits_does_not_end_the_server() -> None:
    async def asynchronous(_: Event) -> Event:
        sys.exit("enough")

    for function in (lambda _: sys.exit("enough"), asynchronous):
        with pytest.raises(TriggerFailedError, match="enough"):
            await CallableRunner(function).run(EVENT)


async def test_a_function_that_awaits_what_was_cancelled_does_not_end_the_request() -> None:
    async def function(event: Event) -> Event:
        other = asyncio.get_running_loop().create_future()
        other.cancel("too slow")
        await other
        return event

    with pytest.raises(TriggerFailedError):
        await CallableRunner(function).run(EVENT)


async def test_a_plain_function_may_return_what_is_to_be_awaited() -> None:
    async def later(event: Event) -> Event:
        return {**event, "response": {"b": 2}}

    def function(event: Event) -> Awaitable[Event]:
        return later(event)

    returned = await CallableRunner(function).run(EVENT)

    assert json.loads(returned)["response"] == {"b": 2}


async def test_a_text_that_no_answer_carries_is_told_without_what_cannot_be() -> None:
    def function(_: Event) -> Event:
        raise ValueError("half \ud800 a pair")

    with pytest.raises(TriggerFailedError) as raised:
        await CallableRunner(function).run(EVENT)

    assert str(raised.value) == "half ? a pair"


async def test_what_json_does_not_have_cannot_be_returned() -> None:
    with pytest.raises(TriggerFailedError, match="not JSON serializable"):
        await CallableRunner(lambda event: {**event, "response": {1, 2}}).run(EVENT)


async def test_a_try_has_an_event_of_its_own() -> None:
    seen: list[Event] = []

    def function(event: Event) -> Event:
        seen.append(dict(event))
        event.clear()
        return {}

    runner = CallableRunner(function)
    await runner.run(EVENT)
    await runner.run(EVENT)

    assert seen == [json.loads(EVENT)] * 2


async def test_a_function_whose_time_is_up_is_let_go() -> None:
    go = threading.Event()
    ended = threading.Event()

    def function(event: Event) -> Event:
        go.wait(10)
        ended.set()
        return event

    running = asyncio.create_task(CallableRunner(function).run(EVENT))
    await asyncio.sleep(0)
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running

    go.set()
    assert await asyncio.to_thread(ended.wait, 10)
