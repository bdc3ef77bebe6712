"""Time-based one-time passwords: what an authenticator app shows, and which moment a code belongs to.

SHA-1, six digits, steps of 30 seconds: what every authenticator understands.

Sources: rfc4226 §5.3, rfc6238 §4 and §5.2, guide:user-pool-settings-mfa-totp (a step before and after counts).
"""

from __future__ import annotations

import hmac

__all__ = ["SEED_BYTES", "STEP_SECONDS", "matching_step", "step_of", "totp"]

SEED_BYTES = 32
"""Of a new seed: 52 characters of base32, as the service's are."""
STEP_SECONDS = 30
_DIGITS = 6
# A clock may be a step behind or ahead.
_DRIFT = (-1, 0, 1)


def totp(seed: bytes, step: int) -> str:
    """Return the code that a seed shows in a step, six digits (rfc4226 §5.3, with the step as the counter)."""
    digest = hmac.digest(seed, step.to_bytes(8, "big"), "sha1")
    offset = digest[-1] & 0x0F
    number = int.from_bytes(digest[offset : offset + 4], "big") & 0x7FFF_FFFF
    return f"{number % 10**_DIGITS:0{_DIGITS}d}"


def step_of(now: float) -> int:
    """Return the step that a time, in epoch seconds, lies in."""
    return int(now // STEP_SECONDS)


def matching_step(seed: bytes, code: str, *, now: float, after_step: int) -> int | None:
    """Return the step that a code belongs to, or None.

    Args:
        seed: as the authenticator has it.
        code: as it was typed.
        now: the time in epoch seconds; the steps beside it count, too.
        after_step: the last step whose code was used: neither it nor one before it counts again. -1 for none.
    """
    window = [step_of(now) + drift for drift in _DRIFT]
    # All are computed and compared, so that the time doesn't tell which one fits.
    fits = [hmac.compare_digest(totp(seed, max(step, 0)).encode(), code.encode()) for step in window]
    return max(
        (step for step, fit in zip(window, fits, strict=True) if fit and step > after_step), default=None
    )
