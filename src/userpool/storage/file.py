"""Storage in one file that only its owner may read.

Rules of this room:

1. The file is replaced, never written over: a reader sees the old content or the new one, also after a crash.
2. Writers take turns by a lock file beside it, across processes and threads. Readers need none. Whoever renews a
   session takes a lock of its own, for as long as that takes, and stops no writer.
3. A file that cannot be understood is refused and left as it is; nothing is ever thrown away to go on.

Sources: rename(2).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from userpool.errors import StorageError
from userpool.storage.locks import locked, numbered, try_lock_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileStorage"]

# Only the owner may read and write.
_OWNER_ONLY: Final = 0o600
# A writer is done in milliseconds; one that is not has been stopped in the middle.
_LONGEST_WAIT_SECONDS: Final = 10.0


class FileStorage(MutableMapping[str, str]):
    """Keeps a JSON object of strings in a file with mode 0600; several processes may share it.

    Every access reads the file anew, so that what another process wrote is seen at once. The folder is made
    when it is missing. Beside the file stand some with ``.lock`` at their ends, which are empty and stay. A change
    is on the disk when it returns, which takes milliseconds, and an event loop waits for it.

    Raises:
        StorageError: from any access, when the file cannot be read, written or understood. A file that cannot
            be understood stays as it is.
    """

    def __init__(self, path: str | os.PathLike[str]) -> None:
        from pathlib import Path  # noqa: PLC0415 - long to import, and few pools use files

        self._path = Path(path)
        self._lock_path = self._path.with_name(self._path.name + ".lock")
        self._draft_path = self._path.with_name(self._path.name + ".new")

    def __getitem__(self, key: str) -> str:
        return self.snapshot()[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.apply({key: value})

    def __delitem__(self, key: str) -> None:
        with self._changing() as items:
            del items[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self.snapshot())

    def __repr__(self) -> str:
        return f"FileStorage({str(self._path)!r})"

    def snapshot(self) -> dict[str, str]:
        """Return everything in the file as it is at one moment; a missing file is an empty storage."""
        try:
            data = self._path.read_bytes()
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise StorageError(f"{self._path} cannot be read.") from error
        return _parsed(data, path=self._path)

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals in one replacement of the file."""
        with self._changing() as items:
            for key in removals:
                items.pop(key, None)
            items.update(updates)

    def try_lock(self, name: str) -> Callable[[], None] | None:
        """Take the lock of this name if it is free, and return what lets go of it; None if it is taken."""
        return try_lock_file(numbered(self._path, name))

    @contextmanager
    def _changing(self) -> Generator[dict[str, str]]:
        # What changed nothing writes nothing: signing out twice leaves the file, and its time, alone.
        with locked(self._lock_path, longest_wait_seconds=_LONGEST_WAIT_SECONDS):
            before = self.snapshot()
            items = dict(before)
            yield items
            if items != before:
                self._replace(items)

    def _replace(self, items: Mapping[str, str]) -> None:
        data = msgspec.json.format(msgspec.json.encode(items, order="sorted"), indent=1)
        try:
            # A draft that a crash left behind may have any content and any mode; it is nobody's, since we
            # hold the lock.
            self._draft_path.unlink(missing_ok=True)
            descriptor = os.open(self._draft_path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
            with open(descriptor, "wb") as draft:  # noqa: PTH123 - Path.open takes no mode
                draft.write(data)
                draft.flush()
                os.fsync(descriptor)
            self._draft_path.replace(self._path)
            _settle_folder(self._path.parent)
        except OSError as error:
            raise StorageError(f"{self._path} cannot be written.") from error


def _parsed(data: bytes, *, path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(data, type=dict[str, str])
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise StorageError(f"{path} is not a JSON object of strings; it has been left as it is.") from error


def _settle_folder(folder: Path) -> None:
    # The new name is only safe from a power cut when the folder has reached the disk too; Windows knows no
    # such thing.
    if sys.platform == "win32":
        return
    with suppress(OSError):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
