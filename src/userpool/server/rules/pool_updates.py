"""What UpdateUserPool and AddCustomAttributes make of a pool.

An update replaces the settings: what a request leaves out has its default afterwards, save for what is kept
here. What users are called and which attributes they have can't be changed at all, so that no request has a
member for it.

Sources: api:UpdateUserPool, api:AddCustomAttributes; which settings an update keeps, as measured in public reports
(Policies and both of its parts, MfaConfiguration).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from userpool.server.records import PoolFactors
from userpool.server.rules.mfa_settings import OFF
from userpool.server.rules.pool_settings import with_defaults
from userpool.server.rules.schema import custom_attribute
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import UserPoolPolicyType, UserPoolType

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.records import Pool
    from userpool.wire.user_pools import SchemaAttributeTypeInput, UpdateUserPoolRequest

MOST_CUSTOM_ATTRIBUTES = 50
FIXED = (
    "id",
    "arn",
    "creation_date",
    "schema_attributes",
    "alias_attributes",
    "username_attributes",
    "username_configuration",
    "domain",
    "custom_domain",
)
"""What nothing changes after a pool was made."""
# Assumed: an update that leaves out PoolName, DeletionProtection, UserPoolTier, KeyConfiguration or
# IssuerConfiguration keeps them, as it keeps Policies and MfaConfiguration.
KEPT = (
    "mfa_configuration",
    "deletion_protection",
    "user_pool_tier",
    "key_configuration",
    "issuer_configuration",
)
"""What an update that doesn't name it leaves as it is."""


def updated(pool: Pool, request: UpdateUserPoolRequest) -> Pool:
    """Return a pool with the settings of a request; whether they go together is for the caller to check.

    Raises:
        InvalidParameterException: MFA is to be required of a pool that didn't require it when it was made.
    """
    before = pool.description
    given = msgspec.convert(msgspec.to_builtins(request), UserPoolType)
    _check_mfa_configuration(before, given)
    kept = {name: getattr(before, name) for name in KEPT if getattr(given, name) is None}
    policies = given.policies or UserPoolPolicyType()
    had = before.policies or UserPoolPolicyType()
    given = replace(
        given,
        **kept,
        policies=UserPoolPolicyType(
            password_policy=policies.password_policy or had.password_policy,
            sign_in_policy=policies.sign_in_policy or had.sign_in_policy,
        ),
    )
    factors = _factors(pool.factors, given)
    if factors.sms and given.sms_configuration is None:
        # Assumed: a pool that has SMS codes as a second factor keeps the SmsConfiguration that an update leaves out.
        given = replace(given, sms_configuration=before.sms_configuration)
    description = replace(
        with_defaults(given),
        name=request.pool_name or before.name,
        **{name: getattr(before, name) for name in FIXED},
    )
    return replace(pool, description=description, factors=factors)


def _check_mfa_configuration(before: UserPoolType, given: UserPoolType) -> None:
    if given.mfa_configuration == "ON" and before.mfa_configuration != "ON":
        raise InvalidParameterException(
            "Cannot turn MFA functionality ON, once the user pool has been created."
        )


def _factors(had: PoolFactors, given: UserPoolType) -> PoolFactors:
    if given.mfa_configuration in {None, OFF}:
        return PoolFactors(webauthn=had.webauthn)
    if had.software_token or had.email is not None:
        return had
    return replace(had, sms=True)


def with_custom_attributes(pool: UserPoolType, declared: Sequence[SchemaAttributeTypeInput]) -> UserPoolType:
    """Return a pool with further custom attributes; an attribute never goes again.

    Raises:
        InvalidParameterException: one exists, can't be kept, or is one too many.
    """
    schema = {attribute.name: attribute for attribute in pool.schema_attributes or []}
    for wanted in declared:
        custom = custom_attribute(wanted)
        if custom.name in schema:
            raise InvalidParameterException(
                f"{custom.name}: Existing attribute already has name {custom.name}."
            )
        schema[custom.name] = custom
    if sum(":" in str(name) for name in schema) > MOST_CUSTOM_ATTRIBUTES:
        # Assumed: the text when a pool would have more than 50 custom attributes.
        raise InvalidParameterException(
            f"A user pool has at most {MOST_CUSTOM_ATTRIBUTES} custom attributes."
        )
    return replace(pool, schema_attributes=list(schema.values()))
