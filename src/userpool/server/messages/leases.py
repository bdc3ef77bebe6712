"""Leases: which messages this server delivers, so that several servers on one database don't deliver one twice.

A message is written with a lease of the server that promises it. A lease is renewed while its message waits for its
turn; the lease of a server that has died runs out, and another server takes the message on. A server that died between
the delivery and the note of it has delivered a message that is delivered again: at least once, not at most once.

Servers compare leases with their own clocks, which may differ by less than a lease.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from userpool.server.database.outbox import claim_messages, delete_messages, extend_leases

if TYPE_CHECKING:
    from collections.abc import Iterable

    from userpool.effects import Effects
    from userpool.server.database.query import Database
    from userpool.server.records import Message

LEASE_MS = 120_000
"""How long a lease counts; it is renewed when a third of it is over."""


@dataclass(slots=True)
class _Lease:
    until_ms: int
    has_begun: bool = False
    is_over: bool = False


def first_lease(message: Message) -> int:
    """Return until when the server that promises a message has it."""
    return message.created_ms + LEASE_MS


class Leases:
    """The messages that this server has."""

    def __init__(self, database: Database, effects: Effects) -> None:
        """Take where messages wait, and the clock."""
        self._database = database
        self._effects = effects
        self._held: dict[str, _Lease] = {}

    @property
    def now_ms(self) -> int:
        """The time in epoch milliseconds."""
        return int(self._effects.now() * 1000)

    def take(self, message: Message) -> bool:
        """Take on a message that was promised here; tell whether its first lease still counts."""
        until_ms = first_lease(message)
        if message.message_id in self._held or until_ms <= self.now_ms:
            return False
        self._held[message.message_id] = _Lease(until_ms)
        return True

    async def claim(self, message_ids: Iterable[str]) -> set[str]:
        """Take on messages that nobody has; return those that this server got."""
        free = [message_id for message_id in message_ids if message_id not in self._held]
        if not free:
            return set()
        now_ms = self.now_ms
        until_ms = now_ms + LEASE_MS
        got = await self._database.write(
            lambda transaction: claim_messages(transaction, free, now_ms=now_ms, until_ms=until_ms)
        )
        self._held |= {message_id: _Lease(until_ms) for message_id in got}
        return set(got)

    def begin(self, message_id: str) -> bool:
        """Note that a message is about to be sent; tell whether this server still has it."""
        lease = self._held.get(message_id)
        if lease is None or lease.until_ms <= self.now_ms:
            self._held.pop(message_id, None)
            return False
        lease.has_begun = True
        return True

    def finish(self, message_id: str) -> None:
        """Note that a message has left, or never will: `settle` forgets it."""
        self._held.setdefault(message_id, _Lease(0)).is_over = True

    def drop(self, message_id: str) -> None:
        """Leave a message to whoever takes it on when its lease has run out."""
        self._held.pop(message_id, None)

    async def put_off(self, message_id: str, *, until_ms: int) -> None:
        """Let nobody try a message before a time."""
        lease = self._held.pop(message_id, None)
        if lease is not None:
            held = {message_id: lease.until_ms}
            await self._database.write(
                lambda transaction: extend_leases(transaction, held, until_ms=until_ms)
            )

    async def renew(self) -> None:
        """Renew the leases a third of which is over; what another server has by now is dropped."""
        now_ms = self.now_ms
        held = {
            message_id: lease.until_ms
            for message_id, lease in self._held.items()
            if not lease.is_over and lease.until_ms < now_ms + LEASE_MS * 2 // 3
        }
        if not held:
            return
        until_ms = now_ms + LEASE_MS
        kept = set(
            await self._database.write(
                lambda transaction: extend_leases(transaction, held, until_ms=until_ms)
            )
        )
        for message_id in held:
            # It may have been put off, or dropped, meanwhile.
            lease = self._held.get(message_id)
            if lease is not None and message_id in kept:
                lease.until_ms = until_ms
            elif lease is not None and not lease.is_over:
                del self._held[message_id]

    async def settle(self) -> None:
        """Forget what has left; what can't be forgotten now is kept in mind, and not delivered again from here."""
        over = [message_id for message_id, lease in self._held.items() if lease.is_over]
        if over:
            await self._database.write(lambda transaction: delete_messages(transaction, over))
            for message_id in over:
                self._held.pop(message_id, None)

    async def release(self) -> None:
        """Give back what hasn't been begun, for others to take on at once; leave the rest to run out."""
        held = {
            message_id: lease.until_ms
            for message_id, lease in self._held.items()
            if not lease.has_begun and not lease.is_over
        }
        self._held.clear()
        if held:
            await self._database.write(lambda transaction: extend_leases(transaction, held, until_ms=None))
