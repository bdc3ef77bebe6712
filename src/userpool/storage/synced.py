"""Storage in a place that has to be awaited: read once, written when there is time.

    storage = SyncedStorage(place)            # a database, a key-value server, the store of Home Assistant
    await storage.load()
    pool = AsyncUserPool(pool_id, client_id, storage=storage)
    ...
    await storage.flush()

It is the counterpart of `MemoryStorage.sync` in the JavaScript SDK for React Native, which writes without waiting and
tells nobody when that fails.

Sources: js-sdk:StorageHelper-rn.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping
from typing import Protocol

from userpool.single_flight import AsyncSingleFlight

__all__ = ["AsyncPlace", "SyncedStorage"]


class AsyncPlace(Protocol):
    """Where a `SyncedStorage` reads from and writes to."""

    async def read(self) -> Mapping[str, str]:
        """Return everything that is kept there."""
        ...

    async def write(self, updates: Mapping[str, str], *, removals: Collection[str]) -> None:
        """Set the updates and remove the removals, all or nothing if possible; nothing to remove is no error."""
        ...


class SyncedStorage(MutableMapping[str, str]):
    """Keeps everything in memory and collects what changes until `flush`; it belongs to one event loop.

    What has not been flushed is lost when the process ends. Flush after a sign-in, and whenever an event tells of new
    tokens (`on_event`): a rotated refresh token cannot be had again.
    """

    def __init__(self, place: AsyncPlace) -> None:
        self._place = place
        self._items: dict[str, str] = {}
        # What the place does not know yet; None is what is to be removed.
        self._unwritten: dict[str, str | None] = {}
        self._writes = 0
        self._writing: AsyncSingleFlight[None] = AsyncSingleFlight()

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.apply({key: value})

    def __delitem__(self, key: str) -> None:
        del self._items[key]
        self._unwritten[key] = None

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<SyncedStorage of {len(self._items)} entries, {len(self._unwritten)} unwritten>"

    @property
    def is_flushed(self) -> bool:
        """Whether the place knows everything."""
        return not self._unwritten

    def snapshot(self) -> dict[str, str]:
        """Return everything as it is in memory."""
        return dict(self._items)

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals, in memory."""
        for key in removals:
            if self._items.pop(key, None) is not None:
                self._unwritten[key] = None
        self._items.update(updates)
        self._unwritten.update(updates)

    async def load(self) -> None:
        """Read everything from the place; what has changed here and was not flushed stays as it is here."""
        writes = -1
        found: dict[str, str] = {}
        # What was read while something was being written may be from before.
        while writes != self._writes:
            writes = self._writes
            found = dict(await self._place.read())
        for key, value in self._unwritten.items():
            if value is None:
                found.pop(key, None)
            else:
                found[key] = value
        self._items = found

    async def flush(self) -> None:
        """Write what has changed, and return when the place has it.

        One write at a time, however many ask. If it fails, the changes stay unwritten and the next flush tries again;
        a caller who is cancelled does not stop it.
        """
        while self._unwritten:
            await self._writing.run(self._write)

    async def _write(self) -> None:
        batch = dict(self._unwritten)
        updates = {key: value for key, value in batch.items() if value is not None}
        await self._place.write(updates, removals=[key for key in batch if key not in updates])
        for key, value in batch.items():
            # What has changed again meanwhile is left for the next write.
            if key in self._unwritten and self._unwritten[key] == value:
                del self._unwritten[key]
        self._writes += 1
