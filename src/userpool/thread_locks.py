"""Locks among the threads of a process, which keep nobody out in a child that is forked meanwhile.

A child has only the thread that forked it, and a lock that another one held would never be let go there. Work that is
done under these locks may take a while, since storages are read and written under them.

Sources: fork(2).
"""

from __future__ import annotations

import os
from threading import RLock
from weakref import WeakSet

__all__ = ["ThreadLock"]


class ThreadLock:
    """A lock that whoever holds it may take again; a context manager."""

    __slots__ = ("__weakref__", "_lock")

    def __init__(self) -> None:
        self._lock = RLock()
        _ALL.add(self)

    def __enter__(self) -> None:
        self._lock.acquire()

    def __exit__(self, *_: object) -> None:
        self._lock.release()

    def survive(self) -> None:
        """Put a new lock in the place of one that is held by a thread which does not exist in this process."""
        if self._lock.acquire(blocking=False):
            self._lock.release()
        else:
            self._lock = RLock()


_ALL: WeakSet[ThreadLock] = WeakSet()


def _survive() -> None:
    for lock in list(_ALL):
        lock.survive()


# Windows has no fork.
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_survive)
