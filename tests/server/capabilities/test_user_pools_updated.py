"""Changing user pools."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.build import open_server
from userpool.server.directory import FRESH_SECONDS
from userpool.server.records import Client, Pool
from userpool.server.settings import Settings
from userpool.wire.faults import (
    FeatureUnavailableInTierException,
    InvalidParameterException,
    ResourceNotFoundException,
    UnsupportedOperationException,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

SMS = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}


@pytest.fixture
def describe(call: Call) -> Call:
    """Give a function that describes a pool."""

    async def run(pool: Pool) -> dict[str, Any]:
        told: dict[str, Any] = (await call("DescribeUserPool", UserPoolId=pool.pool_id))["UserPool"]
        return told

    return run


async def test_an_update_replaces_the_settings(
    call: Call, pool: Pool, describe: Call, effects: FixedEffects
) -> None:
    before = await describe(pool)
    effects.advance(60)

    answered = await call(
        "UpdateUserPool",
        UserPoolId=pool.pool_id,
        UserPoolTags={"team": "blue"},
        DeviceConfiguration={"ChallengeRequiredOnNewDevice": True},
    )

    assert answered == {}
    expected = before | {
        "UserPoolTags": {"team": "blue"},
        "DeviceConfiguration": {"ChallengeRequiredOnNewDevice": True},
        "LastModifiedDate": before["LastModifiedDate"] + 60,
    }
    # The pool verified e-mail addresses, of which the update said nothing.
    del expected["AutoVerifiedAttributes"]
    assert await describe(pool) == expected


async def test_a_change_counts_at_once(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call
) -> None:
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["AccessToken"]
    with pytest.raises(InvalidParameterException):
        await call(
            "UpdateUserAttributes", AccessToken=token, UserAttributes=[{"Name": "custom:rank", "Value": "7"}]
        )

    declared = [{"Name": "rank", "AttributeDataType": "String"}]
    assert await call("AddCustomAttributes", UserPoolId=pool.pool_id, CustomAttributes=declared) == {}

    await call(
        "UpdateUserAttributes", AccessToken=token, UserAttributes=[{"Name": "custom:rank", "Value": "7"}]
    )


@pytest.mark.parametrize("database_url", ["sqlite-file", "postgresql"], indirect=True)
async def test_another_server_sees_a_change_soon(
    call: Call,
    pool: Pool,
    effects: FixedEffects,
    database_url: str,
    make_key: Callable[[], Any],
    tmp_path: Any,
) -> None:
    settings = Settings(database_url=database_url, dev=True, seal_key_file=str(tmp_path / "seal.key"))
    twin = await open_server(settings, effects=effects, make_key=make_key)
    assert await twin.context.directory.pool(pool.pool_id) == pool

    await call("UpdateUserPool", UserPoolId=pool.pool_id, PoolName="folk")
    effects.advance(FRESH_SECONDS)

    seen = await twin.context.directory.pool(pool.pool_id)
    await twin.close()
    assert seen is not None
    assert seen.description.name == "folk"


async def test_settings_that_cannot_be_had_change_nothing(call: Call, pool: Pool, describe: Call) -> None:
    before = await describe(pool)

    for members, error in (
        ({"UserPoolAddOns": {"AdvancedSecurityMode": "ENFORCED"}}, FeatureUnavailableInTierException),
        ({"IssuerConfiguration": {"Type": "UPDATED"}}, UnsupportedOperationException),
        ({"MfaConfiguration": "OPTIONAL"}, InvalidParameterException),
    ):
        with pytest.raises(error):
            await call("UpdateUserPool", UserPoolId=pool.pool_id, **members)

    assert await describe(pool) == before


async def test_mfa_needs_a_way_to_send_codes(call: Call, pool: Pool) -> None:
    text = (
        "SMS configuration and Auto verification for phone_number are required when MFA is required/optional"
    )

    for name, members in (
        ("UpdateUserPool", {"UserPoolId": pool.pool_id}),
        ("CreateUserPool", {"PoolName": "p"}),
    ):
        with pytest.raises(InvalidParameterException) as caught:
            await call(name, MfaConfiguration="OPTIONAL", **members)
        assert caught.value.message == text

    await call("UpdateUserPool", UserPoolId=pool.pool_id, MfaConfiguration="OPTIONAL", SmsConfiguration=SMS)
    assert await call("GetUserPoolMfaConfig", UserPoolId=pool.pool_id) == {
        "MfaConfiguration": "OPTIONAL",
        "SmsMfaConfiguration": {"SmsConfiguration": SMS},
    }


async def test_factors_that_sign_ins_have_outlive_an_update(call: Call, make_pool: Make) -> None:
    pool = await make_pool()
    factors = {"MfaConfiguration": "ON", "SoftwareTokenMfaConfiguration": {"Enabled": True}}
    await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, **factors)

    await call("UpdateUserPool", UserPoolId=pool.pool_id, UserPoolTags={"team": "blue"})

    assert await call("GetUserPoolMfaConfig", UserPoolId=pool.pool_id) == factors


async def test_attributes_that_cannot_be_kept_change_nothing(call: Call, pool: Pool, describe: Call) -> None:
    before = await describe(pool)
    declared = [{"Name": "rank"}, {"Name": "team", "Required": True}]

    with pytest.raises(InvalidParameterException, match="Required custom attributes are not supported"):
        await call("AddCustomAttributes", UserPoolId=pool.pool_id, CustomAttributes=declared)

    assert await describe(pool) == before


@pytest.mark.parametrize(
    ("name", "members"),
    [("UpdateUserPool", {}), ("AddCustomAttributes", {"CustomAttributes": [{"Name": "rank"}]})],
)
async def test_a_pool_that_is_not_there_is_not_changed(
    call: Call, name: str, members: dict[str, Any]
) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^User pool us-east-1_nowhere00 does not exist\.$"):
        await call(name, UserPoolId="us-east-1_nowhere00", **members)
