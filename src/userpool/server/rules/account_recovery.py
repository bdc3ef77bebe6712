"""Account recovery: who may have a password reset, and where the code goes.

Sources: api:AccountRecoverySettingType, api:ForgotPassword, guide:managing-users-passwords; texts as
collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.rules.mfa import usable_methods
from userpool.server.rules.sign_in_names import VERIFIABLE
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from userpool.server.records import MfaMethod, Pool, User
    from userpool.wire.user_pools import UserPoolType

_ATTRIBUTES = {"verified_email": "email", "verified_phone_number": "phone_number"}
_FACTORS: Mapping[str, MfaMethod] = {"email": "EMAIL_OTP", "phone_number": "SMS_MFA"}
ADMIN_ONLY = "admin_only"


def recovery_attributes(pool: UserPoolType) -> Sequence[str]:
    """Return where reset codes go, first choice first; by default the phone before the e-mail."""
    setting = pool.account_recovery_setting
    if setting is None or not setting.recovery_mechanisms:
        return VERIFIABLE
    mechanisms = sorted(setting.recovery_mechanisms, key=lambda mechanism: mechanism.priority)
    return [_ATTRIBUTES[mechanism.name] for mechanism in mechanisms if mechanism.name in _ATTRIBUTES]


def check_self_service(pool: UserPoolType) -> None:
    """Refuse what a pool leaves to its administrators.

    Raises:
        NotAuthorizedException: with the service's words.
    """
    setting = pool.account_recovery_setting
    mechanisms = (setting.recovery_mechanisms if setting else None) or []
    if any(mechanism.name == ADMIN_ONLY for mechanism in mechanisms):
        raise NotAuthorizedException("Contact administrator to reset password.")


def check_resettable(user: User) -> None:
    """Refuse to reset the password of a user who has none of their own choosing yet, or none here at all.

    Raises:
        NotAuthorizedException: with the service's words.
    """
    if user.status in {"FORCE_CHANGE_PASSWORD", "EXTERNAL_PROVIDER"}:
        raise _wrong_state()


def attribute_for_reset(pool: Pool, user: User) -> str:
    """Return the attribute to which a user's reset code goes: the first choice that is verified.

    Where a second factor's codes go no reset code goes: whoever reads them would have both factors by one.

    Raises:
        NotAuthorizedException: the user's password can't be reset.
        InvalidParameterException: no code can reach the user.
    """
    check_resettable(user)
    second = usable_methods(pool, user)
    for name in recovery_attributes(pool.description):
        if _FACTORS[name] in second:
            continue
        if user.attributes.get(name) and user.attributes.get(f"{name}_verified") == "true":
            return name
    if user.status == "UNCONFIRMED":
        raise _wrong_state()
    raise InvalidParameterException(
        "Cannot reset password for the user as there is no registered/verified email or phone_number"
    )


def _wrong_state() -> NotAuthorizedException:
    return NotAuthorizedException("User password cannot be reset in the current state.")
