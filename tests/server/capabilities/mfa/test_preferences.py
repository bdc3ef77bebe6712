"""The second factors of a user, set by the user and by an administrator."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.context import Context
from userpool.server.database.users import user_by_sub
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

ON, OFF = {"Enabled": True}, {"Enabled": False}
PREFERRED = {"Enabled": True, "PreferredMfa": True}
SMS_OPTION = {"DeliveryMedium": "SMS", "AttributeName": "phone_number"}
TOLD = {"UserMFASettingList", "PreferredMfaSetting", "MFAOptions"}


async def shown(call: Call, token: str) -> dict[str, Any]:
    """Return what GetUser tells of factors."""
    return {name: value for name, value in (await call("GetUser", AccessToken=token)).items() if name in TOLD}


async def prefer(call: Call, token: str, **blocks: Any) -> None:
    """Set the bearer's preference."""
    assert await call("SetUserMFAPreference", AccessToken=token, **blocks) == {}


async def admin_prefer(call: Call, pool: Pool, name: str, **blocks: Any) -> None:
    """Set a user's preference."""
    members = {"UserPoolId": pool.pool_id, "Username": name, **blocks}
    assert await call("AdminSetUserMFAPreference", **members) == {}


# ---- the user ----


async def test_what_is_not_set_is_not_told(call: Call, pool: Pool, token: str, described: Call) -> None:
    assert await shown(call, token) == {}
    assert not TOLD & set(await described(pool, "ann"))


async def test_what_is_set_is_told_to_the_user_and_to_administrators(
    call: Call, pool: Pool, token: str, described: Call
) -> None:
    await prefer(call, token, SMSMfaSettings=PREFERRED, EmailMfaSettings=ON)

    wanted = {"UserMFASettingList": ["SMS_MFA", "EMAIL_OTP"], "PreferredMfaSetting": "SMS_MFA"}
    assert await shown(call, token) == wanted
    user = await described(pool, "ann")
    assert {name: user[name] for name in TOLD & set(user)} == wanted


async def test_the_preference_goes_with_its_factor(call: Call, token: str) -> None:
    await prefer(call, token, SMSMfaSettings=PREFERRED, EmailMfaSettings=ON)

    await prefer(call, token, SMSMfaSettings=OFF)

    assert await shown(call, token) == {"UserMFASettingList": ["EMAIL_OTP"]}


async def test_an_authenticator_is_on_once_it_was_verified_and_switched_on(
    call: Call, token: str, seed: Make
) -> None:
    with pytest.raises(InvalidParameterException, match=r"^User has not set up software token mfa$"):
        await prefer(call, token, SoftwareTokenMfaSettings=ON)
    await call("AssociateSoftwareToken", AccessToken=token)
    with pytest.raises(InvalidParameterException, match=r"^User has not verified software token mfa$"):
        await prefer(call, token, SoftwareTokenMfaSettings=ON)

    await seed(token)
    assert await shown(call, token) == {}
    await prefer(call, token, SoftwareTokenMfaSettings=PREFERRED)

    assert await shown(call, token) == {
        "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"],
        "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
    }


async def test_without_a_verified_address_there_are_no_codes_by_email(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call
) -> None:
    await make_user(pool, "bob", email="bob@example.com", email_verified="false")
    token = (await sign_in(client, "bob"))["AccessToken"]

    with pytest.raises(InvalidParameterException) as caught:
        await prefer(call, token, EmailMfaSettings=ON)

    assert caught.value.message == "User does not have delivery config set to turn on EMAIL_OTP"


async def test_a_factor_that_the_pool_does_not_have_is_not_switched_on(
    call: Call, pool: Pool, token: str, set_factors: Make
) -> None:
    await set_factors(pool, "OPTIONAL", "SmsMfaConfiguration")

    with pytest.raises(InvalidParameterException):
        await prefer(call, token, SMSMfaSettings=ON, EmailMfaSettings=ON)

    assert await shown(call, token) == {}


async def test_what_is_switched_off_where_mfa_is_required_is_accepted(
    call: Call, pool: Pool, token: str, set_factors: Make
) -> None:
    await prefer(call, token, SMSMfaSettings=PREFERRED)
    await set_factors(pool, "ON")

    await prefer(call, token, SMSMfaSettings=OFF)

    assert await shown(call, token) == {}


async def test_a_preference_that_changes_nothing_leaves_the_user_alone(
    call: Call, pool: Pool, token: str, context: Context, effects: FixedEffects, described: Call
) -> None:
    sub = (await described(pool, "ann"))["attributes"]["sub"]
    await prefer(call, token, SMSMfaSettings=ON)
    before = await user_by_sub(context.database.reader, sub)
    effects.advance(5)

    await prefer(call, token, SMSMfaSettings=ON, EmailMfaSettings=OFF)

    assert await user_by_sub(context.database.reader, sub) == before


async def test_a_preference_needs_a_token(call: Call) -> None:
    with pytest.raises(NotAuthorizedException, match=r"^Invalid Access Token$"):
        await prefer(call, "nonsense", SMSMfaSettings=ON)


# ---- an administrator ----


async def test_an_administrator_sets_factors(call: Call, pool: Pool, token: str, seed: Make) -> None:
    await seed(token)

    await admin_prefer(call, pool, "ann", SoftwareTokenMfaSettings=PREFERRED, SMSMfaSettings=ON)

    assert await shown(call, token) == {
        "UserMFASettingList": ["SMS_MFA", "SOFTWARE_TOKEN_MFA"],
        "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
    }


async def test_an_administrator_sets_no_factor_without_its_means(call: Call, pool: Pool, token: str) -> None:
    with pytest.raises(InvalidParameterException) as caught:
        await admin_prefer(call, pool, "ann", SoftwareTokenMfaSettings=PREFERRED)

    assert caught.value.message == "User does not have delivery config set to turn on SOFTWARE_TOKEN_MFA"


async def test_nobody_has_no_preference(call: Call, pool: Pool) -> None:
    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await admin_prefer(call, pool, "nobody", SMSMfaSettings=OFF)


# ---- the older way ----


async def test_the_older_setting_switches_codes_by_sms_on_and_off(call: Call, token: str) -> None:
    assert await call("SetUserSettings", AccessToken=token, MFAOptions=[SMS_OPTION]) == {}
    assert await shown(call, token) == {"MFAOptions": [SMS_OPTION]}

    assert await call("SetUserSettings", AccessToken=token, MFAOptions=[]) == {}
    assert await shown(call, token) == {}


async def test_an_administrator_has_the_older_setting_too(call: Call, pool: Pool, token: str) -> None:
    members = {"UserPoolId": pool.pool_id, "Username": "ann"}

    assert await call("AdminSetUserSettings", **members, MFAOptions=[SMS_OPTION]) == {}

    assert await shown(call, token) == {"MFAOptions": [SMS_OPTION]}


async def test_the_older_setting_knows_no_other_medium(call: Call, token: str) -> None:
    with pytest.raises(InvalidParameterException):
        await call(
            "SetUserSettings",
            AccessToken=token,
            MFAOptions=[{"DeliveryMedium": "EMAIL", "AttributeName": "email"}],
        )


# ---- what one can sign in with ----


async def test_a_user_signs_in_with_a_password_at_first(call: Call, token: str) -> None:
    assert await call("GetUserAuthFactors", AccessToken=token) == {
        "Username": "ann",
        "ConfiguredUserAuthFactors": ["PASSWORD"],
    }


async def test_factors_are_told_to_the_user_and_to_administrators(
    call: Call, pool: Pool, token: str, seed: Make
) -> None:
    await seed(token)
    await prefer(call, token, SoftwareTokenMfaSettings=PREFERRED)

    told = await call("GetUserAuthFactors", AccessToken=token)

    assert told == {
        "Username": "ann",
        "PreferredMfaSetting": "SOFTWARE_TOKEN_MFA",
        "UserMFASettingList": ["SOFTWARE_TOKEN_MFA"],
        "ConfiguredUserAuthFactors": ["PASSWORD", "SOFTWARE_TOKEN"],
    }
    assert await call("AdminGetUserAuthFactors", UserPoolId=pool.pool_id, Username="ann") == told


async def test_the_factors_of_nobody_are_not_told(call: Call, pool: Pool) -> None:
    with pytest.raises(UserNotFoundException):
        await call("AdminGetUserAuthFactors", UserPoolId=pool.pool_id, Username="nobody")
    with pytest.raises(ResourceNotFoundException):
        await call("AdminGetUserAuthFactors", UserPoolId="us-east-1_nowhere00", Username="ann")
