"""One piece of work at a time, among threads and among tasks."""

from __future__ import annotations

import asyncio
import gc
import os
from collections.abc import Callable
from threading import Barrier, Event, Thread

import pytest

from userpool.errors import NotReachedError
from userpool.single_flight import AsyncSingleFlight, SingleFlight


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
        self.under_way = asyncio.Event()

    def __call__(self) -> object:
        self.begun += 1
        Event().wait(0.1)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome

    async def later(self) -> object:
        self.begun += 1
        self.under_way.set()
        await asyncio.sleep(0.05)
        if isinstance(self.outcome, BaseException):
            raise self.outcome
        return self.outcome


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


@pytest.mark.anyio
async def test_tasks_share_one_result() -> None:
    flight, work = AsyncSingleFlight[object](), Slowly("done")

    outcomes = await asyncio.gather(*(flight.run(work.later) for _ in range(8)))

    assert (outcomes, work.begun) == (["done"] * 8, 1)


@pytest.mark.anyio
async def test_tasks_share_one_error() -> None:
    flight, error = AsyncSingleFlight[object](), NotReachedError("no cable")
    work = Slowly(error)

    outcomes = await asyncio.gather(*(flight.run(work.later) for _ in range(4)), return_exceptions=True)

    assert (outcomes, work.begun) == ([error] * 4, 1)


@pytest.mark.anyio
async def test_a_cancelled_caller_does_not_take_the_work_down() -> None:
    flight, work = AsyncSingleFlight[object](), Slowly("done")
    first = asyncio.create_task(flight.run(work.later))
    await work.under_way.wait()

    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first

    assert (await flight.run(work.later), work.begun) == ("done", 1)


@pytest.mark.anyio
async def test_an_error_that_nobody_waits_for_is_not_complained_of() -> None:
    flight, work = AsyncSingleFlight[object](), Slowly(NotReachedError("no cable"))
    complaints: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: complaints.append(context))
    caller = asyncio.create_task(flight.run(work.later))
    await work.under_way.wait()

    caller.cancel()
    await asyncio.sleep(0.1)
    # The complaint comes when the last reference to the task goes.
    del caller, flight, work
    gc.collect()

    assert complaints == []


def test_another_event_loop_begins_anew() -> None:
    flight, work = AsyncSingleFlight[object](), Slowly("done")

    assert [asyncio.run(flight.run(work.later)) for _ in range(2)] == ["done", "done"]
    assert work.begun == 2
