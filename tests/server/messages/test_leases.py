"""Leases: which messages a server has, and what becomes of them when it loses them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.database.outbox import waiting_messages
from userpool.server.messages.leases import LEASE_MS, Leases, first_lease
from userpool.server.records import Message

pytestmark = pytest.mark.anyio

Letter = Callable[..., Message]
Names = Callable[[], Awaitable[list[str]]]

NAME = "message-01"


@pytest.fixture
async def waiting_letter(outbox_for: Any, promise: Callable[..., Awaitable[None]], letter: Letter) -> Message:
    """A message on which nobody has a lease."""
    one = letter()
    await promise(outbox_for(None), one)
    return one


@pytest.fixture
def leases(context: Context) -> Leases:
    """Those of a server."""
    return Leases(context.database, context.effects)


@pytest.fixture
def others(context: Context) -> Leases:
    """Those of another server."""
    return Leases(context.database, context.effects)


async def free(context: Context) -> list[str]:
    found = await waiting_messages(context.database.reader, 10, free_at_ms=context.now_ms)
    return [one.message_id for one in found]


async def test_one_server_gets_a_message(waiting_letter: Message, leases: Leases, others: Leases) -> None:
    assert await leases.claim([NAME]) == {NAME}

    assert await others.claim([NAME]) == set()
    assert await leases.claim([NAME]) == set()


async def test_a_first_lease_counts_for_a_while(
    letter: Letter, leases: Leases, effects: FixedEffects
) -> None:
    early, late = letter(1), letter(2)

    assert leases.take(early)
    assert not leases.take(early)
    effects.advance(LEASE_MS / 1000)
    assert not leases.take(late)
    assert first_lease(late) == late.created_ms + LEASE_MS


async def test_nothing_is_sent_under_a_lease_that_has_run_out(
    waiting_letter: Message, leases: Leases, effects: FixedEffects
) -> None:
    await leases.claim([NAME])

    effects.advance(LEASE_MS / 1000)

    assert not leases.begin(NAME)
    assert not leases.begin("never held")


async def test_a_renewed_lease_counts_longer(
    waiting_letter: Message, leases: Leases, others: Leases, effects: FixedEffects
) -> None:
    await leases.claim([NAME])

    for _ in range(4):
        effects.advance(LEASE_MS / 2000)
        await leases.renew()

    assert await others.claim([NAME]) == set()
    assert leases.begin(NAME)


async def test_a_message_that_another_server_has_by_now_is_not_sent(
    waiting_letter: Message, leases: Leases, others: Leases, effects: FixedEffects
) -> None:
    await leases.claim([NAME])
    effects.advance(LEASE_MS / 1000 + 1)
    assert await others.claim([NAME]) == {NAME}

    await leases.renew()

    assert not leases.begin(NAME)
    assert others.begin(NAME)


async def test_what_is_dropped_while_its_lease_is_renewed_stays_dropped(
    waiting_letter: Message, leases: Leases, effects: FixedEffects
) -> None:
    await leases.claim([NAME])
    effects.advance(LEASE_MS / 2000)

    renewing = asyncio.create_task(leases.renew())
    await asyncio.sleep(0)
    leases.drop(NAME)
    await renewing

    assert not leases.begin(NAME)


async def test_what_is_put_off_is_nobodys_until_then(
    waiting_letter: Message, leases: Leases, context: Context, effects: FixedEffects
) -> None:
    await leases.claim([NAME])

    await leases.put_off(NAME, until_ms=context.now_ms + 60_000)

    assert not leases.begin(NAME)
    effects.advance(60)
    assert await free(context) == []
    effects.advance(1)
    assert await free(context) == [NAME]


async def test_what_has_left_is_forgotten_when_it_is_settled(
    waiting_letter: Message, leases: Leases, waiting: Names
) -> None:
    await leases.claim([NAME])

    leases.finish(NAME)
    assert await waiting() == [NAME]
    await leases.settle()

    assert await waiting() == []


async def test_what_could_not_be_settled_is_settled_later(
    waiting_letter: Message,
    leases: Leases,
    context: Context,
    waiting: Names,
    effects: FixedEffects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    await leases.claim([NAME])
    leases.finish(NAME)

    async def fail(work: object) -> None:
        raise ConnectionError("away")

    with monkeypatch.context() as patched:
        patched.setattr(context.database, "write", fail)
        with pytest.raises(ConnectionError):
            await leases.settle()
    effects.advance(LEASE_MS / 1000 + 1)

    # It isn't delivered again from here, whatever its lease says.
    assert await leases.claim([NAME]) == set()
    await leases.settle()
    assert await waiting() == []


async def test_what_is_settled_is_settled_once(
    waiting_letter: Message, leases: Leases, context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    await leases.claim([NAME])
    leases.finish(NAME)
    await leases.settle()

    async def fail(work: object) -> None:
        raise ConnectionError("away")

    # The database isn't asked again.
    monkeypatch.setattr(context.database, "write", fail)
    await leases.settle()

    assert leases.begin(NAME) is False


async def test_what_was_not_begun_is_given_back(
    waiting_letter: Message, leases: Leases, context: Context
) -> None:
    await leases.claim([NAME])

    await leases.release()

    assert await free(context) == [NAME]


async def test_what_was_begun_is_left_to_run_out(
    waiting_letter: Message, leases: Leases, context: Context
) -> None:
    await leases.claim([NAME])
    leases.begin(NAME)

    await leases.release()

    assert await free(context) == []


async def test_what_is_dropped_is_left_to_run_out(
    waiting_letter: Message, leases: Leases, context: Context, effects: FixedEffects
) -> None:
    await leases.claim([NAME])

    leases.drop(NAME)

    assert not leases.begin(NAME)
    assert await free(context) == []
    effects.advance(LEASE_MS / 1000 + 1)
    assert await free(context) == [NAME]
