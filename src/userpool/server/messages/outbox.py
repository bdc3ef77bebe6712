"""The outbox: a message is promised within the transaction that makes it due, and leaves after the commit.

A message that could not leave stays and is tried again; a crash between commit and delivery loses none (it may be
delivered twice instead).
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Protocol

import msgspec

from userpool.server.database.outbox import add_message, delete_messages, waiting_messages
from userpool.server.records import Message
from userpool.server.sealing import UnsealError

if TYPE_CHECKING:
    from userpool.server.database.query import Database, Transaction
    from userpool.server.sealing import Sealer

PURPOSE = "message"
AT_ONCE = 100
MOST_REMEMBERED = 10_000
GATHER_SECONDS = 0.5
RETRY_SECONDS = 30.0

log = logging.getLogger("userpool.messages")


class Sender(Protocol):
    """Takes messages to people."""

    @property
    def is_immediate(self) -> bool:
        """Whether sending takes no time worth mentioning, so that a request may wait for it."""
        ...

    async def send(self, message: Message) -> None:
        """Deliver a message; raise to have it tried again."""
        ...


class Outbox:
    """Keeps messages until a sender has taken them."""

    def __init__(self, database: Database, sealer: Sealer, sender: Sender | None) -> None:
        """Take where messages wait and who delivers them; without a sender they wait."""
        self._database = database
        self._sealer = sealer
        self._sender = sender
        self._delivered: list[str] = []
        self._lately: dict[str, None] = {}
        self._wake = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def promise(self, transaction: Transaction, message: Message) -> None:
        """Write a message down; it leaves after the transaction's commit (`hand_over`)."""
        sealed = self._sealer.seal(PURPOSE, msgspec.json.encode(message), context=message.message_id)
        await add_message(transaction, message.message_id, created_ms=message.created_ms, body_sealed=sealed)

    async def hand_over(self, message: Message) -> None:
        """Let a message leave whose promise has been committed: now, or in the background if that takes time."""
        sender = self._sender
        # The background may have found it between the commit and now.
        if sender is not None and sender.is_immediate and message.message_id not in self._lately:
            await self._send(sender, message)
        self._wake.set()

    def start(self) -> None:
        """Begin to deliver in the background what waits, also from before."""
        if self._sender is not None:
            self._wake.set()
            self._task = asyncio.get_running_loop().create_task(self._work(self._sender))

    async def stop(self) -> None:
        """Stop, and forget what has been delivered."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None
        await self._forget_delivered()

    async def _work(self, sender: Sender) -> None:
        while True:
            # Not `wait_for`: before Python 3.12 it loses a cancellation that comes as the event is set.
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS):
                    await self._wake.wait()
            # Forgetting needs no commit of its own for each message.
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            try:
                await self._deliver_waiting(sender)
            except Exception:
                log.exception("the outbox could not be worked off; trying again")

    async def _deliver_waiting(self, sender: Sender) -> None:
        await self._forget_delivered()
        # One after another to the end: those that can't leave today don't stand before those that can.
        waiting = await waiting_messages(self._database.reader, AT_ONCE)
        while waiting:
            for message_id, sealed, _ in waiting:
                if message_id not in self._lately:
                    await self._deliver(sender, message_id, sealed)
            await self._forget_delivered()
            waiting = await waiting_messages(self._database.reader, AT_ONCE, after=waiting[-1])

    async def _deliver(self, sender: Sender, message_id: str, sealed: bytes) -> None:
        try:
            body = self._sealer.open(PURPOSE, sealed, context=message_id)
            message = msgspec.json.decode(body, type=Message)
        except (UnsealError, msgspec.MsgspecError):
            log.exception("a waiting message can't be read and is left", extra={"message_id": message_id})
            return
        await self._send(sender, message)

    async def _send(self, sender: Sender, message: Message) -> None:
        try:
            await sender.send(message)
        except Exception:
            log.exception("a message could not be delivered and is tried again", extra={"kind": message.kind})
            return
        self._delivered.append(message.message_id)
        self._lately[message.message_id] = None
        if len(self._lately) > MOST_REMEMBERED:
            del self._lately[next(iter(self._lately))]

    async def _forget_delivered(self) -> None:
        delivered, self._delivered = self._delivered, []
        if delivered:
            await self._database.write(lambda transaction: delete_messages(transaction, delivered))
