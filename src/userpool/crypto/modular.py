"""Powers modulo N: in constant time where gmpy2 is installed, by the interpreter alone where it is not.

Rules of this room: nobody else chooses between the two, and gmpy2 is opened by the first power, not by the
import, because a program that never signs in should not wait for it.

Sources: rfc5054 appendix A; Lim and Lee, "More flexible exponentiation with precomputation" (1994), for the
    comb.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Protocol, cast

from userpool.crypto.group import G, N

__all__ = [
    "MASK_BYTES",
    "Arithmetic",
    "ConstantTimeArithmetic",
    "PlainArithmetic",
    "arithmetic",
    "has_gmpy2",
    "power",
    "power_of_generator",
    "power_of_generator_once",
]

_SECRET_BITS = 256

# The mask has 64 bits more than the secret it hides, so that their sum differs from a random number only with
# a chance of 2 to the -64.
MASK_BYTES = 40


class Arithmetic(Protocol):
    """One way to compute powers modulo N."""

    constant_time: bool

    def power(self, base: int, exponent: int) -> int:
        """Return ``base`` to the power of ``exponent``, modulo N."""
        ...

    def power_of_generator(self, exponent: int, mask: bytes | None) -> int:
        """Return the generator 2 to the power of ``exponent``, modulo N."""
        ...

    def power_of_generator_once(self, exponent: int) -> int:
        """Return the generator 2 to the power of an exponent that no other power is computed with, modulo N."""
        ...


class _Gmpy2(Protocol):
    # gmpy2 publishes no types. Its mpz is not an int, but it adds, multiplies and compares like one, and that
    # is all that is done with it here.
    def mpz(self, number: int, /) -> int: ...
    def powmod_sec(self, base: int, exponent: int, modulus: int, /) -> int: ...
    def invert(self, number: int, modulus: int, /) -> int: ...


# ---- many powers of one number ----


class _Comb:
    """Tables for cheap powers of the generator: ``width`` multiplications each, and ``width / blocks`` squarings.

    The exponent is cut into ``teeth`` rows of ``width`` bits, and the bits that stand below each other, a column,
    select one entry of a table: the product of those powers 2^(2^(row * width)) whose bit is set. The columns are
    shared among ``blocks`` tables, each for columns further up than the one before, so that one squaring serves a
    column of each.
    """

    __slots__ = ("_blocks", "_modulus", "_tables", "_teeth", "_width")

    def __init__(self, number: Callable[[int], int], *, teeth: int, width: int, blocks: int = 1) -> None:
        self._teeth = teeth
        self._width = width
        self._blocks = blocks
        self._modulus = number(N)
        self._tables: list[list[int]] = [[number(1)] for _ in range(blocks)]
        power_of_two = number(G)  # 2 to the power of 2^(row * width + block * width / blocks), as both go up.
        for _ in range(teeth):
            for table in self._tables:
                table += [entry * power_of_two % self._modulus for entry in table]
                power_of_two = pow(power_of_two, 1 << (width // blocks), self._modulus)

    def holds(self, exponent: int) -> bool:
        return exponent.bit_length() <= self._teeth * self._width

    def power(self, exponent: int) -> int:
        length = self._teeth * self._width
        bits = format(exponent, f"0{length}b")
        rows = [bits[start : start + self._width] for start in range(0, length, self._width)]
        columns = [int("".join(column), 2) for column in zip(*rows, strict=True)]
        modulus, each = self._modulus, self._width // self._blocks
        # The column furthest left is the highest one: it belongs to the last table.
        shares = [columns[block * each : (block + 1) * each] for block in range(self._blocks)]
        by_table = list(zip(reversed(self._tables), shares, strict=True))
        result = by_table[0][0][0]
        for step in range(each):
            result = result * result % modulus
            for table, share in by_table:
                result = result * table[share[step]] % modulus
        return result


# ---- the two ways ----


class PlainArithmetic:
    """Powers by the interpreter alone; how long they take depends on the exponent.

    That is tolerable for a client, who computes with its own password on its own machine, and not for a
    server.
    """

    __slots__ = ("_comb",)

    constant_time = False

    def __init__(self) -> None:
        self._comb: _Comb | None = None

    def power(self, base: int, exponent: int) -> int:
        """Return ``base`` to the power of ``exponent``, modulo N."""
        return pow(base, exponent, N)

    def power_of_generator(self, exponent: int, mask: bytes | None) -> int:  # noqa: ARG002
        """Return 2 to the power of ``exponent``, modulo N; the mask has nothing to hide here and is not used.

        Building the comb costs about as much as one such power costs ``pow``, and each power of it a third,
        so that already the first sign-in, which needs two, gains.
        """
        if self._comb is None:
            self._comb = _Comb(int, teeth=6, width=43)
        return self._comb.power(exponent) if self._comb.holds(exponent) else pow(G, exponent, N)

    def power_of_generator_once(self, exponent: int) -> int:
        """Return 2 to the power of ``exponent``, modulo N."""
        return self.power_of_generator(exponent, None)


class ConstantTimeArithmetic:
    """Powers by gmpy2: five times faster than the interpreter, and in the same time for every secret.

    Raises:
        ImportError: gmpy2 is not installed.
    """

    __slots__ = ("_comb", "_gmpy2", "_short_comb")

    constant_time = True

    def __init__(self) -> None:
        self._gmpy2 = cast("_Gmpy2", import_module("gmpy2"))
        self._comb: _Comb | None = None
        self._short_comb: _Comb | None = None

    def power(self, base: int, exponent: int) -> int:
        """Return ``base`` to the power of ``exponent``, modulo N, by GMP's ``mpz_powm_sec``."""
        # mpz_powm_sec is not defined for an exponent of zero, which no honest exchange comes to.
        return int(self._gmpy2.powmod_sec(base, exponent, N)) if exponent else 1

    def power_of_generator(self, exponent: int, mask: bytes | None) -> int:
        """Return 2 to the power of ``exponent``, modulo N; with a mask in half the time, by a table.

        A table is read at places that depend on the exponent, and GMP's ordinary multiplication, which the
        table needs, may take a little longer for one factor than for another. So the table never sees the
        secret x. It is asked for the powers of x + r and of r, where r is the mask, and one divided by the
        other is the result. Each of the two exponents by itself is as good as random, fresh in every call,
        and tells nothing about x however many calls are timed. (Somebody who reads the traces of both lookups
        inside one call could subtract them. That takes code running on the same processor with a view into
        its caches, and from such a neighbour a server must be kept anyway.)
        """
        if mask is None or exponent.bit_length() > _SECRET_BITS:
            return self.power(G, exponent)
        if len(mask) != MASK_BYTES:
            raise ValueError(f"a mask has {MASK_BYTES} bytes")
        if self._comb is None:
            self._comb = _Comb(self._gmpy2.mpz, teeth=8, width=42, blocks=3)
        comb = self._comb
        blind = int.from_bytes(mask, "big")
        masked, unmask = comb.power(exponent + blind), comb.power(blind)
        return int(masked * self._gmpy2.invert(unmask, N) % N)

    def power_of_generator_once(self, exponent: int) -> int:
        """Return 2 to the power of ``exponent``, modulo N, by the table and without a mask.

        The number of multiplications is the same for every exponent. What their times may still tell is far below the
        noise of a single measurement, and of an exponent that is used once there is no second one.
        """
        if self._short_comb is None:
            # Narrower by the length of the masks, which there are none of here: a quarter fewer multiplications.
            self._short_comb = _Comb(self._gmpy2.mpz, teeth=8, width=_SECRET_BITS // 8, blocks=4)
        comb = self._short_comb
        return int(comb.power(exponent)) if comb.holds(exponent) else self.power(G, exponent)


# ---- the choice ----

# What arithmetic() has chosen. A test sets it to run the same exchange both ways.
chosen: Arithmetic | None = None


def arithmetic() -> Arithmetic:
    """Return the arithmetic of this process: by gmpy2 where it is installed, plain otherwise."""
    global chosen  # noqa: PLW0603
    if chosen is None:
        try:
            chosen = ConstantTimeArithmetic()
        except ImportError:
            chosen = PlainArithmetic()
    return chosen


def has_gmpy2() -> bool:
    """Tell whether powers are computed in constant time; a server that strangers can reach insists on it."""
    return arithmetic().constant_time


def power(base: int, exponent: int) -> int:
    """Return ``base`` to the power of ``exponent``, modulo N; the exponent is secret and not negative."""
    return arithmetic().power(base, exponent)


def power_of_generator(exponent: int, mask: bytes | None = None) -> int:
    """Return 2 to the power of ``exponent``, modulo N; the exponent is secret and not negative.

    Args:
        exponent: up to 256 bits for the quick way; longer ones are computed as by :func:`power`.
        mask: 40 secret bytes (:data:`MASK_BYTES`), other ones in every call, which make the quick way safe.
            Without a mask, and with gmpy2, the power takes twice the time and no table.
    """
    return arithmetic().power_of_generator(exponent, mask)


def power_of_generator_once(exponent: int) -> int:
    """Return 2 to the power of ``exponent``, modulo N, for a secret that was drawn for this power alone.

    An ephemeral secret is one, and so is the private exponent of a password under a salt that was drawn just now.
    Takes a third of the time of :func:`power_of_generator` with a mask.
    """
    return arithmetic().power_of_generator_once(exponent)
