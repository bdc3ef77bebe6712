"""The second factors of a user: which are switched on, and which is preferred.

Sources: api:SetUserMFAPreference, api:AdminSetUserMFAPreference, api:SetUserSettings, api:AdminSetUserSettings,
api:GetUserAuthFactors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.bearer import authorise
from userpool.server.credentials import KIND
from userpool.server.database.credentials import sealed_credential
from userpool.server.finding import find_pool, find_user, user_again
from userpool.server.roster import change
from userpool.server.rules.mfa_preferences import (
    check_choices,
    choices_of,
    preferring,
    told_methods,
    with_options,
)
from userpool.server.software_tokens import is_pending
from userpool.wire.mfa import (
    AdminGetUserAuthFactorsResponse,
    AdminSetUserMFAPreferenceResponse,
    AdminSetUserSettingsResponse,
    GetUserAuthFactorsResponse,
    SetUserMFAPreferenceResponse,
    SetUserSettingsResponse,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Pool, User
    from userpool.wire.mfa import (
        AdminGetUserAuthFactorsRequest,
        AdminSetUserMFAPreferenceRequest,
        AdminSetUserSettingsRequest,
        GetUserAuthFactorsRequest,
        SetUserMFAPreferenceRequest,
        SetUserSettingsRequest,
    )

FIRST_FACTORS = {"EMAIL_OTP": "email", "SMS_OTP": "phone_number"}
"""First factors that send a code, and the attribute it goes to."""

# ---- factors that are switched on ----


async def set_user_mfa_preference(
    context: Context, request: SetUserMFAPreferenceRequest
) -> SetUserMFAPreferenceResponse:
    """Switch the bearer's second factors on or off, and prefer one."""
    bearer = await authorise(context, request.access_token)
    choices = choices_of(request)

    async def write(transaction: Transaction) -> None:
        user = await user_again(transaction, bearer.user)
        waits = await is_pending(context, transaction, user.sub)
        check_choices(bearer.pool, user, choices, token_waits=waits)
        await _save(context, transaction, bearer.pool, user, preferring(user, choices))

    await context.database.write(write)
    return SetUserMFAPreferenceResponse()


async def admin_set_user_mfa_preference(
    context: Context, request: AdminSetUserMFAPreferenceRequest
) -> AdminSetUserMFAPreferenceResponse:
    """Switch a user's second factors on or off, and prefer one."""
    pool = await find_pool(context, request.user_pool_id)
    choices = choices_of(request)

    async def write(transaction: Transaction) -> None:
        user = await find_user(context, pool, request.username, within=transaction)
        check_choices(pool, user, choices, token_waits=None)
        await _save(context, transaction, pool, user, preferring(user, choices))

    await context.database.write(write)
    return AdminSetUserMFAPreferenceResponse()


async def set_user_settings(context: Context, request: SetUserSettingsRequest) -> SetUserSettingsResponse:
    """Switch codes by SMS on or off for the bearer, the older way."""
    bearer = await authorise(context, request.access_token)

    async def write(transaction: Transaction) -> None:
        user = await user_again(transaction, bearer.user)
        after = with_options(bearer.pool, user, request.mfa_options)
        await _save(context, transaction, bearer.pool, user, after)

    await context.database.write(write)
    return SetUserSettingsResponse()


async def admin_set_user_settings(
    context: Context, request: AdminSetUserSettingsRequest
) -> AdminSetUserSettingsResponse:
    """Switch codes by SMS on or off for a user, the older way."""
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> None:
        user = await find_user(context, pool, request.username, within=transaction)
        await _save(context, transaction, pool, user, with_options(pool, user, request.mfa_options))

    await context.database.write(write)
    return AdminSetUserSettingsResponse()


async def _save(context: Context, transaction: Transaction, pool: Pool, user: User, after: User) -> None:
    # A user whose factors stay as they were isn't touched: a change ends the sign-ins under way.
    if after != user:
        await change(transaction, pool, user, replace(after, modified_ms=context.now_ms))


# ---- factors that a user has ----


async def get_user_auth_factors(
    context: Context, request: GetUserAuthFactorsRequest
) -> GetUserAuthFactorsResponse:
    """Tell what the bearer can sign in with."""
    bearer = await authorise(context, request.access_token)
    return GetUserAuthFactorsResponse(
        username=bearer.user.username,
        preferred_mfa_setting=bearer.user.preferred_mfa,
        user_mfa_setting_list=told_methods(bearer.user),
        configured_user_auth_factors=await _auth_factors(context, bearer.pool, bearer.user),
    )


async def admin_get_user_auth_factors(
    context: Context, request: AdminGetUserAuthFactorsRequest
) -> AdminGetUserAuthFactorsResponse:
    """Tell what a user can sign in with."""
    pool = await find_pool(context, request.user_pool_id)
    user = await find_user(context, pool, request.username)
    return AdminGetUserAuthFactorsResponse(
        username=user.username,
        preferred_mfa_setting=user.preferred_mfa,
        user_mfa_setting_list=told_methods(user),
        configured_user_auth_factors=await _auth_factors(context, pool, user),
    )


async def _auth_factors(context: Context, pool: Pool, user: User) -> list[str]:
    policy = pool.description.policies and pool.description.policies.sign_in_policy
    allowed = (policy and policy.allowed_first_auth_factors) or []
    factors = [
        factor
        for factor, attribute in FIRST_FACTORS.items()
        if factor in allowed and user.attributes.get(f"{attribute}_verified") == "true"
    ]
    if await sealed_credential(context.database.reader, user.sub, KIND) is not None:
        factors.insert(0, "PASSWORD")
    return [*factors, "SOFTWARE_TOKEN"] if user.has_software_token else factors
