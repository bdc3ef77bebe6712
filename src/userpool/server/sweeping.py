"""Sweeping: what has expired is forgotten in the background, so that nobody can make the tables grow for ever."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

from userpool.server.database.expiry import EXPIRING, expired_in_slice, forget_expired

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.server.database.expiry import Expiring
    from userpool.server.database.query import Database

PAUSE_SECONDS = 10.0
"""Between two slices of a table."""

log = logging.getLogger("userpool.sweeping")


class Sweeper:
    """Works through the tables, a slice of each at a time, and begins anew at their ends."""

    def __init__(self, database: Database, effects: Effects) -> None:
        """Take the database to sweep, and the clock that says what has expired."""
        self._database = database
        self._effects = effects
        self._places: dict[str, tuple[str, ...] | None] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to sweep in the background."""
        self._task = asyncio.get_running_loop().create_task(self._work())

    async def stop(self) -> None:
        """Stop sweeping."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    async def sweep(self) -> int:
        """Sweep one slice of each table; return how many rows were forgotten."""
        return sum([await self._sweep(table) for table in EXPIRING])

    async def _sweep(self, table: Expiring) -> int:
        now_ms = int(self._effects.now() * 1000)
        expired, self._places[table.name] = await expired_in_slice(
            self._database.reader, table, after=self._places.get(table.name), now_ms=now_ms
        )
        if expired:
            await self._database.write(lambda transaction: forget_expired(transaction, table, expired))
            if table.name == "messages":
                log.error("%d messages are given up: nobody could deliver them for a week", len(expired))
        return len(expired)

    async def _work(self) -> None:
        while True:
            await asyncio.sleep(PAUSE_SECONDS)
            try:
                await self.sweep()
            except Exception:
                # A database that is away for a while mustn't end the sweeping.
                log.exception("a slice could not be swept; trying again")
