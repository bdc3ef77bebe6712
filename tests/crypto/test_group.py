"""The group, and how its numbers become bytes."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from userpool.crypto.group import MODULUS_BYTES, G, N, signed_bytes


def test_the_modulus_is_the_prime_that_its_formula_gives(formulas: Any) -> None:
    assert formulas.N == N
    assert (N.bit_length(), G, MODULUS_BYTES) == (3072, 2, 384)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (0, "00"),
        (1, "01"),
        (127, "7f"),
        (128, "0080"),
        (255, "00ff"),
        (256, "0100"),
        (32767, "7fff"),
        (32768, "008000"),
        (0x00FF00, "00ff00"),
        (2**64 - 1, "00ffffffffffffffff"),
        (2**64, "010000000000000000"),
    ],
)
def test_numbers_are_written_as_java_writes_them(number: int, text: str) -> None:
    assert signed_bytes(number).hex() == text


@given(st.integers(0, 2**3100) | st.integers(0, 300))
def test_the_bytes_are_the_shortest_twos_complement(number: int) -> None:
    data = signed_bytes(number)

    assert int.from_bytes(data, "big", signed=True) == number
    if len(data) > 1:
        with pytest.raises(OverflowError):
            number.to_bytes(len(data) - 1, "big", signed=True)


def test_the_modulus_takes_a_sign_byte() -> None:
    assert len(signed_bytes(N)) == 385
    assert signed_bytes(N)[:2] == b"\x00\xff"


def test_a_negative_number_is_refused() -> None:
    with pytest.raises(OverflowError):
        signed_bytes(-1)
