"""Lockout: what happens after wrong passwords, and hourly limits of operations.

After five consecutive failures the user is locked for a second, and each further failure doubles that, up to
a quarter of an hour. Attempts during a lock are refused, right or wrong, and don't lengthen it. A success or
a quiet quarter of an hour starts the count anew.

Sources: guide:amazon-cognito-user-pools-authentication-flow (lockout behaviour).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.records import Attempts

if TYPE_CHECKING:
    from collections.abc import Mapping

FREE_FAILURES = 5
LONGEST_LOCK_MS = 15 * 60 * 1000
QUIET_MS = 15 * 60 * 1000
HOUR_MS = 60 * 60 * 1000

HOURLY_LIMITS: Mapping[str, int] = {
    "ResendConfirmationCode": 5,
    "ConfirmSignUp": 15,
    "ChangePassword": 5,
    "GetUserAttributeVerificationCode": 5,
    "VerifyUserAttribute": 15,
    "ForgotPassword": 5,
    "ConfirmForgotPassword": 15,
    # Assumed: a sign-in sends a user at most 20 codes of a second factor within an hour; the service tells no number.
    "SendMfaCode": 20,
}
"""Calls a user may make within an hour; SendMfaCode is no operation, and what a challenge does that sends a code.

Sources: guide:quotas (the service gives 5 to 20 for the two of forgotten passwords).
"""


def is_locked(counted: Attempts | None, now_ms: int) -> bool:
    """Return whether password attempts are refused at this moment."""
    return counted is not None and now_ms < counted.locked_until_ms


def after_failure(counted: Attempts | None, now_ms: int) -> Attempts:
    """Return the count after one more wrong password."""
    failures = 1
    if counted is not None and now_ms - max(counted.since_ms, counted.locked_until_ms) < QUIET_MS:
        failures = counted.failures + 1
    locked_until_ms = 0
    if failures >= FREE_FAILURES:
        # The exponent is bounded before it is used: a count of thousands must not make a number of thousands of bits.
        doubled = 1000 * 2 ** min(failures - FREE_FAILURES, 20)
        locked_until_ms = now_ms + min(doubled, LONGEST_LOCK_MS)
    return Attempts(failures=failures, since_ms=now_ms, locked_until_ms=locked_until_ms)


def after_call(counted: Attempts | None, operation: str, *, now_ms: int) -> Attempts | None:
    """Return the count of an operation's calls after one more, or None when the hour's limit is reached."""
    if counted is None or now_ms - counted.since_ms >= HOUR_MS:
        return Attempts(failures=1, since_ms=now_ms)
    if counted.failures >= HOURLY_LIMITS[operation]:
        return None
    return Attempts(failures=counted.failures + 1, since_ms=counted.since_ms)
