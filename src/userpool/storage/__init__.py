"""Where tokens are kept: any mutable mapping from text to text, laid out as the JavaScript SDKs lay it out.

A dict will do. `MemoryStorage` is one that does not show what it holds, `FileStorage` keeps it in a file,
`KeyringStorage` in the keyring of the desktop, `CookieStorage` in a web request's cookies, and `SyncedStorage` wherever
has to be awaited. A storage that can change several keys at once should offer `Batched`, so that nobody ever reads half
a session; one that processes share, `Lockable`, so that they renew a session once.

Sources: js-sdk:StorageHelper.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import TYPE_CHECKING, Final, Protocol, runtime_checkable

from userpool.storage.memory import MemoryStorage

if TYPE_CHECKING:
    from userpool.storage.cookies import CookieStorage
    from userpool.storage.file import FileStorage
    from userpool.storage.keyring import KeyringStorage
    from userpool.storage.synced import SyncedStorage

__all__ = [
    "Batched",
    "CookieStorage",
    "FileStorage",
    "KeyringStorage",
    "Lockable",
    "MemoryStorage",
    "SyncedStorage",
]


@runtime_checkable
class Batched(Protocol):
    """What a storage offers besides being a mapping when it can read and write several keys as one."""

    def snapshot(self) -> Mapping[str, str]:
        """Return everything as it is at one moment."""
        ...

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals, all or nothing; nothing to remove is no error."""
        ...


@runtime_checkable
class Lockable(Protocol):
    """What a storage offers besides being a mapping when several processes share it.

    With it a session is renewed by one process at a time; the others take over what that one has stored.
    """

    def try_lock(self, name: str) -> Callable[[], None] | None:
        """Take the lock of this name if it is free, and return what lets go of it; None if it is taken.

        It does not wait, and a process that ends lets go of all it holds.
        """
        ...


_LOADED_LATER: Final = {
    "CookieStorage": "userpool.storage.cookies",
    "FileStorage": "userpool.storage.file",
    "KeyringStorage": "userpool.storage.keyring",
    "SyncedStorage": "userpool.storage.synced",
}


def __getattr__(name: str) -> object:
    # Whoever keeps tokens in memory does not wait for what writes files to be loaded.
    if name in _LOADED_LATER:
        from importlib import import_module  # noqa: PLC0415 - this is what it is for

        return getattr(import_module(_LOADED_LATER[name]), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
