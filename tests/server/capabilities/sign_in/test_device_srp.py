"""A remembered device proves itself in place of a second factor."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import triggered

from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
)
from userpool.wire.user_pools import DeviceConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

INCORRECT = "Incorrect username or password."
NO_DEVICE = "Device does not exist."
NO_SESSION = "Invalid session for the user."
REMEMBERING = DeviceConfigurationType(
    challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
)


@pytest.fixture
async def pool(make_mfa_pool: Make) -> Pool:
    """A pool whose remembered devices need no second factor."""
    pool: Pool = await make_mfa_pool(
        "OPTIONAL", "SMS_MFA", "SOFTWARE_TOKEN_MFA", device_configuration=REMEMBERING
    )
    return pool


@pytest.fixture
async def device(pool: Pool, client: Client, make_user: Make, enter: Call, remember: Make) -> Any:
    """A device of Ann's, who has a second factor since."""
    await make_user(pool, "ann", phone_number="+15550001234")
    return await remember(await enter(client))


@pytest.fixture
async def ann(turn_sms_on: Make) -> None:
    """Ann, who is asked for a code by SMS where she isn't known."""
    await turn_sms_on()


@pytest.fixture
def turn_sms_on(call: Call, pool: Pool, device: Any) -> Make:
    """Give a function that switches Ann's second factor on."""
    on = {"Enabled": True, "PreferredMfa": True}

    async def run() -> None:
        await call("AdminSetUserMFAPreference", UserPoolId=pool.pool_id, Username="ann", SMSMfaSettings=on)

    return run


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_a_device_signs_in_in_place_of_a_code(
    client: Client, ann: None, device: Any, enter: Call, respond: Call, door: str
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    reply = await respond(
        client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **device.prove(asked["ChallengeParameters"])
    )

    assert begun["ChallengeName"] == "DEVICE_SRP_AUTH"
    assert asked["ChallengeName"] == "DEVICE_PASSWORD_VERIFIER"
    assert set(asked["ChallengeParameters"]) == {"SALT", "SECRET_BLOCK", "SRP_B", "DEVICE_KEY", "USERNAME"}
    assert "NewDeviceMetadata" not in reply["AuthenticationResult"]


async def test_the_token_trigger_is_told_that_a_device_proved_itself(
    call: Call,
    make_mfa_pool: Make,
    make_client: Make,
    make_user: Make,
    enter: Call,
    respond: Call,
    remember: Make,
    functions: Any,
) -> None:
    config = triggered("PreTokenGeneration")
    pool = await make_mfa_pool("OPTIONAL", "SMS_MFA", device_configuration=REMEMBERING, lambda_config=config)
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", phone_number="+15550001234")
    device = await remember(await enter(client))
    on = {"Enabled": True, "PreferredMfa": True}
    await call("AdminSetUserMFAPreference", UserPoolId=pool.pool_id, Username="ann", SMSMfaSettings=on)

    begun = await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])
    await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **proof)

    assert functions.sources == ["TokenGeneration_Authentication", "TokenGeneration_AuthenticateDevice"]


async def test_a_device_that_is_named_with_the_proof_of_the_password_is_asked_too(
    client: Client, ann: None, device: Any, begin_srp: Make, answer: Call, password: str
) -> None:
    exchange = await begin_srp(client, "ann")

    reply = await answer(client, "PASSWORD_VERIFIER", exchange.responses(password, DEVICE_KEY=device.key))

    assert reply["ChallengeName"] == "DEVICE_SRP_AUTH"


async def test_without_the_device_the_code_is_asked_for(
    client: Client, ann: None, device: Any, enter: Call
) -> None:
    assert (await enter(client))["ChallengeName"] == "SMS_MFA"


async def test_the_tokens_name_the_device(
    client: Client, ann: None, device: Any, enter: Call, respond: Call, claims_of: Any
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])

    reply = await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **proof)

    assert claims_of(reply["AuthenticationResult"]["AccessToken"])["device_key"] == device.key


async def test_a_wrong_proof_ends_the_sign_in(
    client: Client, ann: None, device: Any, enter: Call, respond: Call
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    wrong = device.prove(asked["ChallengeParameters"], password="another device's")

    with pytest.raises(NotAuthorizedException) as caught:
        await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **wrong)
    right = device.prove(asked["ChallengeParameters"])
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **right)

    assert caught.value.message == INCORRECT


async def test_one_session_lets_a_device_in_once(
    client: Client, ann: None, device: Any, enter: Call, respond: Call
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    first = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    proof = device.prove(first["ChallengeParameters"])
    second = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    await respond(client, "DEVICE_PASSWORD_VERIFIER", first["Session"], **proof)

    again = device.prove(second["ChallengeParameters"])
    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "DEVICE_PASSWORD_VERIFIER", second["Session"], **again)


async def test_a_session_that_let_a_device_in_begins_no_other_exchange(
    client: Client, ann: None, device: Any, enter: Call, respond: Call
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])
    await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **proof)

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())


async def test_the_proof_of_one_sign_in_is_none_of_another(
    client: Client, ann: None, device: Any, enter: Call, respond: Call
) -> None:
    one, other = await enter(client, DEVICE_KEY=device.key), await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", one["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])
    foreign = await respond(client, "DEVICE_SRP_AUTH", other["Session"], **device.begin())

    with pytest.raises(NotAuthorizedException, match=INCORRECT):
        await respond(client, "DEVICE_PASSWORD_VERIFIER", foreign["Session"], **proof)


async def test_a_device_that_was_forgotten_meanwhile_is_unknown(
    call: Call, pool: Pool, client: Client, ann: None, device: Any, enter: Call, respond: Call
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    await call("AdminForgetDevice", UserPoolId=pool.pool_id, Username="ann", DeviceKey=device.key)

    with pytest.raises(ResourceNotFoundException, match=NO_DEVICE):
        await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())


async def test_a_device_that_is_not_remembered_any_more_replaces_no_code(
    call: Call, pool: Pool, client: Client, ann: None, device: Any, enter: Call, respond: Call
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)
    asked = await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **device.begin())
    proof = device.prove(asked["ChallengeParameters"])
    named = {"UserPoolId": pool.pool_id, "Username": "ann", "DeviceKey": device.key}
    await call("AdminUpdateDeviceStatus", **named, DeviceRememberedStatus="not_remembered")

    with pytest.raises(NotAuthorizedException, match=NO_SESSION):
        await respond(client, "DEVICE_PASSWORD_VERIFIER", asked["Session"], **proof)


async def test_another_device_than_the_one_that_was_named_is_unknown(
    client: Client, device: Any, turn_sms_on: Make, enter: Call, respond: Call, remember: Make
) -> None:
    other = await remember(await enter(client))
    await turn_sms_on()
    begun = await enter(client, DEVICE_KEY=device.key)

    with pytest.raises(ResourceNotFoundException, match=NO_DEVICE):
        await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **other.begin())


@pytest.mark.parametrize("name", ["DEVICE_KEY", "SRP_A", "USERNAME"])
async def test_an_answer_needs_its_parameters(
    client: Client, ann: None, device: Any, enter: Call, respond: Call, name: str
) -> None:
    begun = await enter(client, DEVICE_KEY=device.key)

    with pytest.raises(InvalidParameterException, match=f"Missing required parameter {name}"):
        await respond(client, "DEVICE_SRP_AUTH", begun["Session"], **{**device.begin(), name: ""})
