"""The outbox: many messages, some of which can't leave, and several servers that could deliver the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.build import Server
from userpool.server.context import Context
from userpool.server.database.opening import open_database
from userpool.server.messages import outbox as outbox_module
from userpool.server.messages.outbox import Outbox
from userpool.server.records import Message

pytestmark = pytest.mark.anyio

Letter = Callable[..., Message]
Make = Callable[..., Any]
Names = Callable[[], Awaitable[list[str]]]
Promise = Callable[..., Awaitable[None]]
Until = Callable[[list[str]], Awaitable[None]]


async def test_messages_that_cannot_leave_do_not_stand_before_those_that_can(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "AT_ONCE", 3)
    monkeypatch.setattr(outbox_module, "MOST_IN_HAND", 4)
    postman = make_postman(refused=lambda name: name < "message-07")
    await promise(outbox_for(None), *(letter(number) for number in range(10)))

    outbox_for(postman).start()

    await until_waiting([f"message-{number:02d}" for number in range(7)])
    assert sorted(postman.delivered) == ["message-07", "message-08", "message-09"]


async def test_of_several_servers_one_delivers(
    context: Context,
    database_url: str,
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
) -> None:
    # What is in memory has one connection.
    databases = [context.database] * 3
    if database_url != "sqlite://":
        databases = [context.database, await open_database(database_url), await open_database(database_url)]
    postmen = [make_postman() for _ in databases]
    await promise(outbox_for(None), *(letter(number) for number in range(40)))

    outboxes = [outbox_for(who, database=where) for who, where in zip(postmen, databases, strict=True)]
    for outbox in outboxes:
        outbox.start()

    await until_waiting([])
    for outbox, where in zip(outboxes, databases, strict=True):
        await outbox.stop()
        if where is not context.database:
            await where.close()
    delivered = sorted(name for postman in postmen for name in postman.delivered)
    assert delivered == [f"message-{number:02d}" for number in range(40)]


async def test_another_server_leaves_alone_what_is_being_delivered(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
) -> None:
    slow, other = make_postman(), make_postman()
    slow.door.clear()
    first, second = outbox_for(slow), outbox_for(other)
    first.start()
    second.start()
    await promise(first, letter())
    await first.hand_over(letter())

    # Longer than a lease, which is renewed meanwhile.
    for _ in range(6):
        effects.advance(50)
        await asyncio.sleep(0.1)
    slow.door.set()

    await until_waiting([])
    assert (slow.delivered, other.tries) == (["message-01"], [])


async def test_what_a_server_that_died_had_is_delivered_by_another(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
) -> None:
    dead, other = make_postman(), make_postman()
    await promise(outbox_for(dead), letter())
    outbox_for(other).start()
    await asyncio.sleep(0.1)
    assert other.tries == []

    effects.advance(121)

    await until_waiting([])
    assert other.delivered == ["message-01"]


async def test_a_message_that_the_background_was_faster_with_is_not_delivered_again(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
) -> None:
    postman = make_postman(is_immediate=True)
    outbox = outbox_for(postman)
    late = letter()
    await promise(outbox, late)
    effects.advance(121)
    outbox.start()
    await until_waiting([])

    await outbox.hand_over(late)

    assert postman.delivered == ["message-01"]


async def test_a_message_that_was_handed_over_is_not_delivered_again_before_it_is_forgotten(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
) -> None:
    postman = make_postman(is_immediate=True)
    outbox = outbox_for(postman)
    await promise(outbox, letter(1), letter(2))
    await outbox.hand_over(letter(2))
    effects.advance(121)

    outbox.start()
    await until_waiting([])

    assert postman.delivered == ["message-02", "message-01"]


async def test_more_than_can_be_held_is_left_for_later(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "MOST_IN_HAND", 2)
    postman = make_postman()
    outbox: Outbox = outbox_for(postman)
    outbox.start()
    letters = [letter(number) for number in range(5)]
    await promise(outbox, *letters)

    postman.door.clear()
    for one in letters:
        await outbox.hand_over(one)
    postman.door.set()

    await until_waiting(["message-02", "message-03", "message-04"])
    effects.advance(121)
    await until_waiting([])
    assert len(postman.delivered) == 5


async def test_what_has_not_begun_to_leave_when_a_server_stops_is_anybodys_at_once(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "SLOTS", 1)
    slow, other = make_postman(), make_postman()
    slow.door.clear()
    first = outbox_for(slow)
    await promise(first, letter(1), letter(2))
    for number in (1, 2):
        await first.hand_over(letter(number))
    await asyncio.sleep(0)

    await first.stop()
    outbox_for(other).start()

    # The first one may have been taken: it is left until its lease has run out.
    await until_waiting(["message-01"])
    assert other.delivered == ["message-02"]


async def test_where_functions_alone_deliver_what_waits_is_read_when_there_is_a_reason(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
) -> None:
    postman = make_postman()
    postman.refused = lambda _: len(postman.tries) == 1
    outbox = outbox_for(None, CustomEmailSender=postman)
    outbox.start()
    theirs = letter(function="CustomEmailSender")
    await promise(outbox, theirs, letter(2))

    await outbox.hand_over(theirs)
    await asyncio.sleep(0.05)
    effects.advance(31)

    await until_waiting(["message-02"])
    assert postman.delivered == ["message-01"]


async def test_stopping_at_once_loses_nothing(
    server: Server, make_postman: Make, outbox_for: Make, promise: Promise, letter: Letter, waiting: Names
) -> None:
    delivered: list[str] = []

    async def live_briefly(number: int) -> None:
        postman = make_postman()
        outbox = outbox_for(postman)
        outbox.start()
        await promise(outbox, letter(number))
        await outbox.hand_over(letter(number))
        await asyncio.wait_for(outbox.stop(), 5)
        delivered.extend(postman.delivered)

    for number in range(20):
        await live_briefly(number)

    # An outbox that is stopped in the middle doesn't hang, and what it didn't deliver waits.
    assert sorted([*delivered, *await waiting()]) == [f"message-{number:02d}" for number in range(20)]


async def test_a_server_that_is_stopping_begins_nothing_new(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(outbox_module, "SLOTS", 1)
    postman = make_postman()
    postman.door.clear()
    outbox = outbox_for(postman)
    monkeypatch.setattr(outbox_module, "STOP_SECONDS", 5)
    await promise(outbox, letter(1), letter(2))
    for number in (1, 2):
        await outbox.hand_over(letter(number))
    await asyncio.sleep(0)

    stopping = asyncio.create_task(outbox.stop())
    await asyncio.sleep(0)
    postman.door.set()
    await stopping

    await until_waiting(["message-02"])
    assert postman.delivered == ["message-01"]
