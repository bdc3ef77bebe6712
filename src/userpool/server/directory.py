"""The directory: pools and clients, remembered for a moment, and users by whatever name they were given.

Pools and clients are read at every request and change rarely, so each process remembers them for
`FRESH_SECONDS`; a change made by this process counts at once, one made by another process after that time at
the latest.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from userpool.server.database.pools import client_by_id, pool_by_id
from userpool.server.database.users import sub_of_alias, user_by_sub
from userpool.server.rules.sign_in_names import names_to_try

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.server.database.query import Database, Transaction
    from userpool.server.records import Client, Pool, User

FRESH_SECONDS = 1.0
MOST_REMEMBERED = 10_000
SUB = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


class Directory:
    """Finds pools, clients and users."""

    def __init__(self, database: Database, effects: Effects) -> None:
        """Take the database to look in and the clock that says how old a memory is."""
        self._database = database
        self._effects = effects
        self._pools: dict[str, tuple[float, Pool]] = {}
        self._clients: dict[str, tuple[float, Client]] = {}

    async def pool(self, pool_id: str) -> Pool | None:
        """Return a pool, or None."""
        now = self._effects.now()
        remembered = self._pools.get(pool_id)
        if remembered is not None and abs(now - remembered[0]) < FRESH_SECONDS:
            return remembered[1]
        self._pools.pop(pool_id, None)
        pool = await pool_by_id(self._database.reader, pool_id)
        if pool is not None and len(self._pools) < MOST_REMEMBERED:
            self._pools[pool_id] = (now, pool)
        return pool

    async def client(self, client_id: str) -> Client | None:
        """Return an app client of any pool, or None."""
        now = self._effects.now()
        remembered = self._clients.get(client_id)
        if remembered is not None and abs(now - remembered[0]) < FRESH_SECONDS:
            return remembered[1]
        self._clients.pop(client_id, None)
        client = await client_by_id(self._database.reader, client_id)
        if client is not None and len(self._clients) < MOST_REMEMBERED:
            self._clients[client_id] = (now, client)
        return client

    def forget(self, *, pool_id: str | None = None, client_id: str | None = None) -> None:
        """Look again at the next request: this pool or client was changed here."""
        if pool_id is not None:
            self._pools.pop(pool_id, None)
        if client_id is not None:
            self._clients.pop(client_id, None)

    async def user(self, pool: Pool, name: str, *, within: Transaction | None = None) -> User | None:
        """Return the user whom a name stands for: username, alias, e-mail or phone number, or `sub`.

        Args:
            pool: the pool to look in.
            name: as it was typed.
            within: the transaction to read in; None reads what is committed.
        """
        transaction = within or self._database.reader
        if SUB.fullmatch(name):
            # First of all: nobody may stand before another user by taking that user's `sub` as a username.
            user = await user_by_sub(transaction, name)
            if user is not None and user.pool_id == pool.pool_id:
                return user
        for kind, value in names_to_try(pool.description, name):
            sub = await sub_of_alias(transaction, pool.pool_id, kind, value)
            if sub is not None:
                user = await user_by_sub(transaction, sub)
                if user is not None:
                    return user
        return None
