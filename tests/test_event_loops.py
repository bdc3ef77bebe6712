"""What asyncio and trio spell differently: the same on both."""

from __future__ import annotations

import asyncio
import gc
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar
from threading import Event
from typing import Any

import anyio
import pytest
import trio

from userpool import AsyncUserPool, NoAnswerInTimeError, RetryPolicy, SignedIn
from userpool.effects import FixedEffects
from userpool.event_loops import Landing, in_a_thread, outcome, running_loop, sleep, start, within
from userpool.testing import LocalPool
from userpool.transport.scripted import AsyncScriptedTransport, grants, refuses, says

pytestmark = pytest.mark.anyio

NOON = 1_767_268_800
ALICE = says({"Username": "alice", "UserAttributes": []})


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


async def test_sleeping_lets_others_go_on() -> None:
    seen: list[str] = []

    async def other() -> None:
        seen.append("other")

    async with anyio.create_task_group() as group:
        group.start_soon(other)
        await sleep(0.01)
        seen.append("sleeper")

    assert seen == ["other", "sleeper"]


async def test_work_goes_on_when_whoever_started_it_is_cancelled() -> None:
    begun, go_on, done = Landing(), Landing(), Landing()

    async def work() -> None:
        begun.tell()
        await go_on.wait()
        done.tell()

    async with anyio.create_task_group() as group:

        async def starter() -> None:
            start(work)
            await anyio.sleep_forever()

        group.start_soon(starter)
        await begun.wait()
        group.cancel_scope.cancel()
    go_on.tell()

    await done.wait()


async def test_work_sees_the_context_of_whoever_started_it() -> None:
    request: ContextVar[str] = ContextVar("request")
    request.set("the 7th")
    seen: list[str] = []
    done = Landing()

    async def work() -> None:
        seen.append(request.get())
        done.tell()

    start(work)
    await done.wait()

    assert seen == ["the 7th"]


async def test_the_work_of_another_thread_is_waited_for() -> None:
    with ThreadPoolExecutor() as threads:
        assert await outcome(threads.submit(int, "7")) == 7
        with pytest.raises(ValueError, match="x"):
            await outcome(threads.submit(int, "x"))


async def test_whoever_is_cancelled_does_not_wait_for_another_thread() -> None:
    gate = Event()
    with ThreadPoolExecutor() as threads:
        with pytest.raises(TimeoutError):
            async with within(0.01):
                await outcome(threads.submit(gate.wait))
        gate.set()


async def test_work_that_blocks_is_done_beside_the_loop() -> None:
    gate = Event()

    async with anyio.create_task_group() as group:

        async def caller() -> None:
            assert await in_a_thread(lambda: gate.wait(60))

        group.start_soon(caller)
        await sleep(0)
        gate.set()

    with pytest.raises(ZeroDivisionError):
        await in_a_thread(lambda: 1 // 0)


async def test_what_has_happened_is_not_waited_for() -> None:
    landing = Landing()
    landing.tell()

    with anyio.fail_after(5):
        await landing.wait()
        await landing.wait()


async def test_a_block_has_so_much_time_and_no_more() -> None:
    with pytest.raises(TimeoutError):
        async with within(0.01):
            await anyio.sleep_forever()


async def test_a_block_that_is_done_in_time_goes_on() -> None:
    async with within(60):
        await sleep(0)


async def test_a_loop_is_the_same_as_itself() -> None:
    assert running_loop() is running_loop()


def test_two_loops_are_not_the_same() -> None:
    async def loop() -> object:
        return running_loop()

    loops = [asyncio.run(loop()), asyncio.run(loop()), trio.run(loop), trio.run(loop)]

    assert len({id(each) for each in loops}) == 4


def test_outside_of_a_loop_there_is_none() -> None:
    with pytest.raises(RuntimeError):
        running_loop()


def test_neither_is_imported_before_it_is_needed() -> None:
    program = "import sys, userpool.event_loops, userpool.line; print({'asyncio', 'trio', 'anyio'} & {*sys.modules})"

    printed = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, check=True, text=True
    ).stdout

    assert printed.strip() == "set()"


# ---- the SDK on both ----


def pool_of(transport: Any, **settings: Any) -> AsyncUserPool:
    return AsyncUserPool("us-east-1_aB12cDe34", "7ghr", transport=transport, **settings)


async def test_a_person_signs_in_and_is_renewed_on_both() -> None:
    effects = FixedEffects(now=NOON)
    transport = AsyncScriptedTransport(
        grants("alice", expires_epoch=NOON + 3600),
        # What may be repeated is repeated after a pause, which either loop has to make.
        refuses("InternalErrorException", status=500),
        grants("alice", expires_epoch=NOON + 7200),
        ALICE,
    )
    pool = pool_of(transport, effects=effects, retries=RetryPolicy(first_delay_seconds=0.001))
    step = await pool.sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    effects.advance(3600)

    assert await step.user.attributes() == {}

    assert transport.rest == 0
    assert step.user.tokens.expires_epoch == NOON + 7200


async def test_tasks_share_one_renewal_on_both() -> None:
    effects = FixedEffects(now=NOON)
    renewals = 0

    class Slow(AsyncScriptedTransport):
        async def send(self, request: Any, *, timeout: float) -> Any:
            nonlocal renewals
            reply = await super().send(request, timeout=timeout)
            if self.operations[-1] == "GetTokensFromRefreshToken":
                renewals += 1
                await anyio.sleep(0.01)
                return grants("alice", expires_epoch=NOON + 7200, refresh_token="r2")
            return reply

    transport = Slow(grants("alice", expires_epoch=NOON + 3600), otherwise=ALICE)
    step = await pool_of(transport, effects=effects).sign_in("alice", "pw", flow="USER_PASSWORD_AUTH")
    assert isinstance(step, SignedIn)
    effects.advance(3600)

    async with anyio.create_task_group() as group:
        for _ in range(8):
            group.start_soon(step.user.attributes)

    assert renewals == 1


async def test_a_call_ends_with_its_total_time_on_both() -> None:
    class Silent(AsyncScriptedTransport):
        async def send(self, request: Any, *, timeout: float) -> Any:
            await anyio.sleep_forever()

    pool = pool_of(Silent(), total_timeout_seconds=0.01)

    with pytest.raises(NoAnswerInTimeError):
        await pool.forgot_password("alice")


async def test_the_whole_way_over_http_is_the_same_on_both() -> None:
    with LocalPool() as local:
        pool = AsyncUserPool(local.user_pool_id, local.client_id, endpoint=local.endpoint)
        async with pool:
            await pool.sign_up("alice", "Correct-Horse-7-Staple", {"email": "alice@example.com"})
            await pool.confirm_sign_up("alice", local.inbox.latest("alice").code)
            step = await pool.sign_in("alice", "Correct-Horse-7-Staple")
            assert isinstance(step, SignedIn)
            before = step.user.tokens

            local.advance(seconds=3601)

            assert (await step.user.attributes())["email"] == "alice@example.com"
            assert step.user.tokens.access_token != before.access_token
            assert (await step.user.sign_out()).revoked


async def test_a_local_pool_can_be_used_on_both() -> None:
    with LocalPool() as local:
        pool = local.async_client()
        await pool.sign_up("alice", "Correct-Horse-7-Staple", {"email": "alice@example.com"})
        await pool.confirm_sign_up("alice", local.inbox.latest("alice").code)

        assert isinstance(await pool.sign_in("alice", "Correct-Horse-7-Staple"), SignedIn)


@pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
def test_one_pool_object_serves_one_loop_after_the_other() -> None:
    # The connections of the first are still open when it ends, as in a program that does not close its pool.
    with LocalPool() as local:
        joining = local.client()
        joining.sign_up("alice", "Correct-Horse-7-Staple", {"email": "alice@example.com"})
        joining.confirm_sign_up("alice", local.inbox.latest("alice").code)
        pool = AsyncUserPool(local.user_pool_id, local.client_id, endpoint=local.endpoint)

        step = asyncio.run(pool.sign_in("alice", "Correct-Horse-7-Staple"))
        assert isinstance(step, SignedIn)

        assert asyncio.run(step.user.attributes())["email"] == "alice@example.com"
        assert trio.run(step.user.attributes)["email"] == "alice@example.com"
        asyncio.run(pool.close())
    del pool, step
    # They are let go of here, and not in the middle of another test.
    gc.collect()
