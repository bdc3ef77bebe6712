"""The outbox: nothing is told before it is true, and nothing that was promised is forgotten."""

from __future__ import annotations

import asyncio

import pytest

from userpool.server.build import Server
from userpool.server.context import Context
from userpool.server.database.outbox import waiting_messages
from userpool.server.messages import outbox as outbox_module
from userpool.server.messages.outbox import Outbox
from userpool.server.records import Message

pytestmark = pytest.mark.anyio


class Postman:
    """Takes messages, after having refused some."""

    def __init__(self, *, is_immediate: bool, refusals: int = 0) -> None:
        self.is_immediate = is_immediate
        self.refusals = refusals
        self.delivered: list[str] = []

    async def send(self, message: Message) -> None:
        if self.refusals:
            self.refusals -= 1
            raise ConnectionError("the letter box is closed")
        self.delivered.append(message.message_id)


@pytest.fixture(autouse=True)
async def quiet(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the background hurry, and keep the server's own outbox from taking what is promised here."""
    await server.context.outbox.stop()
    monkeypatch.setattr(outbox_module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(outbox_module, "RETRY_SECONDS", 0.02)


def message(context: Context, number: int = 1) -> Message:
    return Message(
        message_id=f"message-{number}",
        pool_id="p",
        username="ann",
        sub="s",
        medium="EMAIL",
        destination="ann@example.com",
        kind="SignUp",
        code="481516",
        subject="",
        text="Your confirmation code is 481516",
        created_ms=context.now_ms,
    )


def outbox_for(context: Context, sender: Postman | None) -> Outbox:
    return Outbox(context.database, context.sealer, sender)


async def waiting(context: Context) -> list[str]:
    return [found.message_id for found in await waiting_messages(context.database.reader, 100)]


async def until(condition: object) -> None:
    """Wait for a coroutine function to return something true."""
    for _ in range(300):
        if await condition():  # type: ignore[operator]
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen in three seconds")


async def test_an_immediate_sender_has_the_message_before_the_caller_is_answered(context: Context) -> None:
    postman = Postman(is_immediate=True)
    outbox = outbox_for(context, postman)
    letter = message(context)

    await context.database.write(lambda transaction: outbox.promise(transaction, letter))
    await outbox.hand_over(letter)

    assert postman.delivered == ["message-1"]


async def test_a_message_of_a_transaction_that_failed_was_never_promised(context: Context) -> None:
    postman = Postman(is_immediate=False)
    outbox = outbox_for(context, postman)

    async def fail(transaction: object) -> None:
        await outbox.promise(transaction, message(context))  # type: ignore[arg-type]
        raise LookupError("changed our mind")

    with pytest.raises(LookupError):
        await context.database.write(fail)

    assert await waiting(context) == []


async def test_a_slow_sender_gets_the_message_in_the_background_and_it_is_forgotten_then(
    context: Context,
) -> None:
    postman = Postman(is_immediate=False)
    outbox = outbox_for(context, postman)
    outbox.start()
    letter = message(context)

    await context.database.write(lambda transaction: outbox.promise(transaction, letter))
    await outbox.hand_over(letter)

    async def is_gone() -> bool:
        return postman.delivered == ["message-1"] and await waiting(context) == []

    await until(is_gone)
    await outbox.stop()


@pytest.mark.parametrize("is_immediate", [True, False])
async def test_a_message_that_could_not_be_delivered_is_tried_again(
    context: Context, caplog: pytest.LogCaptureFixture, *, is_immediate: bool
) -> None:
    postman = Postman(is_immediate=is_immediate, refusals=2)
    outbox = outbox_for(context, postman)
    outbox.start()
    letter = message(context)

    await context.database.write(lambda transaction: outbox.promise(transaction, letter))
    await outbox.hand_over(letter)

    async def is_delivered() -> bool:
        return postman.delivered == ["message-1"]

    await until(is_delivered)
    await outbox.stop()
    assert "481516" not in caplog.text


async def test_what_was_promised_before_a_crash_is_delivered_after_it(context: Context) -> None:
    before = outbox_for(context, None)
    await context.database.write(lambda transaction: before.promise(transaction, message(context)))

    postman = Postman(is_immediate=False)
    after = outbox_for(context, postman)
    after.start()

    async def is_delivered() -> bool:
        return postman.delivered == ["message-1"]

    await until(is_delivered)
    await after.stop()


async def test_without_a_sender_messages_wait(context: Context) -> None:
    outbox = outbox_for(context, None)
    outbox.start()
    letter = message(context)

    await context.database.write(lambda transaction: outbox.promise(transaction, letter))
    await outbox.hand_over(letter)
    await outbox.stop()

    assert await waiting(context) == ["message-1"]


async def test_a_waiting_message_cannot_be_read_in_the_database(context: Context) -> None:
    outbox = outbox_for(context, None)

    await context.database.write(lambda transaction: outbox.promise(transaction, message(context)))

    ((_, body, _),) = await waiting_messages(context.database.reader, 10)
    assert b"481516" not in body
    assert b"ann@example.com" not in body


async def test_a_message_that_was_tampered_with_is_left_and_others_leave(
    context: Context, caplog: pytest.LogCaptureFixture
) -> None:
    from userpool.server.database.outbox import add_message

    postman = Postman(is_immediate=False)
    outbox = outbox_for(context, postman)

    async def write(transaction: object) -> None:
        await add_message(transaction, "broken", created_ms=0, body_sealed=b"\x01garbage")  # type: ignore[arg-type]
        await outbox.promise(transaction, message(context))  # type: ignore[arg-type]

    await context.database.write(write)
    outbox.start()

    async def is_delivered() -> bool:
        return postman.delivered == ["message-1"]

    await until(is_delivered)
    await outbox.stop()
    assert "can't be read" in caplog.text


async def test_stopping_at_once_loses_nothing(server: Server) -> None:
    async def live_briefly(number: int) -> None:
        outbox = outbox_for(server.context, Postman(is_immediate=False))
        outbox.start()
        letter = message(server.context, number)
        await server.context.database.write(lambda transaction: outbox.promise(transaction, letter))
        await outbox.hand_over(letter)
        await asyncio.wait_for(outbox.stop(), 5)

    for number in range(20):
        await live_briefly(number)

    # An outbox that is stopped in the middle doesn't hang, and what it didn't deliver waits.
    assert set(await waiting(server.context)) <= {f"message-{number}" for number in range(20)}
