"""A sender that does as it is told, a message, and outboxes of a test's own.

Fixtures:

- `make_postman`: `make_postman(is_immediate=False, refused=lambda message_id: ...)` makes a sender; `delivered` lists
  the ids of what it took.
- `letter`: `letter(3, medium="SMS", ...)` makes a message.
- `outbox_for`: `outbox_for(postman)` makes an outbox on the database of the test that hands everything to this sender
  (None: to nobody); `database=` gives it a connection of its own. The server's own has been stopped, and the background
  hurries. Those that a test has started are stopped at its end.
- `promise`: `await promise(outbox, *letters)` writes messages down.
- `waiting`: `await waiting()` lists the ids of the messages that have not left.
- `until_waiting`: `await until_waiting([...])` waits until these messages, and no others, have not left.
- `settings_for`: `settings_for(smtp_url=..., ...)` are settings without development mode.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest

from userpool.server.build import Server
from userpool.server.context import Context
from userpool.server.database.outbox import waiting_messages
from userpool.server.database.query import Database
from userpool.server.messages import outbox as outbox_module
from userpool.server.messages.outbox import Outbox
from userpool.server.records import Message


class Postman:
    """Takes messages, save those that it has been told to refuse."""

    def __init__(
        self,
        *,
        is_immediate: bool = False,
        refused: Callable[[str], bool] = lambda _: False,
        error: Exception | None = None,
    ) -> None:
        self.is_immediate = is_immediate
        self.refused = refused
        self.error = error or ConnectionError("nobody opens")
        self.delivered: list[str] = []
        self.tries: list[str] = []
        self.door = asyncio.Event()
        self.door.set()

    async def send(self, message: Message) -> None:
        self.tries.append(message.message_id)
        await self.door.wait()
        if self.refused(message.message_id):
            raise self.error
        self.delivered.append(message.message_id)


@pytest.fixture
def make_postman() -> Callable[..., Any]:
    return Postman


@pytest.fixture
def letter(context: Context) -> Callable[..., Message]:
    def make(number: int = 1, **members: Any) -> Message:
        usual: dict[str, Any] = {
            "message_id": f"message-{number:02d}",
            "pool_id": "p",
            "username": "ann",
            "sub": "s",
            "medium": "EMAIL",
            "destination": "ann@example.com",
            "kind": "SignUp",
            "code": "481516",
            "subject": "",
            "text": "Your confirmation code is 481516",
            "created_ms": context.now_ms,
        }
        return Message(**{**usual, **members})

    return make


@pytest.fixture
async def outbox_for(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Callable[..., Outbox]]:
    await server.context.outbox.stop()
    monkeypatch.setattr(outbox_module, "GATHER_SECONDS", 0.01)
    monkeypatch.setattr(outbox_module, "RETRY_SECONDS", 0.02)
    monkeypatch.setattr(outbox_module, "RENEW_SECONDS", 0.02)
    monkeypatch.setattr(outbox_module, "STOP_SECONDS", 0.05)
    context, made = server.context, []

    def make(postman: Any, *, database: Database = context.database, **others: Any) -> Outbox:
        usual = {} if postman is None else {"EMAIL": postman, "SMS": postman}
        made.append(Outbox(database, context.sealer, effects=context.effects, senders={**usual, **others}))
        return made[-1]

    yield make
    for outbox in made:
        await outbox.stop()


@pytest.fixture
def promise(context: Context) -> Callable[..., Awaitable[None]]:
    async def write(outbox: Outbox, *letters: Message) -> None:
        for one in letters:
            await context.database.write(
                lambda transaction, one=one: outbox.promise(transaction, one)  # type: ignore[misc]
            )

    return write


@pytest.fixture
def waiting(context: Context) -> Callable[[], Awaitable[list[str]]]:
    async def names() -> list[str]:
        return [found.message_id for found in await waiting_messages(context.database.reader, 100)]

    return names


@pytest.fixture
def until_waiting(waiting: Callable[[], Awaitable[list[str]]]) -> Callable[[list[str]], Awaitable[None]]:
    async def wait(wanted: list[str]) -> None:
        for _ in range(500):
            if await waiting() == wanted:
                return
            await asyncio.sleep(0.01)
        pytest.fail(f"it did not happen in five seconds: {await waiting()}")

    return wait


@pytest.fixture
def settings_for(database_url: str, tmp_path: Any) -> Callable[..., Any]:
    from userpool.server.settings import Settings

    def make(**members: Any) -> Settings:
        return Settings(database_url=database_url, seal_key_file=str(tmp_path / "seal.key"), **members)

    return make
