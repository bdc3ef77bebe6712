"""Second factors: which a user has, and what a sign-in asks for after the first one.

Sources: guide:user-pool-settings-mfa, api:InitiateAuth (SELECT_MFA_TYPE, MFA_SETUP),
api:SetUserMFAPreference.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

if TYPE_CHECKING:
    from userpool.server.records import MfaMethod, Pool, User

ORDER: tuple[MfaMethod, ...] = ("SMS_MFA", "SOFTWARE_TOKEN_MFA", "EMAIL_OTP", "WEB_AUTHN")
"""In which factors are told."""


class Decision(NamedTuple):
    """What follows the first factor."""

    challenge: MfaMethod | Literal["SELECT_MFA_TYPE", "MFA_SETUP"] | None
    """None: nothing, tokens are given. Never WEB_AUTHN: a passkey proves more than one factor when it is the first."""
    methods: tuple[MfaMethod, ...] = ()
    """What SELECT_MFA_TYPE offers, or what MFA_SETUP lists."""


def pool_methods(pool: Pool) -> list[MfaMethod]:
    """Return the second factors that a pool has switched on; none while its MFA is off."""
    if pool.description.mfa_configuration in {None, "OFF"}:
        return []
    factors = pool.factors
    is_on = {
        "SMS_MFA": factors.sms,
        "SOFTWARE_TOKEN_MFA": factors.software_token,
        "EMAIL_OTP": factors.email is not None,
    }
    return [method for method in ORDER if is_on.get(method)]


def user_methods(user: User) -> list[MfaMethod]:
    """Return the second factors that are switched on for a user, be it the present or the older way."""
    return [
        method
        for method in ORDER
        if method in user.mfa_methods or (method == "SMS_MFA" and "phone_number" in user.mfa_options)
    ]


def is_equipped(user: User, method: MfaMethod) -> bool:
    """Return whether a user has what a factor needs: a phone number, a verified address, an authenticator."""
    match method:
        case "SMS_MFA":
            # A code that arrives verifies the number.
            return bool(user.attributes.get("phone_number"))
        case "EMAIL_OTP":
            return bool(user.attributes.get("email")) and user.attributes.get("email_verified") == "true"
        case "SOFTWARE_TOKEN_MFA":
            return user.has_software_token
        case "WEB_AUTHN":
            return False


def usable_methods(pool: Pool, user: User) -> list[MfaMethod]:
    """Return the second factors that a user may answer with at a sign-in.

    They are those that the pool has, that are switched on for the user, and that the user is equipped for.
    Where the pool requires one and none is left, they are what the user can be asked for without having
    switched it on: a code to the phone number, else to the verified address.
    """
    there: list[MfaMethod] = [method for method in pool_methods(pool) if is_equipped(user, method)]
    switched_on = user_methods(user)
    chosen: list[MfaMethod] = [method for method in there if method in switched_on]
    if chosen or pool.description.mfa_configuration != "ON":
        return chosen
    # Assumed: where MFA is required, an authenticator that was verified and not switched on is asked for before
    # another one can be set up, as otherwise the password alone would replace it.
    automatic: tuple[MfaMethod, ...] = ("SMS_MFA", "EMAIL_OTP", "SOFTWARE_TOKEN_MFA")
    fallback: list[MfaMethod] = [method for method in automatic if method in there]
    return fallback[:1]


def decide(pool: Pool, user: User) -> Decision:
    """Return what a sign-in asks for after a password, SRP or a new password.

    A factor that replaces it (a remembered device, a passkey) is decided before.
    """
    if pool.description.mfa_configuration in {None, "OFF"}:
        return Decision(None)
    methods = usable_methods(pool, user)
    preferred = user.preferred_mfa
    if preferred is not None and preferred in methods:
        return Decision(preferred)
    if not methods:
        is_required = pool.description.mfa_configuration == "ON"
        return Decision("MFA_SETUP", tuple(pool_methods(pool))) if is_required else Decision(None)
    if len(methods) > 1:
        return Decision("SELECT_MFA_TYPE", tuple(methods))
    return Decision(methods[0])
