"""The second factors of a user pool: what can't be had together, and how they are told.

Making and updating a pool knows SMS codes only; the other factors come by SetUserPoolMfaConfig, which replaces
all there was.

Sources: api:SetUserPoolMfaConfig, api:CreateUserPool, guide:user-pool-settings-mfa,
guide:managing-users-passwords (one medium isn't both factor and recovery); texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from userpool.server.records import PoolFactors
from userpool.wire.faults import FeatureUnavailableInTierException, InvalidParameterException
from userpool.wire.mfa import (
    EmailMfaConfigType,
    GetUserPoolMfaConfigResponse,
    SmsMfaConfigType,
    SoftwareTokenMfaConfigType,
    WebAuthnConfigurationType,
)
from userpool.wire.shapes import SmsConfigurationType

if TYPE_CHECKING:
    from userpool.server.records import Pool
    from userpool.wire.mfa import SetUserPoolMfaConfigRequest
    from userpool.wire.user_pools import UserPoolType

OFF = "OFF"


def factors_at_first(pool: UserPoolType) -> PoolFactors:
    """Return the factors of a pool that was just made: SMS codes, or none."""
    return PoolFactors(sms=pool.mfa_configuration not in {None, OFF})


def configured(pool: Pool, request: SetUserPoolMfaConfigRequest) -> Pool:
    """Return a pool with the factors of a request, and no others.

    Raises:
        InvalidParameterException: what is asked for can't be had together.
        FeatureUnavailableInTierException: e-mail codes belong to a higher feature plan.
    """
    mode = request.mfa_configuration or OFF
    token, sms, email = (
        request.software_token_mfa_configuration,
        request.sms_mfa_configuration,
        request.email_mfa_configuration,
    )
    factors = PoolFactors(
        sms=sms is not None,
        software_token=token is not None and bool(token.enabled),
        email=None if email is None else EmailMfaConfigType(message=email.message, subject=email.subject),
        webauthn=_webauthn(request),
    )
    if mode == OFF and (factors.sms or factors.software_token or factors.email is not None):
        raise InvalidParameterException(
            "Invalid MFA configuration given, can't turn off MFA and configure an MFA together."
        )
    description = replace(pool.description, mfa_configuration=mode)
    if sms is not None:
        given = sms.sms_configuration
        description = replace(
            description,
            sms_authentication_message=sms.sms_authentication_message,
            # A block without a configuration of its own goes by the pool's.
            sms_configuration=msgspec.convert(msgspec.to_builtins(given), SmsConfigurationType)
            if given is not None
            else description.sms_configuration,
        )
    after = replace(pool, description=description, factors=factors)
    check_factors(after.description, after.factors)
    return after


def _webauthn(request: SetUserPoolMfaConfigRequest) -> WebAuthnConfigurationType | None:
    given = request.webauthn_configuration
    return None if given is None else msgspec.convert(msgspec.to_builtins(given), WebAuthnConfigurationType)


def told(pool: Pool) -> GetUserPoolMfaConfigResponse:
    """Return what GetUserPoolMfaConfig tells of a pool: the members of the factors that are on."""
    description, factors = pool.description, pool.factors
    return GetUserPoolMfaConfigResponse(
        sms_mfa_configuration=SmsMfaConfigType(
            sms_authentication_message=description.sms_authentication_message,
            sms_configuration=description.sms_configuration,
        )
        if factors.sms
        else None,
        software_token_mfa_configuration=SoftwareTokenMfaConfigType(enabled=True)
        if factors.software_token
        else None,
        email_mfa_configuration=factors.email,
        mfa_configuration=description.mfa_configuration or OFF,
        webauthn_configuration=factors.webauthn,
    )


def check_factors(pool: UserPoolType, factors: PoolFactors) -> None:
    """Refuse second factors that a pool can't have, or not beside its other settings.

    Raises:
        InvalidParameterException: there is none for MFA that is on, one lacks what it needs, or two settings
            contradict one another.
        FeatureUnavailableInTierException: e-mail codes belong to a higher feature plan.
    """
    if pool.mfa_configuration in {None, OFF}:
        return
    if factors.sms and pool.sms_configuration is None:
        raise _without_sms_configuration()
    if not (factors.sms or factors.software_token or factors.email is not None):
        raise InvalidParameterException(
            "Invalid MFA Configuration given. SMS MFA, Email MFA, or Software Token MFA must be enabled."
        )
    if factors.email is not None:
        _check_email(pool)
    if pool.mfa_configuration == "ON":
        _check_first_factors(pool, factors)
        _check_recovery(pool, factors)


def _without_sms_configuration() -> InvalidParameterException:
    return InvalidParameterException(
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
    )


def _check_email(pool: UserPoolType) -> None:
    if pool.user_pool_tier == "LITE":
        # Assumed: the text with which e-mail MFA is refused in the LITE feature plan.
        raise FeatureUnavailableInTierException("Email MFA is not available in the LITE feature plan.")
    email = pool.email_configuration
    if email is None or email.email_sending_account != "DEVELOPER":
        # Assumed: the text with which e-mail MFA is refused in a pool whose EmailSendingAccount isn't DEVELOPER.
        raise InvalidParameterException(
            "Invalid MFA Configuration given. Email MFA needs an EmailConfiguration with the "
            "EmailSendingAccount DEVELOPER."
        )


def _check_first_factors(pool: UserPoolType, factors: PoolFactors) -> None:
    policy = pool.policies.sign_in_policy if pool.policies else None
    allowed = set((policy and policy.allowed_first_auth_factors) or [])
    if allowed & {"EMAIL_OTP", "SMS_OTP"}:
        raise InvalidParameterException(
            "Only PASSWORD and WEB_AUTHN (if configured) can be enabled as an auth factor if MFA is enabled"
        )
    passkeys = factors.webauthn
    if "WEB_AUTHN" in allowed and passkeys is not None and passkeys.factor_configuration == "SINGLE_FACTOR":
        raise InvalidParameterException(
            "Cannot set WebAuthn factor configuration to SINGLE_FACTOR if MFA is required and WebAuthn is an "
            "allowed first auth factor"
        )


def _check_recovery(pool: UserPoolType, factors: PoolFactors) -> None:
    setting = pool.account_recovery_setting
    names = [mechanism.name for mechanism in (setting and setting.recovery_mechanisms) or []]
    # Assumed: SMS codes and recovery by phone exclude one another where MFA is required and nothing else recovers.
    if factors.sms and names == ["verified_phone_number"]:
        raise InvalidParameterException(
            "Invalid account recovery setting parameter. Account Recovery Setting cannot use "
            "verified_phone_number as a recovery mechanism when SMS MFA is configured."
        )
