"""The exponentiations of one SRP sign-in and nothing else: what nobody who does SRP can leave out.

They are the library's own functions, in the number and with the sizes the library uses, so the rows that
divide by them show what is spent around the arithmetic. Whether the arithmetic itself is quick is what the
rows against others show.

Sources: rfc5054 §2.6.
"""

from __future__ import annotations

import os

from userpool.crypto.modular import MASK_BYTES, power, power_of_generator

_SECRET = int("a5" * 32, 16)
_HASH = int("9e37" * 16, 16)
_NUMBER = power_of_generator(_SECRET)


def client_side() -> None:
    """Compute A = g^a, g^x and S = (B - k g^x)^(a + u x)."""
    power_of_generator(_SECRET)
    power_of_generator(_HASH)
    power(_NUMBER, _SECRET + _HASH * _HASH)


def server_side() -> None:
    """Compute g^b, v^u and S = (A v^u)^b, the first with a fresh mask as servers do it."""
    power_of_generator(_SECRET, os.urandom(MASK_BYTES))
    power(_NUMBER, _HASH)
    power(_NUMBER, _SECRET)
