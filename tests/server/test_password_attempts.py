"""Attempts to prove a password, counted on one lock."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from msgspec.structs import replace

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.password_attempts import (
    are_codes_locked_out,
    count_code,
    forget_failures,
    is_locked_out,
    judge_attempt,
)
from userpool.server.records import Pool, User
from userpool.server.roster import change, enrol

pytestmark = pytest.mark.anyio

SUB = "34c84488-e0e1-40ae-92ee-991ad1a898c8"


@pytest.fixture
async def pool(context: Context, make_pool: Callable[..., Awaitable[Pool]]) -> Pool:
    """A pool with Ann."""
    pool = await make_pool()
    await context.database.write(lambda transaction: enrol(transaction, pool, user(pool), taken="taken"))
    return pool


async def test_a_proved_password_gives_the_user(context: Context, pool: Pool) -> None:
    judged = await attempt(context, proved=True)

    assert judged.refused is None
    assert judged.user is not None
    assert judged.user.sub == SUB


async def test_the_fifth_failure_locks_and_the_right_password_too_is_refused(
    context: Context, pool: Pool, effects: FixedEffects
) -> None:
    assert [(await attempt(context, proved=False)).refused for _ in range(5)] == ["wrong password"] * 5
    assert await is_locked_out(context, SUB)

    assert (await attempt(context, proved=True)).refused == "locked"

    effects.advance(1)
    assert not await is_locked_out(context, SUB)
    assert (await attempt(context, proved=True)).user is not None


async def test_attempts_during_a_lock_do_not_lengthen_it(
    context: Context, pool: Pool, effects: FixedEffects
) -> None:
    for _ in range(25):
        await attempt(context, proved=False)

    effects.advance(1)

    assert (await attempt(context, proved=True)).user is not None


async def test_a_success_starts_the_count_anew(context: Context, pool: Pool) -> None:
    for _ in range(4):
        await attempt(context, proved=False)
    await attempt(context, proved=True)
    for _ in range(4):
        await attempt(context, proved=False)

    assert not await is_locked_out(context, SUB)


async def test_guesses_sent_at_once_are_judged_one_after_another(context: Context, pool: Pool) -> None:
    judged = await asyncio.gather(*(attempt(context, proved=False) for _ in range(20)))

    outcomes = [judgement.refused for judgement in judged]
    assert outcomes.count("wrong password") == 5
    assert outcomes.count("locked") == 15


async def test_nobody_is_locked_like_somebody(context: Context, pool: Pool) -> None:
    other = "00000000-0000-4000-8000-000000000000"
    for _ in range(5):
        assert (await attempt(context, sub=other, exists=False, proved=False)).refused == "wrong password"

    assert (await attempt(context, sub=other, exists=False, proved=True)).refused == "locked"


async def test_a_disabled_user_is_counted_too(context: Context, pool: Pool) -> None:
    disabled = replace(user(pool), enabled=False)
    await context.database.write(lambda transaction: change(transaction, pool, user(pool), disabled))

    assert [(await attempt(context, proved=True)).refused for _ in range(6)] == [*["disabled"] * 5, "locked"]


async def test_a_new_password_lifts_the_lock(context: Context, pool: Pool) -> None:
    for _ in range(5):
        await attempt(context, proved=False)

    await context.database.write(lambda transaction: forget_failures(transaction, SUB))

    assert not await is_locked_out(context, SUB)
    assert (await attempt(context, proved=True)).user is not None


async def test_wrong_codes_lock_codes_and_not_passwords(
    context: Context, pool: Pool, effects: FixedEffects
) -> None:
    for _ in range(5):
        await code(context, proved=False)

    assert await codes_are_locked(context)
    assert not await is_locked_out(context, SUB)
    effects.advance(1)
    assert not await codes_are_locked(context)


async def test_a_right_password_does_not_begin_the_count_of_codes_anew_and_a_right_code_does(
    context: Context, pool: Pool
) -> None:
    for _ in range(4):
        await code(context, proved=False)
    await attempt(context, proved=True)
    await code(context, proved=True)
    for _ in range(4):
        await code(context, proved=False)
    await attempt(context, proved=True)

    assert not await codes_are_locked(context)
    await code(context, proved=False)
    assert await codes_are_locked(context)


async def code(context: Context, *, proved: bool) -> None:
    """Count a code."""
    await context.database.write(lambda transaction: count_code(context, transaction, SUB, proved=proved))


async def codes_are_locked(context: Context) -> bool:
    """Ask for the lock."""
    return await context.database.write(lambda transaction: are_codes_locked_out(context, transaction, SUB))


async def attempt(context: Context, *, proved: bool, sub: str = SUB, exists: bool = True) -> Any:
    """Judge an attempt."""
    return await context.database.write(
        lambda transaction: judge_attempt(context, transaction, sub, exists=exists, proved=proved)
    )


def user(pool: Pool) -> User:
    """Return Ann."""
    return User(
        sub=SUB, pool_id=pool.pool_id, username="ann", status="CONFIRMED", created_ms=0, modified_ms=0
    )
