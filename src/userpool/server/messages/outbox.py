"""The outbox: a message is promised within the transaction that makes it due, and leaves after the commit.

A message that could not leave stays and is tried again, later and later; a crash between commit and delivery loses none
(it may be delivered twice instead). Of several servers on one database the one with the lease delivers it
(`userpool.server.messages.leases`).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec

from userpool.server.database.outbox import add_message, waiting_messages
from userpool.server.messages.leases import Leases, first_lease
from userpool.server.messages.sender import DeliveryFailedError, MessageRefusedError, carrier_of
from userpool.server.records import Message
from userpool.server.sealing import UnsealError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping, Sequence

    from userpool.effects import Effects
    from userpool.server.database.outbox import WaitingMessage
    from userpool.server.database.query import Database, Transaction
    from userpool.server.messages.sender import Carrier, Sender
    from userpool.server.sealing import Sealer

PURPOSE = "message"
AT_ONCE = 100
MOST_IN_HAND = 1000
SLOTS = 8
"""How many messages a sender is sent at a time."""

GATHER_SECONDS = 0.5
RETRY_SECONDS = 30.0
RENEW_SECONDS = 30.0
STOP_SECONDS = 5.0
IDLE_ROUNDS = 20
"""After so many it is looked anyway: another server may have left something behind."""

FIRST_RETRY_MS = 30_000
LONGEST_RETRY_MS = 3_600_000

HOUR_MS = 3_600_000
WORTH_MS = {"Authentication": HOUR_MS // 4, "ForgotPassword": HOUR_MS, "AdminCreateUser": 7 * 24 * HOUR_MS}
"""For how long a message is worth sending, by its kind: as long as what it carries can be used."""

log = logging.getLogger("userpool.messages")


class Outbox:
    """Keeps messages until a sender has taken them."""

    def __init__(
        self, database: Database, sealer: Sealer, *, effects: Effects, senders: Mapping[Carrier, Sender]
    ) -> None:
        """Take where messages wait and who delivers them.

        Args:
            database: where messages wait.
            sealer: seals them.
            effects: the clock.
            senders: who takes them, by medium or by the trigger whose function takes them; others wait.
        """
        self._database = database
        self._sealer = sealer
        self._senders = dict(senders)
        self._slots = {sender: asyncio.Semaphore(SLOTS) for sender in self._senders.values()}
        self._leases = Leases(database, effects)
        self._leaving: set[asyncio.Task[None]] = set()
        self._put_off: set[str] = set()
        self._is_stopping = False
        self._rounds = 0
        self._wake = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    async def promise(self, transaction: Transaction, message: Message) -> None:
        """Write a message down; it leaves after the transaction's commit (`hand_over`)."""
        sealed = self._sealer.seal(PURPOSE, msgspec.json.encode(message), context=message.message_id)
        is_ours = carrier_of(message) in self._senders
        await add_message(
            transaction,
            message.message_id,
            created_ms=message.created_ms,
            body_sealed=sealed,
            leased_until_ms=first_lease(message) if is_ours else None,
        )

    async def hand_over(self, message: Message) -> None:
        """Let a message leave whose promise has been committed: now, or in the background if that takes time."""
        sender = self._senders.get(carrier_of(message))
        if sender is None or not self._leases.take(message):
            return
        if sender.is_immediate:
            await self._send(sender, message)
        elif len(self._leaving) < MOST_IN_HAND:
            self._begin(sender, message)
        else:
            # More than can be held is taken on by whoever has the time, when the lease has run out.
            self._leases.drop(message.message_id)

    def start(self) -> None:
        """Begin to deliver in the background what waits, also from before."""
        self._is_stopping = False
        if self._senders:
            loop = asyncio.get_running_loop()
            works = (self._look_again(), self._forget_again(), self._renew_again())
            self._tasks = [loop.create_task(work) for work in works]

    async def stop(self) -> None:
        """Stop: let what is being sent leave, give back what isn't, and forget what has left."""
        self._is_stopping = True
        tasks, self._tasks = self._tasks, []
        await _end(tasks)
        if self._leaving:
            await asyncio.wait(self._leaving, timeout=STOP_SECONDS)
        await _end(list(self._leaving))
        await self._leases.settle()
        await self._leases.release()

    # ---- in the background ----

    async def _look_again(self) -> None:
        while True:
            # Where functions alone deliver, most of what waits isn't theirs: it isn't read again without a reason.
            is_due = bool({"EMAIL", "SMS"} & set(self._senders) or self._put_off)
            if self._rounds % IDLE_ROUNDS == 0:
                is_due = True
                self._put_off.clear()  # Another server may have delivered it.
            if is_due:
                await _survive(self._deliver_waiting)
            self._rounds += 1
            await asyncio.sleep(RETRY_SECONDS)

    async def _forget_again(self) -> None:
        while True:
            await self._wake.wait()
            # Forgetting needs no commit of its own for each message.
            await asyncio.sleep(GATHER_SECONDS)
            self._wake.clear()
            if not await _survive(self._leases.settle):
                self._wake.set()
                await asyncio.sleep(RETRY_SECONDS)

    async def _renew_again(self) -> None:
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            await _survive(self._leases.renew)

    async def _deliver_waiting(self) -> None:
        # One after another to the end: those that can't leave today don't stand before those that can.
        last: WaitingMessage | None = None
        while True:
            waiting = await waiting_messages(
                self._database.reader, AT_ONCE, after=last, free_at_ms=self._leases.now_ms
            )
            if not waiting:
                return
            last = waiting[-1]
            await self._take_on(waiting)
            while len(self._leaving) >= MOST_IN_HAND:
                await asyncio.wait(self._leaving, return_when=asyncio.FIRST_COMPLETED)

    async def _take_on(self, waiting: Sequence[WaitingMessage]) -> None:
        opened = {found.message_id: self._open(found) for found in waiting}
        got = await self._leases.claim(
            message_id
            for message_id, message in opened.items()
            if message is None or carrier_of(message) in self._senders
        )
        for message_id, message in opened.items():
            if message_id not in got:
                continue
            if message is None:
                log.error("a waiting message can't be read and is left", extra={"message_id": message_id})
                await self._leases.put_off(message_id, until_ms=self._leases.now_ms + LONGEST_RETRY_MS)
            elif self._leases.now_ms - message.created_ms > WORTH_MS.get(message.kind, 24 * HOUR_MS):
                log.error("a message is given up: what it carries is too old", extra={"kind": message.kind})
                self._finish(message)
            else:
                self._begin(self._senders[carrier_of(message)], message)

    def _open(self, found: WaitingMessage) -> Message | None:
        try:
            body = self._sealer.open(PURPOSE, found.body_sealed, context=found.message_id)
            return msgspec.json.decode(body, type=Message)
        except (UnsealError, msgspec.MsgspecError):
            return None

    # ---- one message ----

    def _begin(self, sender: Sender, message: Message) -> None:
        # Nobody waits for it: whoever caused the message isn't told how it fares.
        task = asyncio.get_running_loop().create_task(self._deliver(sender, message))
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _deliver(self, sender: Sender, message: Message) -> None:
        async with self._slots[sender]:
            if not self._is_stopping and self._leases.begin(message.message_id):
                await self._send(sender, message)

    async def _send(self, sender: Sender, message: Message) -> None:
        kind = {"kind": message.kind}
        try:
            await sender.send(message)
        except MessageRefusedError as error:
            log.error("a message is given up: %s", error, extra=kind)  # noqa: TRY400  # Its text is all there is.
        except DeliveryFailedError as error:
            log.warning("a message could not be delivered and is tried again: %s", error, extra=kind)
            await _survive(lambda: self._try_later(message))
            return
        except Exception:
            log.exception("a message could not be delivered and is tried again", extra=kind)
            await _survive(lambda: self._try_later(message))
            return
        self._finish(message)

    def _finish(self, message: Message) -> None:
        self._put_off.discard(message.message_id)
        self._leases.finish(message.message_id)
        self._wake.set()

    async def _try_later(self, message: Message) -> None:
        # As long again as it has waited: the pauses double, and no count of them has to be kept.
        now_ms = self._leases.now_ms
        pause_ms = min(max(now_ms - message.created_ms, FIRST_RETRY_MS), LONGEST_RETRY_MS)
        self._put_off.add(message.message_id)
        await self._leases.put_off(message.message_id, until_ms=now_ms + pause_ms)


async def _survive(work: Callable[[], Awaitable[None]]) -> bool:
    try:
        await work()
    except Exception:
        # A database that is away for a while mustn't end the work.
        log.exception("the outbox could not be worked off; trying again")
        return False
    return True


async def _end(tasks: Sequence[asyncio.Task[None]]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
