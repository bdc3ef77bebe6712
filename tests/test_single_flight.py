"""One piece of work at a time, among threads and among tasks."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Awaitable, Callable
from threading import Barrier, Event, Thread
from typing import Any

import anyio
import pytest
import trio

from userpool.errors import NotReachedError
from userpool.single_flight import AsyncSingleFlight, SingleFlight, async_see_through, see_through


def in_threads(count: int, work: Callable[[], object]) -> list[object]:
    """Run work in several threads at once and return what came of it, errors included."""
    outcomes: list[object] = []
    start = Barrier(count)

    def outcome() -> None:
        start.wait()
        try:
            outcomes.append(work())
        except BaseException as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes.append(error)

    threads = [Thread(target=outcome) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


class Slowly:
    """Work that goes on until everybody is waiting for it."""

    def __init__(self, outcome: object) -> None:
        self.begun = 0
        self.outcome = outcome

    def __call__(self) -> object:
        self.begun += 1
        Event().wait(0.1)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


class SlowTask:
    """The same for tasks."""

    def __init__(self, outcome: object) -> None:
        self.begun = 0
        self.outcome = outcome
        self.under_way = anyio.Event()
        self.over = anyio.Event()

    async def __call__(self) -> object:
        self.begun += 1
        self.under_way.set()
        await anyio.sleep(0.02)
        self.over.set()
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


def test_threads_share_one_result() -> None:
    flight, work = SingleFlight[object](), Slowly("done")

    outcomes = in_threads(8, lambda: flight.run(work))

    assert (outcomes, work.begun) == (["done"] * 8, 1)


def test_threads_share_one_error() -> None:
    flight, error = SingleFlight[object](), NotReachedError("no cable")
    work = Slowly(error)

    outcomes = in_threads(4, lambda: flight.run(work))

    assert (outcomes, work.begun) == ([error] * 4, 1)


def test_a_result_of_none_is_shared_too() -> None:
    flight, work = SingleFlight[object](), Slowly(None)

    assert in_threads(4, lambda: flight.run(work)) == [None] * 4
    assert work.begun == 1


def test_an_interrupted_leader_is_followed_by_another() -> None:
    flight, work = SingleFlight[object](), Slowly(KeyboardInterrupt())

    outcomes = in_threads(3, lambda: flight.run(work))

    assert [type(outcome) for outcome in outcomes] == [KeyboardInterrupt] * 3
    assert work.begun == 3


def test_the_next_flight_begins_anew() -> None:
    flight, work = SingleFlight[object](), Slowly("done")

    flight.run(work)
    flight.run(work)

    assert work.begun == 2


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_forked_child_does_not_wait_for_a_thread_that_it_does_not_have() -> None:
    flight, landed = SingleFlight[object](), Event()
    leader = Thread(target=lambda: flight.run(landed.wait))
    leader.start()

    flight._process = -1  # noqa: SLF001 - as it is after a fork
    assert flight.run(lambda: "by itself") == "by itself"

    landed.set()
    leader.join()


def test_work_that_asks_for_itself_is_told_so() -> None:
    # Otherwise it would wait for itself for ever.
    flight = SingleFlight[object]()

    with pytest.raises(RuntimeError):
        flight.run(lambda: flight.run(object))

    assert flight.run(lambda: "done") == "done"


async def in_tasks(count: int, work: Callable[[], Awaitable[object]]) -> list[object]:
    """Run work in several tasks at once and return what came of it, errors included."""
    outcomes: list[object] = []

    async def outcome() -> None:
        try:
            outcomes.append(await work())
        except Exception as error:  # noqa: BLE001 - whatever it is, the test looks at it
            outcomes.append(error)

    async with anyio.create_task_group() as group:
        for _ in range(count):
            group.start_soon(outcome)
    return outcomes


@pytest.mark.anyio
async def test_tasks_share_one_result() -> None:
    flight, work = AsyncSingleFlight[object](), SlowTask("done")

    outcomes = await in_tasks(8, lambda: flight.run(work))

    assert (outcomes, work.begun) == (["done"] * 8, 1)


@pytest.mark.anyio
async def test_tasks_share_one_error() -> None:
    flight, error = AsyncSingleFlight[object](), NotReachedError("no cable")
    work = SlowTask(error)

    outcomes = await in_tasks(4, lambda: flight.run(work))

    assert (outcomes, work.begun) == ([error] * 4, 1)


@pytest.mark.anyio
async def test_a_cancelled_caller_does_not_take_the_work_down() -> None:
    flight, work = AsyncSingleFlight[object](), SlowTask("done")
    async with anyio.create_task_group() as group:
        group.start_soon(flight.run, work)
        await work.under_way.wait()
        group.cancel_scope.cancel()

    assert (await flight.run(work), work.begun) == ("done", 1)


@pytest.mark.anyio
async def test_an_error_that_nobody_waits_for_is_not_complained_of() -> None:
    # Warnings are errors here, and so is what a loop complains of when its last reference to a task goes.
    flight, work = AsyncSingleFlight[object](), SlowTask(NotReachedError("no cable"))
    async with anyio.create_task_group() as group:
        group.start_soon(flight.run, work)
        await work.under_way.wait()
        group.cancel_scope.cancel()

    await work.over.wait()
    del flight
    gc.collect()

    assert work.begun == 1


def test_work_that_is_cancelled_by_somebody_else_is_begun_anew() -> None:
    flight, work = AsyncSingleFlight[object](), SlowTask("done")

    async def scene() -> object:
        caller = asyncio.create_task(flight.run(work))
        while not work.begun:
            await asyncio.sleep(0)
        for task in asyncio.all_tasks() - {asyncio.current_task(), caller}:
            task.cancel()
        return await caller

    assert (asyncio.run(scene()), work.begun) == ("done", 2)


@pytest.mark.parametrize("run", [asyncio.run, lambda coroutine: trio.run(lambda: coroutine)])
def test_another_event_loop_begins_anew(run: Callable[[Any], object]) -> None:
    flight, work = AsyncSingleFlight[object](), SlowTask("done")

    assert [run(flight.run(work)) for _ in range(2)] == ["done", "done"]
    assert work.begun == 2


@pytest.mark.anyio
async def test_what_is_seen_through_goes_on_without_whoever_asked_for_it() -> None:
    work = SlowTask("done")
    async with anyio.create_task_group() as group:
        group.start_soon(async_see_through, work)
        await work.under_way.wait()
        group.cancel_scope.cancel()

    await work.over.wait()

    assert await async_see_through(SlowTask("another")) == "another"
    assert see_through(lambda: "blocking") == "blocking"
