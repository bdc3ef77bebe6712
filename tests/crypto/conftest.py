"""What the tests of this room share: both ways to compute, vectors, and SRP written a second time."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from userpool.crypto import modular

VECTORS = Path(__file__).parent.parent / "vectors"


@pytest.fixture(scope="session")
def vectors() -> Callable[[str], Any]:
    """Give a function that reads a file of vectors by its name."""
    return lambda name: json.loads((VECTORS / f"{name}.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def arithmetics() -> dict[str, modular.Arithmetic]:
    # Made once, for each builds a table with its first power.
    both: dict[str, modular.Arithmetic] = {"plain": modular.PlainArithmetic()}
    if modular.has_gmpy2():
        both["gmpy2"] = modular.ConstantTimeArithmetic()
    return both


@pytest.fixture(params=["gmpy2", "plain"])
def arithmetic(
    request: pytest.FixtureRequest,
    arithmetics: dict[str, modular.Arithmetic],
    monkeypatch: pytest.MonkeyPatch,
    missing: Callable[[str, str], None],
) -> modular.Arithmetic:
    """Run the test once with gmpy2 and once without."""
    if request.param not in arithmetics:
        missing("gmpy2", "powers can only be computed the slow way")
    monkeypatch.setattr(modular, "chosen", arithmetics[request.param])
    return arithmetics[request.param]


@pytest.fixture
def constant_time(
    arithmetics: dict[str, modular.Arithmetic], missing: Callable[[str, str], None]
) -> modular.Arithmetic:
    """Give the arithmetic by gmpy2."""
    if "gmpy2" not in arithmetics:
        missing("gmpy2", "there is no arithmetic in constant time")
    return arithmetics["gmpy2"]


class Formulas:
    """SRP as Cognito computes it, from the formulas and from nothing of ours, with the slowest tools."""

    def __init__(self) -> None:
        # rfc3526 §5 gives the prime of this group as a formula: it needs pi to 3000 bits.
        pi = self._pi_shifted(2942)
        self.N = 2**3072 - 2**3008 - 1 + 2**64 * (pi + 1_690_314)
        self.g = 2
        self.k = self.number(self.H(self.pad(self.N) + self.pad(self.g)))

    @staticmethod
    def _pi_shifted(bits: int) -> int:
        # Machin: pi / 4 = 4 arctan(1/5) - arctan(1/239), with 64 bits to spare.
        one = 1 << (bits + 64)

        def arctan_of_inverse(x: int) -> int:
            power, total, n, sign = one // x, 0, 1, 1
            while power:
                total += sign * (power // n)
                power, n, sign = power // (x * x), n + 2, -sign
            return total

        return (4 * (4 * arctan_of_inverse(5) - arctan_of_inverse(239))) >> 64

    @staticmethod
    def H(data: bytes) -> bytes:  # noqa: N802
        return hashlib.sha256(data).digest()

    @staticmethod
    def number(data: bytes) -> int:
        return int(data.hex() or "0", 16)

    @staticmethod
    def pad(number: int) -> bytes:
        digits = f"{number:x}"
        if len(digits) % 2:
            digits = "0" + digits
        if digits[0] in "89abcdef":
            digits = "00" + digits
        return bytes.fromhex(digits)

    def x(self, pool: str, user: str, password: str, salt: int) -> int:
        inner = self.H((pool + user + ":" + password).encode("utf-8"))
        return self.number(self.H(self.pad(salt) + inner))

    def u(self, A: int, B: int) -> int:  # noqa: N803
        return self.number(self.H(self.pad(A) + self.pad(B)))

    def B(self, v: int, b: int) -> int:  # noqa: N802
        return (self.k * v + pow(self.g, b, self.N)) % self.N

    def client_S(self, a: int, B: int, u: int, x: int) -> int:  # noqa: N802, N803
        return pow(B - self.k * pow(self.g, x, self.N), a + u * x, self.N)

    def server_S(self, b: int, A: int, u: int, v: int) -> int:  # noqa: N802, N803
        return pow(A * pow(v, u, self.N), b, self.N)

    def key(self, u: int, S: int) -> bytes:  # noqa: N803
        pseudorandom = hmac.new(self.pad(u), self.pad(S), hashlib.sha256).digest()
        return hmac.new(pseudorandom, b"Caldera Derived Key" + bytes([1]), hashlib.sha256).digest()[:16]


@pytest.fixture(scope="session")
def formulas() -> Formulas:
    return Formulas()
