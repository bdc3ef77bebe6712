"""Storage in the keyring of the desktop: Keychain, Credential Manager, Secret Service, KWallet.

A keyring keeps single texts under names and cannot list them, and Windows takes no text of more than 2,560 bytes. So
everything is one text, in parts of a size that is allowed, and a head that tells which parts count:

    <service>/head             {"number": 7, "parts": 2}
    <service>/part 7.0         {"CognitoIdentityServiceProvider.…
    <service>/part 7.1         …"}

Rules of this room:

1. Parts are written under new names, then the head, then the old parts go: a reader sees the old content or the new
   one, also after a crash.
2. Whether the keyring works is tried when the storage is made, before anybody has signed in for it.
3. `keyring` is imported when a storage is made, not before.

Sources: the manual of keyring (get_password, set_password, delete_password); wincred.h (CRED_MAX_CREDENTIAL_BLOB_SIZE).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Collection, Generator, Iterator, Mapping, MutableMapping
from contextlib import contextmanager, suppress
from hashlib import sha256
from typing import TYPE_CHECKING, Final, Protocol, TypeVar

import msgspec

from userpool.effects import Effects, MachineEffects, token_text
from userpool.errors import StorageError
from userpool.storage import Lockable
from userpool.storage.batches import apply_to, snapshot_of
from userpool.storage.locks import locked, numbered, try_lock_file
from userpool.thread_locks import ThreadLock

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["Keyring", "KeyringStorage"]

ParsedT = TypeVar("ParsedT")

# Windows keeps UTF-16, two bytes for each of our characters, and at most 2,560 of them; elsewhere this is enough for
# everything to be one part.
_LARGEST_PART: Final = 1_200 if sys.platform == "win32" else 60_000
_HEAD: Final = "head"
# Windows tells the texts of one service apart only after a fashion, so each has a service of its own.
_USERNAME: Final = "userpool"
_LONGEST_WAIT_SECONDS: Final = 10.0
# How often a reader begins anew when a writer replaces the parts under its hands.
_MOST_READINGS: Final = 5


class Keyring(Protocol):
    """What is needed of a keyring: three methods of `keyring.backend.KeyringBackend`."""

    def get_password(self, service: str, username: str, /) -> str | None:
        """Return a text, or None."""
        ...

    def set_password(self, service: str, username: str, password: str, /) -> None:
        """Keep a text."""
        ...

    def delete_password(self, service: str, username: str, /) -> None:
        """Remove a text."""
        ...


class _Head(msgspec.Struct, frozen=True):
    number: int
    parts: int


_NOTHING: Final = _Head(0, 0)


class KeyringStorage(MutableMapping[str, str]):
    """Keeps tokens in the desktop's keyring; needs ``userpool[keyring]``.

    It is tried at once: a text is written, read and removed. Servers and containers have no keyring, and a locked one
    may ask its owner. Every access asks the keyring, which takes milliseconds, and an event loop waits for it.

    Args:
        service: under which name the keyring keeps it; one for each program.
        keyring: another keyring than the one that `keyring.get_keyring()` finds.
        fallback: what keeps tokens instead if there is no keyring that works. By default that is an error.
        lock_folder: a folder for lock files, if several processes share the keyring: they then renew a session once,
            and do not undo one another's changes.
        largest_part: how many characters one text of the keyring may have.
        effects: the random source, for tests.

    Raises:
        StorageError: there is no keyring that works, and no fallback; and from any access, when the keyring fails.
    """

    def __init__(
        self,
        service: str = "userpool",
        *,
        keyring: Keyring | None = None,
        fallback: MutableMapping[str, str] | None = None,
        lock_folder: str | os.PathLike[str] | None = None,
        largest_part: int = _LARGEST_PART,
        effects: Effects | None = None,
    ) -> None:
        self._service = service
        self._fallback: MutableMapping[str, str] | None = None
        self._locks = _lock_file(lock_folder, service)
        self._largest_part = largest_part
        self._turn = ThreadLock()
        try:
            self._keyring = keyring or _found()
            _try_out(self._keyring, service, effects or MachineEffects())
        except StorageError as error:
            if fallback is None:
                raise
            self._fallback = fallback
            self._trouble: StorageError | None = error
        else:
            self._trouble = None

    def __getitem__(self, key: str) -> str:
        return self.snapshot()[key]

    def __setitem__(self, key: str, value: str) -> None:
        self.apply({key: value})

    def __delitem__(self, key: str) -> None:
        if key not in self.snapshot():
            raise KeyError(key)
        self.apply({}, removals=[key])

    def __iter__(self) -> Iterator[str]:
        return iter(self.snapshot())

    def __len__(self) -> int:
        return len(self.snapshot())

    def __repr__(self) -> str:
        return f"KeyringStorage({self._service!r})"

    @property
    def trouble(self) -> StorageError | None:
        """Why the fallback is used; None while the keyring is."""
        return self._trouble

    def snapshot(self) -> dict[str, str]:
        """Return everything as it is at one moment."""
        if self._fallback is not None:
            return dict(snapshot_of(self._fallback))
        with self._turn:
            return self._read()[1]

    def apply(self, updates: Mapping[str, str], *, removals: Collection[str] = ()) -> None:
        """Set the updates and remove the removals, all or nothing."""
        if self._fallback is not None:
            apply_to(self._fallback, updates, removals)
            return
        with self._turn, self._alone():
            head, before = self._read()
            items = {key: value for key, value in before.items() if key not in removals} | dict(updates)
            if items != before:
                self._write(head, items)

    def try_lock(self, name: str) -> Callable[[], None] | None:
        """Take the lock of this name if it is free, and return what lets go of it; None if it is taken."""
        if isinstance(self._fallback, Lockable):
            return self._fallback.try_lock(name)
        return _nothing_to_let_go if self._locks is None else try_lock_file(numbered(self._locks, name))

    @contextmanager
    def _alone(self) -> Generator[None]:
        if self._locks is None:
            yield
            return
        with locked(self._locks, longest_wait_seconds=_LONGEST_WAIT_SECONDS):
            yield

    # ---- heads and parts ----

    def _read(self) -> tuple[_Head, dict[str, str]]:
        for _ in range(_MOST_READINGS):
            head = self._head()
            parts = [self._get(_part(head, number)) for number in range(head.parts)]
            if None not in parts:
                text = "".join(part or "" for part in parts)
                return head, self._parsed(text, dict[str, str]) if text else {}
        raise StorageError(f"The keyring lacks a part of what was kept in it. {self._way_out}")

    def _write(self, old: _Head, items: Mapping[str, str]) -> None:
        # In ASCII, because a part may end in the middle of anything.
        text = json.dumps(dict(items), sort_keys=True)
        size = self._largest_part
        parts = [text[start : start + size] for start in range(0, len(text), size)]
        new = _Head(old.number + 1, len(parts))
        for number, part in enumerate(parts):
            self._set(_part(new, number), part)
        self._set(_HEAD, msgspec.json.encode(new).decode())
        for number in range(old.parts):
            self._remove(_part(old, number))

    def _head(self) -> _Head:
        text = self._get(_HEAD)
        return _NOTHING if text is None else self._parsed(text, _Head)

    def _parsed(self, text: str, kind: type[ParsedT]) -> ParsedT:
        try:
            return msgspec.json.decode(text, type=kind)
        except (msgspec.MsgspecError, RecursionError) as error:
            raise StorageError(
                f"What is in the keyring was not written here; it has been left as it is. {self._way_out}"
            ) from error

    @property
    def _way_out(self) -> str:
        return f'To begin anew, remove its entry "{self._service}/{_HEAD}" and sign in again.'

    def _get(self, name: str) -> str | None:
        with _told("cannot be read"):
            return self._keyring.get_password(f"{self._service}/{name}", _USERNAME)

    def _set(self, name: str, text: str) -> None:
        with _told("cannot be written"):
            self._keyring.set_password(f"{self._service}/{name}", _USERNAME, text)

    def _remove(self, name: str) -> None:
        # What is left behind is in nobody's way: no head tells of it.
        with suppress(StorageError), _told("cannot be changed"):
            self._keyring.delete_password(f"{self._service}/{name}", _USERNAME)


def _found() -> Keyring:
    try:
        import keyring  # noqa: PLC0415 - it takes a tenth of a second, and few programs use it
    except ImportError as error:
        raise StorageError("KeyringStorage needs userpool[keyring].") from error
    with _told("cannot be found"):
        return keyring.get_keyring()


def _try_out(keyring: Keyring, service: str, effects: Effects) -> None:
    """Write, read and remove a text, under a name of its own so that two processes do not meet there.

    Raises:
        StorageError: the keyring does not keep what it is given.
    """
    text = token_text(effects, "abcdefghijklmnopqrstuvwxyz", count=16)
    name = f"{service}/probe {text}"
    with _told("does not work"):
        keyring.set_password(name, _USERNAME, text)
        kept = keyring.get_password(name, _USERNAME) == text
        if kept:
            keyring.delete_password(name, _USERNAME)
    if not kept:
        raise StorageError("The keyring does not keep what it is given.")


@contextmanager
def _told(what: str) -> Generator[None]:
    try:
        yield
    except Exception as error:
        # Backends raise what their systems do: errors of keyring, of D-Bus, of Windows.
        raise StorageError(f"The keyring {what}.") from error


def _part(head: _Head, number: int) -> str:
    return f"part {head.number}.{number}"


def _lock_file(folder: str | os.PathLike[str] | None, service: str) -> Path | None:
    if folder is None:
        return None
    from pathlib import Path  # noqa: PLC0415 - long to import

    return Path(folder) / f"keyring-{sha256(service.encode()).hexdigest()[:16]}.lock"


def _nothing_to_let_go() -> None:
    pass
