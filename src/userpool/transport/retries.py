"""When the same request may be sent again, and after how long.

Rules of this room: a request is repeated only if doing so cannot do anything twice. Either it was never sent,
or the service could not carry it out just then and carrying it out twice would be the same as once. A
password, a code or a new account is never sent twice.

Sources: api:CommonErrors; js-sdk:Client (`requestWithRetry` repeats every error, which we do not).
"""

from __future__ import annotations

from typing import Any, Final

from userpool.errors import SettingsError, TransportError, UserPoolError
from userpool.values import Value
from userpool.wire.fault import ServiceException
from userpool.wire.operation import Operation

__all__ = ["RetryPolicy", "may_repeat"]

# Twice is the same as once. A renewal belongs here even where refresh tokens rotate: the old token is all
# that we have, and the sooner it is shown again the more likely the pool's grace period still covers it.
_REPEATABLE: Final = frozenset(
    {
        "DeleteUserAttributes",
        "GetCredentialsForIdentity",
        "GetId",
        "GetOpenIdToken",
        "GetTokensFromRefreshToken",
        "GetUser",
        "RevokeToken",
    }
)
# Of the operation with many meanings these two: an SRP sign-in begins without judging any password.
_REPEATABLE_AUTH_FLOWS: Final = frozenset({"REFRESH_TOKEN_AUTH", "USER_SRP_AUTH"})


class RetryPolicy(Value, frozen=True, kw_only=True):
    """How often and how patiently to repeat what may be repeated; ``attempts=1`` never does.

    The pause before the n-th repetition is drawn between 0 and ``first_delay_seconds * 2 ** (n - 1)``, but at
    most ``longest_delay_seconds``, so that many clients do not come back at the same moment.

    Raises:
        SettingsError: fewer than one attempt, or a negative delay.
    """

    attempts: int = 3
    first_delay_seconds: float = 0.2
    longest_delay_seconds: float = 2.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_delay_seconds < 0 or self.longest_delay_seconds < 0:
            raise SettingsError("A retry policy has at least one attempt and no negative delay.")

    def delay_seconds(self, repetition: int, *, random: bytes) -> float:
        """Return how long to wait before a repetition, counted from 1; ``random`` are a few random bytes."""
        longest = min(self.longest_delay_seconds, self.first_delay_seconds * (1 << repetition - 1))
        drawn = int.from_bytes(random, "big") / (1 << 8 * len(random))
        return longest * drawn


def may_repeat(operation: Operation[Any, Any], request: Any, *, error: UserPoolError) -> bool:
    """Whether a request that failed in this way may be sent again."""
    if isinstance(error, TransportError):
        # A broken connection leaves open what happened; one that timed out has cost enough already.
        broken = type(error) is TransportError
        twice_is_once = _is_repeatable(operation, request) and not _makes_a_guest(operation, request)
        return error.retryable or (broken and twice_is_once)
    return isinstance(error, ServiceException) and error.retryable and _is_repeatable(operation, request)


def _is_repeatable(operation: Operation[Any, Any], request: Any) -> bool:
    if operation.name == "InitiateAuth":
        return getattr(request, "auth_flow", None) in _REPEATABLE_AUTH_FLOWS
    return operation.name in _REPEATABLE


def _makes_a_guest(operation: Operation[Any, Any], request: Any) -> bool:
    # The same login leads to the same identity, but without any each request makes another one, and the first would
    # be left behind. The service's own refusals are no reason to fear that: it says that it has made none.
    return operation.name == "GetId" and not getattr(request, "logins", None)
