"""The clock and the entropy of the machine, real and fixed.

Rules of this room: this is the only module that asks the machine for either. Everybody else receives an
``Effects``, or the time and the random bytes themselves, as an argument, so that every test can say what time
it is and what was drawn.

Sources: rfc4122 §4.4 (random UUIDs).
"""

from __future__ import annotations

import itertools
import os
import time
from hashlib import shake_256
from typing import Protocol

__all__ = ["Effects", "FixedEffects", "MachineEffects", "digits", "token_text", "uuid4_text"]

_DECIMAL_DIGITS = "0123456789"


class Effects(Protocol):
    """What the rest of the library may ask the machine for."""

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        ...

    def random_bytes(self, size: int) -> bytes:
        """Return ``size`` bytes that nobody can guess."""
        ...


class MachineEffects:
    """The machine's own clock and its cryptographic random source."""

    __slots__ = ()

    def now(self) -> float:
        """Return the time in seconds since the epoch."""
        return time.time()

    def random_bytes(self, size: int) -> bytes:
        """Return ``size`` bytes from the operating system."""
        return os.urandom(size)


class FixedEffects:
    """A clock that is moved by hand and a random source that repeats itself; for tests only.

    Two objects with the same seed draw the same bytes in the same order, whatever their clocks say. Threads
    may share one: no two calls ever get the same draw.
    """

    __slots__ = ("_draws", "_now", "_seed")

    def __init__(self, *, now: float = 1_767_225_600.0, seed: int = 0) -> None:
        """Begin at ``now`` in epoch seconds (by default the first second of 2026, UTC)."""
        self._now = now
        self._seed = seed
        # next() on a counter is one step for the interpreter, which keeps concurrent draws apart without a
        # lock.
        self._draws = itertools.count()

    def now(self) -> float:
        """Return the time the clock was last set to."""
        return self._now

    def advance(self, seconds: float) -> None:
        """Move the clock by ``seconds``; a negative number turns it back."""
        self._now += seconds

    def random_bytes(self, size: int) -> bytes:
        """Return the next draw: ``size`` bytes that depend on the seed and on how many draws came before."""
        draw = f"userpool fixed effects/{self._seed}/{next(self._draws)}"
        return shake_256(draw.encode()).digest(size)


def uuid4_text(effects: Effects) -> str:
    """Return a random UUID in its lower-case text form, 8-4-4-4-12 (rfc4122 §4.4)."""
    number = int.from_bytes(effects.random_bytes(16), "big")
    # Version 4 stands in the upper half of octet 6, variant 10 in the two upper bits of octet 8.
    number = number & ~(0xF << 76) | 0x4 << 76
    number = number & ~(0x3 << 62) | 0x2 << 62
    text = f"{number:032x}"
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"


def digits(effects: Effects, count: int) -> str:
    """Return ``count`` random decimal digits, such as a confirmation code."""
    return token_text(effects, _DECIMAL_DIGITS, count=count)


def token_text(effects: Effects, alphabet: str, *, count: int) -> str:
    """Return ``count`` random characters of ``alphabet``, each of them equally likely.

    Raises:
        ValueError: the alphabet is empty or has more than 256 characters.
    """
    if not 1 <= len(alphabet) <= 256:
        raise ValueError("an alphabet has between 1 and 256 characters")
    # A byte at or above the last whole multiple of the alphabet's size is thrown away: reducing it would make
    # the first characters of the alphabet a little more likely than the others.
    limit = 256 - 256 % len(alphabet)
    drawn: list[str] = []
    while len(drawn) < count:
        wanted = (count - len(drawn)) * 256 // limit + 8
        drawn += [alphabet[byte % len(alphabet)] for byte in effects.random_bytes(wanted) if byte < limit]
    return "".join(drawn[:count])
