"""Storage in one file that only its owner may read.

Rules of this room:

1. The file is replaced, never written over: a reader sees the old content or the new one, also after a crash.
2. Writers take turns by a lock file beside it, across processes and threads. Readers need none. Whoever renews a
   session takes a lock of its own, for as long as that takes, and stops no writer.
3. A file that cannot be understood is refused and left as it is; nothing is ever thrown away to go on.
4. With keys, nothing is written unsealed, drafts included. The whole file is one sealed text, so that not even the
   names of users can be read; without keys a sealed file is one that cannot be understood.

Sources: rename(2).
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, MutableMapping, Sequence
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Final

import msgspec

from userpool.effects import Effects, MachineEffects
from userpool.errors import SettingsError, StorageError
from userpool.storage.locks import locked, numbered, try_lock_file

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["FileStorage"]

# Only the owner may read and write.
_OWNER_ONLY: Final = 0o600
# A writer is done in milliseconds; one that is not has been stopped in the middle.
_LONGEST_WAIT_SECONDS: Final = 10.0
# No JSON object begins like this, and every sealed text does.
_SEALED: Final = b"1."
# A text that was sealed for another purpose with the same key, a cookie say, is not taken for a file.
_CONTEXT: Final = "userpool.storage.file"


class FileStorage(MutableMapping[str, str]):
    """Keeps a JSON object of strings in a file with mode 0600; several processes may share it.

    Every access reads the file anew, so that what another process wrote is seen at once. The folder is made
    when it is missing. Beside the file stand some with ``.lock`` at their ends, which are empty and stay. A change
    is on the disk when it returns, which takes milliseconds, and an event loop waits for it.

    Args:
        path: where the file is, or will be.
        sealing_keys: keys of 32 bytes. With them the file is sealed by the first and opened by any. A file that is not
            sealed yet is read all the same, and the next write seals it, as it does where an older key sealed.
        effects: the random source, for tests.

    Raises:
        SettingsError: a key has another length.
        StorageError: from any access, when the file cannot be read, written, opened or understood. A file that
            cannot be opened or understood stays as it is.
    """

    def __init__(
        self,
        path: str | os.PathLike[str],
        *,
        sealing_keys: Sequence[bytes] = (),
        effects: Effects | None = None,
    ) -> None:
        from pathlib import Path  # noqa: PLC0415 - long to import, and few pools use files

        if any(len(key) != 32 for key in sealing_keys):
            raise SettingsError("sealing_keys= are of 32 bytes each.")
        self._sealing_keys = tuple(sealing_keys)
        self._effects = effects or MachineEffects()
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
        keys = ", sealing_keys=***" if self._sealing_keys else ""
        return f"FileStorage({str(self._path)!r}{keys})"

    def snapshot(self) -> dict[str, str]:
        """Return everything in the file as it is at one moment; a missing file is an empty storage."""
        return self._understood(self._read())

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals in one replacement of the file.

        A file that the first of the sealing keys did not seal is replaced even if there is nothing to change.
        """
        with self._changing() as items:
            for key in removals:
                items.pop(key, None)
            items.update(updates)

    def try_lock(self, name: str) -> Callable[[], None] | None:
        """Take the lock of this name if it is free, and return what lets go of it; None if it is taken."""
        return try_lock_file(numbered(self._path, name))

    @contextmanager
    def _changing(self) -> Generator[dict[str, str]]:
        # What changed nothing writes nothing: signing out twice leaves the file, and its time, alone. A new key is a
        # change, too.
        with locked(self._lock_path, longest_wait_seconds=_LONGEST_WAIT_SECONDS):
            data = self._read()
            before = self._understood(data)
            items = dict(before)
            yield items
            if items != before or self._is_to_be_sealed(data):
                self._replace(items)

    def _read(self) -> bytes | None:
        try:
            return self._path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as error:
            raise StorageError(f"{self._path} cannot be read.") from error

    def _understood(self, data: bytes | None) -> dict[str, str]:
        if data is None:
            return {}
        if not data.startswith(_SEALED):
            return _parsed(data, path=self._path)
        text = _opened(data, keys=self._sealing_keys)
        if text is None:
            raise StorageError(
                f"{self._path} is sealed, and was changed or needs another key; it has been left as it is."
            )
        return _parsed(text.encode(), path=self._path)

    def _is_to_be_sealed(self, data: bytes | None) -> bool:
        keys = self._sealing_keys[:1]
        return data is not None and bool(keys) and _opened(data, keys=keys) is None

    def _replace(self, items: Mapping[str, str]) -> None:
        data = msgspec.json.format(msgspec.json.encode(items, order="sorted"), indent=1)
        if self._sealing_keys:
            data = self._sealed(data)
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

    def _sealed(self, data: bytes) -> bytes:
        from userpool.crypto.sealed_text import NONCE_BYTES, seal_text  # noqa: PLC0415 - few files are sealed

        nonce = self._effects.random_bytes(NONCE_BYTES)
        return seal_text(data.decode(), key=self._sealing_keys[0], nonce=nonce, context=_CONTEXT).encode()


def _opened(data: bytes, *, keys: Sequence[bytes]) -> str | None:
    if not keys:
        return None
    from userpool.crypto.sealed_text import open_text  # noqa: PLC0415 - few files are sealed

    # What is no text is not one that was sealed, either.
    return open_text(data.decode("ascii", errors="replace"), keys=keys, context=_CONTEXT)


def _parsed(data: bytes, *, path: Path) -> dict[str, str]:
    try:
        return msgspec.json.decode(data, type=dict[str, str])
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise StorageError(
            f"{path} is not a JSON object of strings; it has been left as it is. "
            "Repair it, or remove it and sign in again."
        ) from error


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
