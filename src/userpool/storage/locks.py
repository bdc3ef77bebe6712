"""Locks that keep processes apart, and threads as well: one file each, locked by the operating system.

Rules of this room: a lock belongs to an open file, so it ends with the process that holds it, however that ends. Lock
files are empty and stay: removing one that somebody is about to lock would let two in.

Sources: flock(2); the manual of Microsoft's C runtime (_locking).
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from userpool.errors import StorageError

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["locked", "numbered", "try_lock_file"]

_OWNER_ONLY: Final = 0o600
_OWNER_ONLY_FOLDER: Final = 0o700
# In a folder that others may write to, somebody's link must not have us make a file elsewhere.
_FLAGS: Final = os.O_RDWR | os.O_CREAT | getattr(os, "O_NOFOLLOW", 0)
# How often a lock that is taken is looked at again: at once, and then less and less often.
_FIRST_LOOK_SECONDS: Final = 0.001
_LONGEST_LOOK_SECONDS: Final = 0.05


def try_lock_file(path: Path) -> Callable[[], None] | None:
    """Take a lock if it is free, and return what lets go of it; None if somebody has it.

    Raises:
        StorageError: the file cannot be opened or locked.
    """
    try:
        path.parent.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        descriptor = os.open(path, _FLAGS, _OWNER_ONLY)
    except OSError as error:
        raise StorageError(f"{path} cannot be opened.") from error
    try:
        # Everybody opens the file for themselves, so the lock keeps threads apart as well as processes.
        _lock(descriptor)
    except BlockingIOError:
        os.close(descriptor)
        return None
    except OSError as error:
        os.close(descriptor)
        raise StorageError(f"{path} cannot be locked.") from error

    def let_go() -> None:
        try:
            # A child that was forked meanwhile has the same open file: closing ours would not unlock it.
            _unlock(descriptor)
        finally:
            os.close(descriptor)

    return let_go


@contextmanager
def locked(path: Path, *, longest_wait_seconds: float) -> Generator[None]:
    """Hold a lock during the block, after waiting for it, which blocks the thread.

    Raises:
        StorageError: the file cannot be opened or locked, or somebody else holds it all the time.
    """
    end = time.monotonic() + longest_wait_seconds
    look = _FIRST_LOOK_SECONDS
    while (let_go := try_lock_file(path)) is None:
        if time.monotonic() > end:
            raise StorageError(f"{path} has been locked for {longest_wait_seconds:g} seconds.")
        time.sleep(look)
        look = min(look * 2, _LONGEST_LOOK_SECONDS)
    try:
        yield
    finally:
        let_go()


def numbered(path: Path, name: str) -> Path:
    """Return the lock file, one of sixteen beside ``path``, that is for ``name``.

    Two names may have the same one; then they wait for each other now and then, and no folder fills up with locks.
    """
    number = sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[0]
    return path.with_name(f"{path.name}.{number}.lock")


if sys.platform == "win32":
    import errno
    import msvcrt

    def _lock(descriptor: int) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError as error:
            if error.errno in {errno.EACCES, errno.EDEADLOCK}:
                raise BlockingIOError from error
            raise

    def _unlock(descriptor: int) -> None:
        os.lseek(descriptor, 0, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def _unlock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_UN)
