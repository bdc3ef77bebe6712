"""Storage in memory, for as long as the object lives.

Sources: js-sdk:MemoryStorage (one dict for the whole process, where ours belongs to one pool object).
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, MutableMapping

from userpool.thread_locks import ThreadLock

__all__ = ["MemoryStorage"]


class MemoryStorage(MutableMapping[str, str]):
    """A dict whose `repr` does not show what it holds; threads may share it."""

    def __init__(self, initial: Mapping[str, str] | None = None) -> None:
        self._items = dict(initial or {})
        self._lock = ThreadLock()

    def __getitem__(self, key: str) -> str:
        return self._items[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.apply({key: value})

    def __delitem__(self, key: str) -> None:
        with self._lock:
            del self._items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return f"<MemoryStorage of {len(self._items)} entries>"

    def snapshot(self) -> dict[str, str]:
        """Return a copy of everything as it is at one moment."""
        with self._lock:
            return dict(self._items)

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals as one step."""
        with self._lock:
            for key in removals:
                self._items.pop(key, None)
            self._items.update(updates)
