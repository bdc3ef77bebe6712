"""The inbox."""

from __future__ import annotations

import pytest

from userpool.server.messages import inbox as inbox_module
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Message

pytestmark = pytest.mark.anyio


def message(number: int) -> Message:
    return Message(
        message_id=str(number),
        pool_id="p",
        username="ann",
        sub="s",
        medium="EMAIL",
        destination="ann@example.com",
        kind="SignUp",
        code=f"{number:06d}",
        subject="",
        text="",
        created_ms=number,
    )


async def test_the_newest_message_comes_first() -> None:
    inbox = Inbox()

    await inbox.send(message(1))
    await inbox.send(message(2))

    assert [kept.message_id for kept in inbox.messages()] == ["2", "1"]


async def test_old_messages_make_room_for_new_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(inbox_module, "MOST_KEPT", 3)
    inbox = Inbox()

    for number in range(5):
        await inbox.send(message(number))

    assert [kept.message_id for kept in inbox.messages()] == ["4", "3", "2"]
