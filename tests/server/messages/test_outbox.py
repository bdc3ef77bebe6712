"""The outbox: nothing is told before it is true, and nothing that was promised is forgotten."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.database.outbox import add_message, waiting_messages
from userpool.server.messages.outbox import Outbox
from userpool.server.messages.sender import DeliveryFailedError, MessageRefusedError
from userpool.server.records import Message

pytestmark = pytest.mark.anyio

Letter = Callable[..., Message]
Make = Callable[..., Any]
Names = Callable[[], Awaitable[list[str]]]
Promise = Callable[..., Awaitable[None]]
Until = Callable[[list[str]], Awaitable[None]]


async def test_an_immediate_sender_has_the_message_before_the_caller_is_answered(
    make_postman: Make, outbox_for: Make, promise: Promise, letter: Letter
) -> None:
    postman = make_postman(is_immediate=True)
    outbox = outbox_for(postman)

    await promise(outbox, letter())
    await outbox.hand_over(letter())

    assert postman.delivered == ["message-01"]


async def test_a_message_of_a_transaction_that_failed_was_never_promised(
    context: Context, make_postman: Make, outbox_for: Make, waiting: Names, letter: Letter
) -> None:
    outbox: Outbox = outbox_for(make_postman())

    async def fail(transaction: Any) -> None:
        await outbox.promise(transaction, letter())
        raise LookupError("changed our mind")

    with pytest.raises(LookupError):
        await context.database.write(fail)

    assert await waiting() == []


@pytest.mark.parametrize("is_immediate", [True, False])
async def test_a_message_that_has_left_is_forgotten(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    *,
    is_immediate: bool,
) -> None:
    postman = make_postman(is_immediate=is_immediate)
    outbox = outbox_for(postman)
    outbox.start()

    await promise(outbox, letter())
    await outbox.hand_over(letter())

    await until_waiting([])
    assert postman.delivered == ["message-01"]


@pytest.mark.parametrize("is_immediate", [True, False])
@pytest.mark.parametrize("error", [ConnectionError("away"), DeliveryFailedError("away")])
async def test_a_message_that_could_not_be_delivered_is_tried_again(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
    caplog: pytest.LogCaptureFixture,
    error: Exception,
    *,
    is_immediate: bool,
) -> None:
    postman = make_postman(is_immediate=is_immediate, error=error)
    postman.refused = lambda _: len(postman.tries) == 1
    outbox = outbox_for(postman)
    outbox.start()
    await promise(outbox, letter())
    await outbox.hand_over(letter())
    await until_tried(postman, 1)

    effects.advance(31)

    await until_waiting([])
    assert postman.delivered == ["message-01"]
    assert "could not be delivered and is tried again" in caplog.text
    assert "481516" not in caplog.text


async def test_the_pauses_between_tries_grow(
    make_postman: Make, outbox_for: Make, promise: Promise, letter: Letter, effects: FixedEffects
) -> None:
    postman = make_postman(refused=lambda _: True)
    outbox = outbox_for(postman)
    outbox.start()
    await promise(outbox, letter())
    await outbox.hand_over(letter())

    for tries, pause in enumerate([31, 32, 64, 128, 256], start=1):
        await until_tried(postman, tries)
        effects.advance(pause - 2)
        await asyncio.sleep(0.05)
        assert len(postman.tries) == tries
        effects.advance(2)

    await until_tried(postman, 6)


async def test_a_message_that_is_refused_for_good_is_given_up(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    postman = make_postman(refused=lambda _: True, error=MessageRefusedError("nobody lives there"))
    outbox = outbox_for(postman)
    outbox.start()
    await promise(outbox, letter())

    await outbox.hand_over(letter())

    await until_waiting([])
    assert postman.tries == ["message-01"]
    assert "a message is given up: nobody lives there" in caplog.text


@pytest.mark.parametrize(
    ("kind", "minutes"), [("Authentication", 15), ("ForgotPassword", 60), ("SignUp", 24 * 60)]
)
async def test_what_can_no_longer_be_used_is_not_sent(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
    kind: str,
    minutes: int,
) -> None:
    await promise(outbox_for(None), letter(1, kind=kind))
    effects.advance(2)
    await promise(outbox_for(None), letter(2, kind=kind))
    effects.advance(minutes * 60 - 1)
    postman = make_postman()

    outbox_for(postman).start()

    await until_waiting([])
    assert postman.delivered == ["message-02"]


async def test_what_was_promised_before_a_crash_is_delivered_after_it(
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    effects: FixedEffects,
) -> None:
    await promise(outbox_for(make_postman()), letter())
    postman = make_postman()
    effects.advance(121)

    outbox_for(postman).start()

    await until_waiting([])
    assert postman.delivered == ["message-01"]


async def test_without_a_sender_messages_wait(
    outbox_for: Make, promise: Promise, letter: Letter, waiting: Names
) -> None:
    outbox = outbox_for(None)
    outbox.start()

    await promise(outbox, letter())
    await outbox.hand_over(letter())
    await outbox.stop()

    assert await waiting() == ["message-01"]


async def test_a_medium_without_a_sender_waits_while_another_has_one(
    make_postman: Make, outbox_for: Make, promise: Promise, letter: Letter, until_waiting: Until
) -> None:
    mail = make_postman()
    outbox = outbox_for(None, EMAIL=mail)
    outbox.start()
    letters = [letter(1, medium="SMS"), letter(2)]

    await promise(outbox, *letters)
    for one in letters:
        await outbox.hand_over(one)

    await until_waiting(["message-01"])
    assert mail.delivered == ["message-02"]


async def test_what_is_for_another_medium_is_left_to_whoever_has_it(
    make_postman: Make, outbox_for: Make, promise: Promise, letter: Letter, until_waiting: Until
) -> None:
    mail, gateway = make_postman(), make_postman()
    await promise(outbox_for(None), letter(1, medium="SMS"), letter(2))

    outbox_for(None, EMAIL=mail).start()
    await until_waiting(["message-01"])
    outbox_for(None, SMS=gateway).start()
    await until_waiting([])

    assert (mail.delivered, gateway.delivered) == (["message-02"], ["message-01"])


async def test_a_waiting_message_cannot_be_read_in_the_database(
    context: Context, outbox_for: Make, promise: Promise, letter: Letter
) -> None:
    await promise(outbox_for(None), letter())

    ((_, body, _),) = await waiting_messages(context.database.reader, 10)
    assert b"481516" not in body
    assert b"ann@example.com" not in body


async def test_a_message_that_was_tampered_with_is_left_and_others_leave(
    context: Context,
    make_postman: Make,
    outbox_for: Make,
    promise: Promise,
    letter: Letter,
    until_waiting: Until,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await context.database.write(
        lambda transaction: add_message(transaction, "broken", created_ms=0, body_sealed=b"\x01garbage")
    )
    await promise(outbox_for(None), letter())
    postman = make_postman()

    outbox_for(postman).start()

    await until_waiting(["broken"])
    assert postman.delivered == ["message-01"]
    assert caplog.text.count("can't be read") == 1


async def until_tried(postman: Any, times: int) -> None:
    for _ in range(500):
        if len(postman.tries) >= times:
            # What follows the try is noted.
            await asyncio.sleep(0.02)
            return
        await asyncio.sleep(0.01)
    pytest.fail(f"it was tried {len(postman.tries)} times in five seconds")
