"""What has expired is forgotten, and nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server import sweeping
from userpool.server.context import Context
from userpool.server.database import expiry
from userpool.server.database.credentials import attempts_of, code_of, put_attempts, put_code
from userpool.server.database.outbox import add_message, waiting_messages
from userpool.server.database.sessions import put_session, session_by_id, spend
from userpool.server.records import Attempts, Code, Session
from userpool.server.sweeping import Sweeper

pytestmark = pytest.mark.anyio

Write = Callable[[Any], Awaitable[None]]


def sub(number: int) -> str:
    return f"{number:08d}-0000-4000-8000-000000000000"


async def leave_traces(context: Context, number: int) -> None:
    """Write a row of everything that expires in an hour, save counts, which are kept a day."""
    later = context.now_ms + 3_600_000

    async def write(transaction: Any) -> None:
        await put_code(transaction, sub(number), "sign_up", code=Code(digest="d"), expires_ms=later)
        session = Session(
            session_id="s",
            sub=sub(number),
            client_id="c",
            auth_time_ms=0,
            expires_ms=later,
            refresh_digest="d",
        )
        await put_session(transaction, session)
        await spend(transaction, f"spent-{number}", expires_ms=later)
        counted = Attempts(failures=1, since_ms=context.now_ms)
        await put_attempts(transaction, sub(number), "password", counted=counted)

    await context.database.write(write)


async def test_what_has_expired_is_forgotten(context: Context, effects: FixedEffects) -> None:
    await leave_traces(context, 1)
    effects.advance(3_601)

    forgotten = await Sweeper(context.database, effects).sweep()

    reader = context.database.reader
    assert forgotten == 3
    assert await code_of(reader, sub(1), "sign_up") is None
    assert await session_by_id(reader, sub(1), "s") is None
    assert await attempts_of(reader, sub(1), "password") is not None


async def test_what_has_not_expired_stays(context: Context, effects: FixedEffects) -> None:
    await leave_traces(context, 1)
    effects.advance(3_599)

    assert await Sweeper(context.database, effects).sweep() == 0
    assert await session_by_id(context.database.reader, sub(1), "s") is not None


async def test_counts_are_kept_for_a_day(context: Context, effects: FixedEffects) -> None:
    await leave_traces(context, 1)
    effects.advance(86_401)

    await Sweeper(context.database, effects).sweep()

    assert await attempts_of(context.database.reader, sub(1), "password") is None


async def test_a_table_is_worked_through_slice_by_slice_and_then_again(
    context: Context, effects: FixedEffects, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(expiry, "SLICE_ROWS", 2)
    for number in range(5):
        await leave_traces(context, number)
    sweeper = Sweeper(context.database, effects)
    assert await sweeper.sweep() == 0
    effects.advance(3_601)

    forgotten = [await sweeper.sweep() for _ in range(4)]

    assert sum(forgotten) == 15
    assert forgotten[0] == 6
    for number in range(5):
        assert await session_by_id(context.database.reader, sub(number), "s") is None


async def test_a_row_that_was_written_anew_meanwhile_stays(context: Context, effects: FixedEffects) -> None:
    await leave_traces(context, 1)
    effects.advance(3_601)
    codes = next(table for table in expiry.EXPIRING if table.name == "codes")
    expired, _ = await expiry.expired_in_slice(
        context.database.reader, codes, after=None, now_ms=context.now_ms
    )
    await leave_traces(context, 1)

    await context.database.write(lambda transaction: expiry.forget_expired(transaction, codes, expired))

    assert await code_of(context.database.reader, sub(1), "sign_up") is not None


async def test_the_background_survives_a_database_that_is_away(
    context: Context, effects: FixedEffects, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(sweeping, "PAUSE_SECONDS", 0.01)
    await leave_traces(context, 1)
    effects.advance(3_601)
    sweeper = Sweeper(context.database, effects)
    failures = iter([ConnectionError("away"), ConnectionError("away")])
    sweep = sweeper.sweep

    async def sometimes() -> int:
        for failure in failures:
            raise failure
        return await sweep()

    monkeypatch.setattr(sweeper, "sweep", sometimes)
    sweeper.start()
    for _ in range(300):
        if await session_by_id(context.database.reader, sub(1), "s") is None:
            break
        await asyncio.sleep(0.01)
    await sweeper.stop()

    assert await session_by_id(context.database.reader, sub(1), "s") is None
    assert caplog.text.count("could not be swept") == 2


async def test_messages_that_nobody_could_deliver_for_a_week_are_given_up(
    context: Context, effects: FixedEffects, caplog: pytest.LogCaptureFixture
) -> None:
    await context.database.write(
        lambda transaction: add_message(
            transaction, "m", created_ms=context.now_ms, body_sealed=b"", leased_until_ms=2**60
        )
    )
    sweeper = Sweeper(context.database, effects)
    effects.advance(7 * 86_400)
    await sweeper.sweep()
    assert len(await waiting_messages(context.database.reader, 10)) == 1

    effects.advance(1)
    await sweeper.sweep()

    assert await waiting_messages(context.database.reader, 10) == []
    assert "1 messages are given up" in caplog.text
