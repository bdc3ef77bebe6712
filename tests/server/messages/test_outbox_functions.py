"""The outbox: messages that a pool's custom sender takes leave at once, and nobody waits for them."""

from __future__ import annotations

import asyncio

import pytest

from userpool.effects import FixedEffects
from userpool.server.build import Server
from userpool.server.context import Context
from userpool.server.database.outbox import waiting_messages
from userpool.server.messages import outbox as outbox_module
from userpool.server.messages.outbox import Outbox
from userpool.server.messages.sender import Carrier, Sender
from userpool.server.records import Message

pytestmark = pytest.mark.anyio


class Slow:
    """Takes messages once it is let go; counts how often it was asked."""

    is_immediate = False

    def __init__(self, *, refusals: int = 0) -> None:
        self.go = asyncio.Event()
        self.asked = asyncio.Event()
        self.delivered = asyncio.Event()
        self.tries = 0
        self.refusals = refusals

    async def send(self, message: Message) -> None:
        assert message.function == "CustomEmailSender"
        self.tries += 1
        self.asked.set()
        await self.go.wait()
        if self.tries <= self.refusals:
            raise ConnectionError("the function can't be reached")
        self.delivered.set()


@pytest.fixture(autouse=True)
async def quiet(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the background hurry, and keep the server's own outbox from taking what is promised here."""
    await server.context.outbox.stop()
    monkeypatch.setattr(outbox_module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(outbox_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(outbox_module, "STOP_SECONDS", 0.02)


def outbox_for(context: Context, functions: Slow | None) -> Outbox:
    senders: dict[Carrier, Sender] = {} if functions is None else {"CustomEmailSender": functions}
    return Outbox(context.database, context.sealer, effects=context.effects, senders=senders)


def letter(context: Context) -> Message:
    return Message(
        message_id="message-1",
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
        function="CustomEmailSender",
    )


async def promised(context: Context, outbox: Outbox) -> Message:
    message = letter(context)
    await context.database.write(lambda transaction: outbox.promise(transaction, message))
    return message


async def waiting(context: Context) -> int:
    return len(await waiting_messages(context.database.reader, 100))


async def test_nobody_waits_for_the_function(context: Context) -> None:
    functions = Slow()
    outbox = outbox_for(context, functions)
    outbox.start()

    await outbox.hand_over(await promised(context, outbox))
    async with asyncio.timeout(10):
        await functions.asked.wait()
        assert await waiting(context) == 1
        functions.go.set()
        await functions.delivered.wait()
    await outbox.stop()

    assert (functions.tries, await waiting(context)) == (1, 0)


async def test_a_function_that_cannot_be_reached_is_tried_again_later(
    context: Context, effects: FixedEffects
) -> None:
    functions = Slow(refusals=1)
    functions.go.set()
    outbox = outbox_for(context, functions)
    outbox.start()

    await outbox.hand_over(await promised(context, outbox))
    async with asyncio.timeout(10):
        while not functions.delivered.is_set():
            effects.advance(60)
            await asyncio.sleep(0.01)
    await outbox.stop()

    assert (functions.tries, await waiting(context)) == (2, 0)


async def test_what_was_under_way_when_the_server_stopped_is_not_lost(context: Context) -> None:
    functions = Slow()
    outbox = outbox_for(context, functions)
    await outbox.hand_over(await promised(context, outbox))
    async with asyncio.timeout(10):
        await functions.asked.wait()

    await outbox.stop()

    assert await waiting(context) == 1


async def test_without_one_who_runs_functions_the_message_waits(context: Context) -> None:
    outbox = outbox_for(context, None)
    outbox.start()

    await outbox.hand_over(await promised(context, outbox))
    await outbox.stop()

    assert await waiting(context) == 1
