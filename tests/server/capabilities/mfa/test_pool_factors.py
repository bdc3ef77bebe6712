"""The second factors of a pool, set and told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.records import Pool
from userpool.wire.faults import InvalidParameterException, ResourceNotFoundException

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

TOKEN = {"SoftwareTokenMfaConfiguration": {"Enabled": True}}


async def test_a_bare_pool_has_no_factors(call: Call, make_pool: Make) -> None:
    pool = await make_pool()

    assert await call("GetUserPoolMfaConfig", UserPoolId=pool.pool_id) == {"MfaConfiguration": "OFF"}


async def test_what_is_set_is_answered_and_told(call: Call, make_pool: Make, effects: FixedEffects) -> None:
    pool = await make_pool()
    effects.advance(60)

    answered = await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, MfaConfiguration="ON", **TOKEN)

    assert answered == {"MfaConfiguration": "ON", **TOKEN}
    assert await call("GetUserPoolMfaConfig", UserPoolId=pool.pool_id) == answered
    described = (await call("DescribeUserPool", UserPoolId=pool.pool_id))["UserPool"]
    assert described["MfaConfiguration"] == "ON"
    assert described["LastModifiedDate"] == described["CreationDate"] + 60


async def test_what_is_refused_changes_nothing(call: Call, pool: Pool) -> None:
    before = await call("GetUserPoolMfaConfig", UserPoolId=pool.pool_id)

    with pytest.raises(InvalidParameterException):
        await call("SetUserPoolMfaConfig", UserPoolId=pool.pool_id, MfaConfiguration="OFF", **TOKEN)

    assert await call("GetUserPoolMfaConfig", UserPoolId=pool.pool_id) == before


async def test_a_pool_made_with_codes_by_sms_tells_so(call: Call) -> None:
    sms = {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}
    made = await call("CreateUserPool", PoolName="people", MfaConfiguration="ON", SmsConfiguration=sms)

    assert await call("GetUserPoolMfaConfig", UserPoolId=made["UserPool"]["Id"]) == {
        "MfaConfiguration": "ON",
        "SmsMfaConfiguration": {"SmsConfiguration": sms},
    }


@pytest.mark.parametrize("name", ["GetUserPoolMfaConfig", "SetUserPoolMfaConfig"])
async def test_a_pool_that_is_not_there_has_no_factors(call: Call, name: str) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^User pool us-east-1_nowhere00 does not exist\.$"):
        await call(name, UserPoolId="us-east-1_nowhere00")
