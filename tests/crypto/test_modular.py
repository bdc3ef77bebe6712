"""Powers modulo N, both ways to compute them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator

import pytest

from userpool.crypto import modular
from userpool.crypto.group import G, N
from userpool.crypto.modular import MASK_BYTES, Arithmetic
from userpool.effects import FixedEffects

EXPONENTS = [0, 1, 2, 31, 32, 2**41 - 1, 2**43, 2**255, 2**256 - 1, 0x0123456789ABCDEF << 100]
MASKS = [None, bytes(MASK_BYTES), b"\xff" * MASK_BYTES, bytes(range(MASK_BYTES))]


def random_numbers(count: int, *, size: int) -> Iterator[int]:
    effects = FixedEffects(seed=size)
    for _ in range(count):
        yield int.from_bytes(effects.random_bytes(size), "big")


@pytest.mark.parametrize("mask", MASKS)
@pytest.mark.parametrize("exponent", EXPONENTS)
def test_a_power_of_the_generator_is_right_whatever_masks_it(
    arithmetic: Arithmetic, exponent: int, mask: bytes | None
) -> None:
    assert modular.power_of_generator(exponent, mask) == pow(G, exponent, N)


def test_random_powers_of_the_generator_are_right(arithmetic: Arithmetic) -> None:
    effects = FixedEffects()

    for exponent in random_numbers(30, size=32):
        assert modular.power_of_generator(exponent, effects.random_bytes(40)) == pow(G, exponent, N)


@pytest.mark.parametrize("exponent", EXPONENTS)
def test_a_power_that_is_computed_once_is_right(arithmetic: Arithmetic, exponent: int) -> None:
    assert modular.power_of_generator_once(exponent) == pow(G, exponent, N)


@pytest.mark.parametrize("bits", [257, 259, 328, 329, 1024])
def test_an_exponent_that_is_too_long_for_the_table_is_computed_without_it(
    arithmetic: Arithmetic, bits: int
) -> None:
    exponent = 2**bits - 12345

    assert modular.power_of_generator(exponent, b"\xff" * MASK_BYTES) == pow(G, exponent, N)
    assert modular.power_of_generator_once(exponent) == pow(G, exponent, N)


@pytest.mark.parametrize("exponent", [0, 1, 2**512 - 1])
@pytest.mark.parametrize("base", [0, 1, 2, N - 1, N + 5])
def test_a_power_is_right_at_the_edges(arithmetic: Arithmetic, base: int, exponent: int) -> None:
    assert modular.power(base, exponent) == pow(base, exponent, N)


def test_random_powers_are_right(arithmetic: Arithmetic) -> None:
    for base, exponent in zip(random_numbers(8, size=384), random_numbers(8, size=64), strict=True):
        assert modular.power(base, exponent) == pow(base, exponent, N)


def test_results_are_plain_integers(arithmetic: Arithmetic) -> None:
    assert type(modular.power(3, 4)) is int
    assert type(modular.power_of_generator(5)) is int
    assert type(modular.power_of_generator(5, bytes(MASK_BYTES))) is int


@pytest.mark.parametrize("size", [0, 32, 39, 41])
def test_a_mask_of_the_wrong_size_is_refused(constant_time: Arithmetic, size: int) -> None:
    with pytest.raises(ValueError, match="40 bytes"):
        constant_time.power_of_generator(5, bytes(size))


def test_the_table_is_never_asked_for_the_secret_itself(
    constant_time: Arithmetic, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    power = modular._Comb.power  # noqa: SLF001

    def overheard(comb: modular._Comb, exponent: int) -> int:
        asked.append(exponent)
        return power(comb, exponent)

    monkeypatch.setattr(modular._Comb, "power", overheard)  # noqa: SLF001
    secret, mask = 2**255 + 99, b"\x5a" * MASK_BYTES

    constant_time.power_of_generator(secret, mask)
    constant_time.power_of_generator(secret, None)

    blind = int.from_bytes(mask, "big")
    assert asked == [secret + blind, blind]


@pytest.mark.usefixtures("constant_time")
def test_gmpy2_is_preferred_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modular, "chosen", None)

    assert isinstance(modular.arithmetic(), modular.ConstantTimeArithmetic)
    assert modular.has_gmpy2()
    assert modular.arithmetic() is modular.arithmetic()


def test_without_gmpy2_the_interpreter_computes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(modular, "chosen", None)
    monkeypatch.setitem(sys.modules, "gmpy2", None)

    assert isinstance(modular.arithmetic(), modular.PlainArithmetic)
    assert not modular.has_gmpy2()
    assert modular.power(3, 5) == 243


def test_importing_srp_opens_neither_gmpy2_nor_cryptography() -> None:
    program = (
        "import sys, userpool.crypto.srp\n"
        "print([name for name in ('gmpy2', 'cryptography') if name in sys.modules])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[]"
