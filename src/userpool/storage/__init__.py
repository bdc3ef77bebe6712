"""Where tokens are kept: any mutable mapping from text to text, laid out as the JavaScript SDKs lay it out.

A dict will do. `MemoryStorage` is one that does not show what it holds, `FileStorage` keeps it in a file. A
storage that can change several keys at once should offer `Batched`, so that nobody ever reads half a session.

Sources: js-sdk:StorageHelper.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING, Protocol, runtime_checkable

from userpool.storage.memory import MemoryStorage

if TYPE_CHECKING:
    from userpool.storage.file import FileStorage

__all__ = ["Batched", "FileStorage", "MemoryStorage"]


@runtime_checkable
class Batched(Protocol):
    """What a storage offers besides being a mapping when it can read and write several keys as one."""

    def snapshot(self) -> Mapping[str, str]:
        """Return everything as it is at one moment."""
        ...

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals, all or nothing; nothing to remove is no error."""
        ...


def __getattr__(name: str) -> object:
    # Whoever keeps tokens in memory does not wait for what writes files to be loaded.
    if name == "FileStorage":
        from userpool.storage import file  # noqa: PLC0415 - this is what it is for

        return file.FileStorage
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
