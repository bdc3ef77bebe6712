"""The outbox: many messages, some of which can't leave, and two who want to deliver the same one."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import pytest

from userpool.server.build import Server
from userpool.server.context import Context
from userpool.server.database.outbox import waiting_messages
from userpool.server.messages import outbox as outbox_module
from userpool.server.messages.outbox import Outbox
from userpool.server.records import Message

pytestmark = pytest.mark.anyio


class Postman:
    """Takes messages, save those that it has been told to refuse."""

    def __init__(self, *, is_immediate: bool, refused: Callable[[str], bool] = lambda _: False) -> None:
        self.is_immediate = is_immediate
        self.refused = refused
        self.delivered: list[str] = []

    async def send(self, message: Message) -> None:
        if self.refused(message.message_id):
            raise ConnectionError("nobody lives there")
        self.delivered.append(message.message_id)


@pytest.fixture(autouse=True)
async def quiet(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the background hurry, and keep the server's own outbox from taking what is promised here."""
    await server.context.outbox.stop()
    monkeypatch.setattr(outbox_module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(outbox_module, "RETRY_SECONDS", 0.02)


def letter(context: Context, number: int = 1) -> Message:
    return Message(
        message_id=f"message-{number:02d}",
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


async def waiting(context: Context) -> list[str]:
    return [found.message_id for found in await waiting_messages(context.database.reader, 100)]


async def until_waiting(context: Context, wanted: list[str]) -> None:
    """Wait until these messages, and no others, have not left."""
    for _ in range(300):
        if await waiting(context) == wanted:
            return
        await asyncio.sleep(0.01)
    pytest.fail("it did not happen in three seconds")


async def promise(context: Context, outbox: Outbox, *letters: Message) -> None:
    for one in letters:
        await context.database.write(
            lambda transaction, one=one: outbox.promise(transaction, one)  # type: ignore[misc]
        )


async def test_messages_that_cannot_leave_do_not_stand_before_those_that_can(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "AT_ONCE", 3)
    postman = Postman(is_immediate=False, refused=lambda name: name < "message-07")
    outbox = Outbox(context.database, context.sealer, postman)
    await promise(context, outbox, *(letter(context, number) for number in range(10)))

    outbox.start()

    await until_waiting(context, [f"message-{number:02d}" for number in range(7)])
    await outbox.stop()
    assert postman.delivered == ["message-07", "message-08", "message-09"]


async def test_a_message_that_the_background_was_faster_with_is_not_delivered_again(context: Context) -> None:
    postman = Postman(is_immediate=True)
    outbox = Outbox(context.database, context.sealer, postman)
    await promise(context, outbox, letter(context))
    outbox.start()
    await until_waiting(context, [])

    await outbox.hand_over(letter(context))
    await outbox.stop()

    assert postman.delivered == ["message-01"]


async def test_a_message_that_was_handed_over_is_not_delivered_again_before_it_is_forgotten(
    context: Context,
) -> None:
    postman = Postman(is_immediate=True)
    outbox = Outbox(context.database, context.sealer, postman)
    await promise(context, outbox, letter(context, 1), letter(context, 2))
    await outbox.hand_over(letter(context, 2))

    outbox.start()
    await until_waiting(context, [])
    await outbox.stop()

    assert postman.delivered == ["message-02", "message-01"]


async def test_a_long_life_is_not_remembered_for_ever(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outbox_module, "MOST_REMEMBERED", 2)
    postman = Postman(is_immediate=True)
    outbox = Outbox(context.database, context.sealer, postman)

    for number in (1, 2, 3, 1):
        await outbox.hand_over(letter(context, number))

    assert postman.delivered == [f"message-0{number}" for number in (1, 2, 3, 1)]
