"""The second factors of a user: switched on and off, and preferred.

Sources: api:SetUserMFAPreference, api:AdminSetUserMFAPreference, api:SetUserSettings,
guide:user-pool-settings-mfa; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.rules.mfa import ORDER, is_equipped, pool_methods
from userpool.wire.faults import InvalidParameterException
from userpool.wire.shapes import MFAOptionType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.records import MfaMethod, Pool, User
    from userpool.wire.mfa import (
        AdminSetUserMFAPreferenceRequest,
        MFAOptionTypeInput,
        SetUserMFAPreferenceRequest,
    )

SMS_OPTION = "phone_number"


class Choice(NamedTuple):
    """What a request says of one factor."""

    method: MfaMethod
    is_enabled: bool
    is_preferred: bool


def choices_of(request: SetUserMFAPreferenceRequest | AdminSetUserMFAPreferenceRequest) -> list[Choice]:
    """Return what a request says, factor by factor; a factor that it doesn't name stays as it is.

    Raises:
        InvalidParameterException: two factors are preferred, or one that isn't enabled.
    """
    # Assumed: a block of SetUserMFAPreference without Enabled switches its factor off.
    blocks: list[tuple[MfaMethod, bool | None, bool | None]] = []
    if (sms := request.sms_mfa_settings) is not None:
        blocks.append(("SMS_MFA", sms.enabled, sms.preferred_mfa))
    if (token := request.software_token_mfa_settings) is not None:
        blocks.append(("SOFTWARE_TOKEN_MFA", token.enabled, token.preferred_mfa))
    if (email := request.email_mfa_settings) is not None:
        blocks.append(("EMAIL_OTP", email.enabled, email.preferred_mfa))
    if (passkey := request.webauthn_mfa_settings) is not None:
        blocks.append(("WEB_AUTHN", passkey.enabled, None))
    choices = [Choice(method, bool(enabled), bool(preferred)) for method, enabled, preferred in blocks]
    if sum(choice.is_preferred for choice in choices) > 1:
        # Assumed: the text with which two preferred factors are refused.
        raise InvalidParameterException("Invalid MFA preference given, only one MFA can be preferred.")
    if any(choice.is_preferred and not choice.is_enabled for choice in choices):
        # Assumed: the text with which a factor is refused that is preferred and not enabled.
        raise InvalidParameterException(
            "Invalid MFA preference given, an MFA that is not enabled can't be preferred."
        )
    return choices


def check_choices(pool: Pool, user: User, choices: Sequence[Choice], *, token_waits: bool | None) -> None:
    """Refuse to switch on a factor that the pool doesn't have or the user isn't equipped for.

    Args:
        pool: the user's pool.
        user: as it is now.
        choices: what is asked for.
        token_waits: whether an authenticator waits to be verified; None where an administrator asks, who is told
            less.

    Raises:
        InvalidParameterException: with the service's words.
    """
    for choice in choices:
        if not choice.is_enabled:
            continue
        # Assumed: a factor that the pool doesn't have is refused like one that the user has no means for.
        if choice.method in pool_methods(pool) and is_equipped(user, choice.method):
            continue
        if choice.method == "SOFTWARE_TOKEN_MFA" and token_waits is not None and not user.has_software_token:
            raise InvalidParameterException(
                "User has not verified software token mfa"
                if token_waits
                else "User has not set up software token mfa"
            )
        raise no_delivery(choice.method)


def no_delivery(method: MfaMethod) -> InvalidParameterException:
    """Return what is said to whom lacks the means for a factor."""
    return InvalidParameterException(f"User does not have delivery config set to turn on {method}")


def preferring(user: User, choices: Sequence[Choice]) -> User:
    """Return a user whose factors are as chosen; those not named stay as they are."""
    methods: set[MfaMethod] = set(user.mfa_methods)
    options, preferred = user.mfa_options, user.preferred_mfa
    for choice in choices:
        if choice.is_enabled:
            methods.add(choice.method)
        else:
            methods.discard(choice.method)
            # Off means off, whichever way it was switched on.
            options = [] if choice.method == "SMS_MFA" else options
        if preferred == choice.method:
            preferred = None
        if choice.is_preferred:
            preferred = choice.method
    return _with(user, methods, options, preferred)


def with_options(pool: Pool, user: User, options: Sequence[MFAOptionTypeInput]) -> User:
    """Return a user to whom codes by SMS are switched on the older way, or off by an empty list.

    Raises:
        InvalidParameterException: another medium or attribute than SMS to the phone number, or there is no number.
    """
    if not options:
        # Assumed: SetUserSettings with an empty list switches SMS codes off, whichever way they were switched on.
        return preferring(user, [Choice("SMS_MFA", is_enabled=False, is_preferred=False)])
    if any((option.delivery_medium, option.attribute_name) != ("SMS", SMS_OPTION) for option in options):
        # Assumed: the text with which SetUserSettings refuses everything but SMS to phone_number.
        raise InvalidParameterException("Invalid MFA options given, only SMS to phone_number is supported.")
    if "SMS_MFA" not in pool_methods(pool) or not is_equipped(user, "SMS_MFA"):
        raise no_delivery("SMS_MFA")
    return _with(user, set(user.mfa_methods), [SMS_OPTION], user.preferred_mfa)


def without(user: User, method: MfaMethod) -> User:
    """Return a user for whom a factor is switched off and not preferred."""
    return preferring(user, [Choice(method, is_enabled=False, is_preferred=False)])


def _with(user: User, methods: set[MfaMethod], options: list[str], preferred: MfaMethod | None) -> User:
    return replace(
        user,
        mfa_methods=[method for method in ORDER if method in methods],
        mfa_options=options,
        preferred_mfa=preferred,
    )


def told_methods(user: User) -> list[str] | None:
    """Return UserMFASettingList, which isn't there when it would be empty."""
    return [*user.mfa_methods] or None


def told_options(user: User) -> list[MFAOptionType] | None:
    """Return MFAOptions, the older setting, which isn't there when it would be empty."""
    return [MFAOptionType(delivery_medium="SMS", attribute_name=name) for name in user.mfa_options] or None
