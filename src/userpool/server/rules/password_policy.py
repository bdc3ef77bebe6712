"""The password policy of a pool: what a password has to contain, and making one that does.

One reason is told at a time, length first.

Sources: guide:user-pool-settings-policies, api:PasswordPolicyType; the order of the other reasons isn't
documented.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.effects import token_text
from userpool.wire.faults import InvalidPasswordException

if TYPE_CHECKING:
    from userpool.effects import Effects
    from userpool.wire.user_pools import PasswordPolicyType, UserPoolType

LOWER = "abcdefghijklmnopqrstuvwxyz"
UPPER = LOWER.upper()
DIGITS = "0123456789"
SYMBOLS = "^$*.[]{}()?\"!@#%&/\\,><':;|_~`=+-"
# Left out of made passwords: what people mix up when they read them, and what mail programs and HTML change.
_CLEAR = {
    LOWER: "abcdefghijkmnpqrstuvwxyz",
    UPPER: "ABCDEFGHJKLMNPQRSTUVWXYZ",
    DIGITS: "23456789",
    SYMBOLS: "!@#%*+-=?",
}
SHORTEST_TEMPORARY = 12
DEFAULT_TEMPORARY_DAYS = 7
DAY_MS = 24 * 60 * 60 * 1000


def policy_of(pool: UserPoolType) -> PasswordPolicyType | None:
    """Return the pool's password policy."""
    return pool.policies.password_policy if pool.policies else None


def check_password(pool: UserPoolType, password: str) -> None:
    """Refuse a password that the policy doesn't allow.

    Raises:
        InvalidPasswordException: the first reason, in the service's words.
    """
    policy = policy_of(pool)
    if policy is None:
        return
    if len(password) < (policy.minimum_length or 0):
        raise _refusal("Password not long enough")
    # Assumed: reasons after the length are told in the order lowercase, uppercase, numeric, symbol.
    if policy.require_lowercase and not any(character in LOWER for character in password):
        raise _refusal("Password must have lowercase characters")
    if policy.require_uppercase and not any(character in UPPER for character in password):
        raise _refusal("Password must have uppercase characters")
    if policy.require_numbers and not any(character in DIGITS for character in password):
        raise _refusal("Password must have numeric characters")
    if policy.require_symbols and not any(character in SYMBOLS for character in password):
        raise _refusal("Password must have symbol characters")


def make_temporary_password(pool: UserPoolType, effects: Effects) -> str:
    """Return a random password that satisfies the policy, at least 12 characters of four kinds."""
    policy = policy_of(pool)
    length = max(SHORTEST_TEMPORARY, (policy.minimum_length or 0) if policy else 0)
    one_of_each = "".join(token_text(effects, alphabet, count=1) for alphabet in _CLEAR.values())
    rest = token_text(effects, "".join(_CLEAR.values()), count=length - len(one_of_each))
    # Insertion at random places: otherwise the first four characters would be of known kinds.
    password = list(rest)
    for character in one_of_each:
        place = int.from_bytes(effects.random_bytes(8), "big") % (len(password) + 1)
        password.insert(place, character)
    return "".join(password)


def temporary_password_expiry_ms(pool: UserPoolType, *, now_ms: int) -> int:
    """Return when a password that an administrator gives now stops working; 0 and no days at all mean 7."""
    policy = policy_of(pool)
    days = (policy.temporary_password_validity_days if policy else None) or DEFAULT_TEMPORARY_DAYS
    return now_ms + days * DAY_MS


def _refusal(reason: str) -> InvalidPasswordException:
    return InvalidPasswordException(f"Password did not conform with policy: {reason}")
