"""The settings of a user pool: what a new one has that nobody asked for, and what can't be had together.

Rules work on the description of a pool, so that creating and updating one obey the same.

Sources: api:CreateUserPool, api:UserPoolType, api:PasswordPolicyType, guide:user-pool-settings-attributes,
guide:cognito-sign-in-feature-plans; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from userpool.server.rules.lambda_settings import check_lambda_config
from userpool.server.rules.password_policy import DEFAULT_TEMPORARY_DAYS
from userpool.server.rules.schema import make_schema, required_names
from userpool.wire.faults import FeatureUnavailableInTierException, InvalidParameterException
from userpool.wire.user_pools import (
    AdminCreateUserConfigType,
    EmailConfigurationType,
    LambdaConfigType,
    PasswordPolicyType,
    UserPoolPolicyType,
    UserPoolType,
    VerificationMessageTemplateType,
)

if TYPE_CHECKING:
    from userpool.wire.user_pools import CreateUserPoolRequest

DEFAULT_MINIMUM_LENGTH = 8
STRONG = PasswordPolicyType(
    minimum_length=DEFAULT_MINIMUM_LENGTH,
    require_uppercase=True,
    require_lowercase=True,
    require_numbers=True,
    require_symbols=True,
)
"""The password policy of a pool for which none was given."""


def description_of(request: CreateUserPoolRequest) -> UserPoolType:
    """Return what a new pool's description says, save its id, its ARN and its dates.

    Raises:
        InvalidParameterException: the schema can't be kept.
    """
    # Members that a request and a description share have one name and one form on the wire.
    given = msgspec.convert(msgspec.to_builtins(request), UserPoolType)
    return replace(
        with_defaults(given), name=request.pool_name, schema_attributes=make_schema(request.schema or [])
    )


def with_defaults(given: UserPoolType) -> UserPoolType:
    """Return settings as they were asked for, with what a pool has where nothing was said."""
    days = _temporary_days(given)
    template = given.verification_message_template or VerificationMessageTemplateType()
    email = given.email_configuration or EmailConfigurationType()
    devices = given.device_configuration
    return replace(
        given,
        policies=UserPoolPolicyType(
            password_policy=_password_policy(given, days),
            sign_in_policy=given.policies.sign_in_policy if given.policies else None,
        ),
        deletion_protection=given.deletion_protection or "INACTIVE",
        lambda_config=given.lambda_config or LambdaConfigType(),
        verification_message_template=replace(
            template, default_email_option=template.default_email_option or "CONFIRM_WITH_CODE"
        ),
        mfa_configuration=given.mfa_configuration or "OFF",
        # Remembering devices begins with any member of the configuration; an empty one says nothing.
        device_configuration=devices if devices is not None and msgspec.to_builtins(devices) else None,
        email_configuration=replace(
            email, email_sending_account=email.email_sending_account or "COGNITO_DEFAULT"
        ),
        admin_create_user_config=_admin_create_user_config(given, days),
        user_pool_tier=given.user_pool_tier or "ESSENTIALS",
    )


def _temporary_days(given: UserPoolType) -> int:
    policy = given.policies.password_policy if given.policies else None
    config = given.admin_create_user_config
    days = policy.temporary_password_validity_days if policy else None
    # The setting's former name still counts where the present one isn't given; 0 means the default.
    return days or (config.unused_account_validity_days if config else None) or DEFAULT_TEMPORARY_DAYS


def _password_policy(given: UserPoolType, days: int) -> PasswordPolicyType:
    policy = given.policies.password_policy if given.policies else None
    if policy is None:
        return replace(STRONG, temporary_password_validity_days=days)
    return PasswordPolicyType(
        # Assumed: a password policy without MinimumLength asks for 8 characters.
        minimum_length=policy.minimum_length or DEFAULT_MINIMUM_LENGTH,
        require_uppercase=bool(policy.require_uppercase),
        require_lowercase=bool(policy.require_lowercase),
        require_numbers=bool(policy.require_numbers),
        require_symbols=bool(policy.require_symbols),
        password_history_size=policy.password_history_size,
        temporary_password_validity_days=days,
    )


def _admin_create_user_config(given: UserPoolType, days: int) -> AdminCreateUserConfigType:
    config = given.admin_create_user_config or AdminCreateUserConfigType()
    return replace(
        config,
        allow_admin_create_user_only=bool(config.allow_admin_create_user_only),
        unused_account_validity_days=days,
    )


def check_settings(pool: UserPoolType) -> None:
    """Refuse settings that can't be had together, or not in the pool's feature plan.

    Raises:
        InvalidParameterException: two of them contradict one another.
        FeatureUnavailableInTierException: one belongs to a higher plan.
    """
    _check_sign_in_names(pool)
    _check_recovery(pool)
    _check_tier(pool)
    check_lambda_config(pool.lambda_config, tier=pool.user_pool_tier)


def _check_sign_in_names(pool: UserPoolType) -> None:
    if pool.alias_attributes and pool.username_attributes:
        # Assumed: the text with which a pool with both aliases and username attributes is refused.
        raise InvalidParameterException(
            "Only one of the aliasAttributes or usernameAttributes can be set in a user pool."
        )
    if "preferred_username" in (pool.alias_attributes or []) and "preferred_username" in required_names(pool):
        # Assumed: the text with which preferred_username is refused as both required and an alias.
        raise InvalidParameterException("preferred_username can't be both a required attribute and an alias.")


def _check_recovery(pool: UserPoolType) -> None:
    mechanisms = (pool.account_recovery_setting and pool.account_recovery_setting.recovery_mechanisms) or []
    names = {mechanism.name for mechanism in mechanisms}
    if "admin_only" in names and len(names) > 1:
        # Assumed: the text with which admin_only is refused beside other recovery mechanisms.
        raise InvalidParameterException(
            "Invalid account recovery setting parameter. admin_only can't be combined with other mechanisms."
        )
    if len(names) < len(mechanisms) or len({mechanism.priority for mechanism in mechanisms}) < len(
        mechanisms
    ):
        # Assumed: account recovery mechanisms that share a name or a priority are refused.
        raise InvalidParameterException(
            "Invalid account recovery setting parameter. Names and priorities of mechanisms have to differ."
        )


def _check_tier(pool: UserPoolType) -> None:
    tier = pool.user_pool_tier
    if _has_threat_protection(pool) and tier != "PLUS":
        raise _above_tier("Threat protection", tier)
    if tier == "LITE":
        for feature, is_on in (
            ("A password history", _has_password_history(pool)),
            ("Signing in by another factor than a password", bool(_other_factors(pool))),
            ("Dynamic client registration", _has_client_registration(pool)),
            ("Naming authentication levels", bool(pool.acr_configuration)),
        ):
            if is_on:
                raise _above_tier(feature, tier)


def _above_tier(feature: str, tier: str | None) -> FeatureUnavailableInTierException:
    # Assumed: the text with which a feature is refused that the pool's feature plan doesn't have.
    return FeatureUnavailableInTierException(f"{feature} is not available in the {tier} feature plan.")


def unbuilt_feature(pool: UserPoolType) -> str | None:
    """Return the first feature that a description turns on and that isn't built yet, or None.

    Whoever asks for one of these would believe to be protected, or served, in a way in which they aren't.
    """
    template = pool.verification_message_template
    key = pool.key_configuration
    issuer = pool.issuer_configuration
    triggers = pool.lambda_config
    asked = {
        "The InboundFederation trigger": triggers is not None and triggers.inbound_federation is not None,
        "Threat protection": _has_threat_protection(pool),
        "Signing in by another factor than a password": bool(_other_factors(pool)),
        "The password history": _has_password_history(pool),
        "Confirmation by link": template is not None and template.default_email_option == "CONFIRM_WITH_LINK",
        "Dynamic client registration": _has_client_registration(pool),
        "Naming authentication levels": pool.acr_configuration is not None,
        "Encryption by a customer managed key": key is not None and key.key_type == "CUSTOMER_MANAGED_KEY",
        "The updated issuer": issuer is not None and issuer.type == "UPDATED",
    }
    return next((feature for feature, is_asked in asked.items() if is_asked), None)


def _has_threat_protection(pool: UserPoolType) -> bool:
    add_ons = pool.user_pool_add_ons
    return add_ons is not None and add_ons.advanced_security_mode in {"AUDIT", "ENFORCED"}


def _has_client_registration(pool: UserPoolType) -> bool:
    registration = pool.dcr_configuration
    return registration is not None and registration.enable_status == "Enabled"


def _has_password_history(pool: UserPoolType) -> bool:
    policy = pool.policies.password_policy if pool.policies else None
    return policy is not None and bool(policy.password_history_size)


def _other_factors(pool: UserPoolType) -> set[str]:
    policy = pool.policies.sign_in_policy if pool.policies else None
    return set((policy and policy.allowed_first_auth_factors) or []) - {"PASSWORD"}
