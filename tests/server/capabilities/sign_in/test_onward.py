"""What follows a proof: which factor, which device, or nothing."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.context import Context
from userpool.server.messages.inbox import Inbox
from userpool.server.pending_sign_ins import sign_up_session
from userpool.server.records import Client, Pool
from userpool.wire.faults import NotAuthorizedException, ResourceNotFoundException
from userpool.wire.user_pools import DeviceConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

STRANGE = "us-east-1_11111111-2222-3333-4444-555555555555"
NO_DEVICE = "Device does not exist."


@pytest.fixture
async def pool(make_pool: Make) -> Pool:
    """A pool that remembers devices, without second factors."""
    remembering = DeviceConfigurationType(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
    )
    pool: Pool = await make_pool(device_configuration=remembering)
    return pool


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann."""
    sub: str = await make_user(pool, "ann")
    return sub


@pytest.fixture
def make_remembering(make_mfa_pool: Make, make_user: Make) -> Make:
    """Give a function that makes a pool whose devices stand in for second factors, with Ann in it."""

    async def run() -> Pool:
        configuration = DeviceConfigurationType(
            challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
        )
        pool: Pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", device_configuration=configuration)
        await make_user(pool, "ann", phone_number="+15550001234")
        return pool

    return run


async def switch_on(call: Call, pool: Pool) -> None:
    """Let Ann be asked for a second factor."""
    on = {"Enabled": True, "PreferredMfa": True}
    await call("AdminSetUserMFAPreference", UserPoolId=pool.pool_id, Username="ann", SMSMfaSettings=on)


# ---- devices ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_an_unknown_device_is_told_so_with_the_right_password_only(
    client: Client, ann: str, enter: Call, door: str
) -> None:
    with pytest.raises(NotAuthorizedException):
        await enter(client, PASSWORD="wrong", DEVICE_KEY=STRANGE)
    with pytest.raises(ResourceNotFoundException) as caught:
        await enter(client, DEVICE_KEY=STRANGE)

    assert caught.value.message == NO_DEVICE


async def test_a_proof_that_named_an_unknown_device_may_be_shown_again_without_it(
    client: Client, ann: str, begin_srp: Make, answer: Call, password: str
) -> None:
    exchange = await begin_srp(client, "ann", DEVICE_KEY=STRANGE)
    responses = exchange.responses(password)

    with pytest.raises(ResourceNotFoundException, match=NO_DEVICE):
        await answer(client, "PASSWORD_VERIFIER", {**responses, "DEVICE_KEY": STRANGE})
    reply = await answer(client, "PASSWORD_VERIFIER", {**responses, "DEVICE_KEY": None})

    # What the sign-in was begun with can't be taken back, and doesn't matter.
    assert reply["AuthenticationResult"]["NewDeviceMetadata"]


async def test_a_device_of_somebody_else_is_unknown(
    pool: Pool, client: Client, ann: str, make_user: Make, enter: Call, remember: Make
) -> None:
    device = await remember(await enter(client))
    await make_user(pool, "bob")

    with pytest.raises(ResourceNotFoundException, match=NO_DEVICE):
        await enter(client, "bob", DEVICE_KEY=device.key)


async def test_of_two_devices_the_one_that_was_named_last_counts(
    call: Call,
    make_mfa_pool: Make,
    make_client: Make,
    make_user: Make,
    enter: Call,
    respond: Call,
    remember: Make,
    inbox: Inbox,
    claims_of: Any,
) -> None:
    asking = DeviceConfigurationType(
        challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=True
    )
    pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", device_configuration=asking)
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", phone_number="+15550001234")
    first, last = [await remember(await enter(client)) for _ in range(2)]
    await switch_on(call, pool)

    session = (await enter(client, DEVICE_KEY=first.key))["Session"]
    code = inbox.messages()[0].code
    reply = await respond(client, "SMS_MFA", session, SMS_MFA_CODE=code, DEVICE_KEY=last.key)

    assert claims_of(reply["AuthenticationResult"]["AccessToken"])["device_key"] == last.key


async def test_without_second_factors_a_device_has_nothing_to_stand_in_for(
    client: Client, ann: str, enter: Call, remember: Make, claims_of: Any
) -> None:
    device = await remember(await enter(client))

    reply = await enter(client, DEVICE_KEY=device.key)

    assert "NewDeviceMetadata" not in reply["AuthenticationResult"]
    assert claims_of(reply["AuthenticationResult"]["AccessToken"])["device_key"] == device.key


async def test_a_pool_that_remembers_no_devices_looks_for_none(
    make_pool: Make, make_client: Make, make_user: Make, enter: Call
) -> None:
    pool = await make_pool()
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann")

    assert (await enter(client, DEVICE_KEY=STRANGE))["AuthenticationResult"]


@pytest.mark.parametrize(
    ("suppresses", "with_secret", "remembered", "expected"),
    [
        (True, True, True, "DEVICE_SRP_AUTH"),
        (False, True, True, "SMS_MFA"),
        (True, False, True, "SMS_MFA"),
        (True, True, False, "SMS_MFA"),
    ],
)
async def test_a_device_stands_in_if_the_pool_says_so_and_it_can_prove_itself(
    call: Call,
    make_mfa_pool: Make,
    make_client: Make,
    make_user: Make,
    enter: Call,
    remember: Make,
    *,
    suppresses: bool,
    with_secret: bool,
    remembered: bool,
    expected: str,
) -> None:
    configuration = DeviceConfigurationType(
        challenge_required_on_new_device=suppresses, device_only_remembered_on_user_prompt=not remembered
    )
    pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", device_configuration=configuration)
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", phone_number="+15550001234")
    device = await remember(await enter(client), with_secret=with_secret)
    on = {"Enabled": True, "PreferredMfa": True}
    await call("AdminSetUserMFAPreference", UserPoolId=pool.pool_id, Username="ann", SMSMfaSettings=on)

    reply = await enter(client, DEVICE_KEY=device.key)

    assert reply["ChallengeName"] == expected


async def test_a_device_that_is_named_with_a_new_password_can_prove_itself(
    call: Call,
    make_remembering: Make,
    make_client: Make,
    enter: Call,
    respond: Call,
    remember: Make,
) -> None:
    pool = await make_remembering()
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    device = await remember(await enter(client))
    await switch_on(call, pool)
    temporary = {"Username": "ann", "Password": "Temporary-1", "Permanent": False}
    await call("AdminSetUserPassword", UserPoolId=pool.pool_id, **temporary)
    forced = await enter(client, PASSWORD="Temporary-1")

    named = {"NEW_PASSWORD": "Another-horse-2", "DEVICE_KEY": device.key}
    due = await respond(client, "NEW_PASSWORD_REQUIRED", forced["Session"], **named)
    asked = await respond(client, due["ChallengeName"], due["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])
    reply = await respond(client, asked["ChallengeName"], asked["Session"], **proof)

    assert due["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert reply["AuthenticationResult"]


async def test_a_device_that_is_named_after_a_sign_up_can_prove_itself(
    call: Call,
    make_remembering: Make,
    make_client: Make,
    enter: Call,
    respond: Call,
    remember: Make,
    context: Context,
) -> None:
    pool = await make_remembering()
    flows = ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_USER_AUTH"]
    client = await make_client(pool, explicit_auth_flows=flows)
    device = await remember(await enter(client))
    await switch_on(call, pool)
    ann = await context.directory.user(pool, "ann")
    assert ann is not None

    session = sign_up_session(context, pool, client, ann)
    due = await enter(client, flow="USER_AUTH", session=session, DEVICE_KEY=device.key)
    asked = await respond(client, due["ChallengeName"], due["Session"], **device.begin())

    assert due["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"


# ---- second factors ----


async def test_a_preferred_factor_is_asked_for_without_a_choice(
    call: Call, make_mfa_pool: Make, make_client: Make, make_user: Make, enter: Call
) -> None:
    pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", "EMAIL_OTP")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", phone_number="+15550001234", email="ann@example.com")
    await call(
        "AdminSetUserMFAPreference",
        UserPoolId=pool.pool_id,
        Username="ann",
        SMSMfaSettings={"Enabled": True},
        EmailMfaSettings={"Enabled": True, "PreferredMfa": True},
    )

    assert (await enter(client))["ChallengeName"] == "EMAIL_OTP"


async def test_where_it_is_a_choice_nobody_has_to_have_one(
    make_mfa_pool: Make, make_client: Make, make_user: Make, enter: Call
) -> None:
    pool = await make_mfa_pool("OPTIONAL", "SMS_MFA")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", phone_number="+15550001234")

    assert (await enter(client))["AuthenticationResult"]
