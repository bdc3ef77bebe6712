"""The end of a sign-in: the session, the device that it is given, and the triggers that are told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.context import Context
from userpool.server.database.sessions import sessions_of
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import NotAuthorizedException, UserLambdaValidationException
from userpool.wire.user_pools import DeviceConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

REMEMBERING = DeviceConfigurationType(
    challenge_required_on_new_device=True, device_only_remembered_on_user_prompt=False
)
POST, PRE_TOKEN = "PostAuthentication_Authentication", "TokenGeneration_Authentication"


@pytest.fixture
async def pool(make_triggered: Make) -> Pool:
    """A pool that remembers devices and asks at the end of a sign-in."""
    pool: Pool = await make_triggered(
        "PreAuthentication", "PostAuthentication", "PreTokenGeneration", device_configuration=REMEMBERING
    )
    return pool


@pytest.fixture
async def ann(pool: Pool, make_user: Make) -> str:
    """The `sub` of Ann."""
    sub: str = await make_user(pool, "ann")
    return sub


# ---- triggers ----


@pytest.mark.parametrize("door", ["public", "admin"])
async def test_the_triggers_are_asked_in_their_order(
    client: Client, ann: str, functions: Any, enter: Call, door: str
) -> None:
    await enter(client)

    assert functions.sources == ["PreAuthentication_Authentication", POST, PRE_TOKEN]


async def test_in_srp_each_half_asks_its_own(
    client: Client, ann: str, functions: Any, begin_srp: Make, answer: Call, password: str
) -> None:
    exchange = await begin_srp(client, "ann")
    asked_first = list(functions.sources)

    await answer(client, "PASSWORD_VERIFIER", exchange.responses(password))

    assert asked_first == ["PreAuthentication_Authentication"]
    assert functions.sources == [*asked_first, POST, PRE_TOKEN]


async def test_metadata_of_a_beginning_is_for_the_first_trigger_alone(
    client: Client, ann: str, functions: Any, enter: Call
) -> None:
    await enter(client, metadata={"from": "here"})

    before, *after = functions.calls
    assert before["request"]["validationData"] == {"from": "here"}
    assert [event["triggerSource"] for event in after] == [POST, PRE_TOKEN]
    assert all("clientMetadata" not in event["request"] for event in after)


async def test_metadata_of_an_answer_is_for_the_last_triggers(
    client: Client, ann: str, functions: Any, begin_srp: Make, answer: Call, password: str
) -> None:
    exchange = await begin_srp(client, "ann")

    await answer(client, "PASSWORD_VERIFIER", exchange.responses(password), ClientMetadata={"from": "there"})

    metadata = [event["request"].get("clientMetadata") for event in functions.calls[1:]]
    assert metadata == [{"from": "there"}] * 2


@pytest.mark.parametrize("trigger", ["PostAuthentication", "PreTokenGeneration"])
async def test_a_trigger_that_refuses_leaves_no_session(
    context: Context,
    make_triggered: Make,
    make_client: Make,
    make_user: Make,
    functions: Any,
    enter: Call,
    trigger: str,
) -> None:
    # It alone: one trigger is enough for the session to be written last.
    pool = await make_triggered(trigger)
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    sub = await make_user(pool, "ann")
    functions[trigger] = refuse

    with pytest.raises(UserLambdaValidationException, match=f"{trigger} failed with error not today"):
        await enter(client)

    assert await sessions_of(context.database.reader, sub) == []


async def test_no_trigger_is_told_of_a_wrong_password(
    client: Client, ann: str, functions: Any, enter: Call
) -> None:
    with pytest.raises(NotAuthorizedException):
        await enter(client, PASSWORD="wrong")

    assert functions.sources == ["PreAuthentication_Authentication"]


async def test_a_user_who_is_disabled_by_a_trigger_is_not_let_in(
    call: Call, pool: Pool, client: Client, ann: str, functions: Any, enter: Call, context: Context
) -> None:
    async def disable(event: dict[str, Any]) -> None:
        await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    functions["PostAuthentication"] = disable

    with pytest.raises(NotAuthorizedException):
        await enter(client)

    assert await sessions_of(context.database.reader, ann) == []


async def test_a_new_password_is_told_as_such(
    pool: Pool, client: Client, make_invited: Make, functions: Any, enter: Call, respond: Call
) -> None:
    await make_invited(pool, "ann")
    session = (await enter(client, PASSWORD="Temporary-1"))["Session"]

    await respond(client, "NEW_PASSWORD_REQUIRED", session, NEW_PASSWORD="Another-horse-2")

    assert functions.sources[-2:] == [POST, "TokenGeneration_NewPasswordChallenge"]


async def test_a_second_factor_comes_between(
    call: Call,
    make_triggered: Make,
    make_client: Make,
    make_user: Make,
    functions: Any,
    enter: Call,
    respond: Call,
    inbox: Inbox,
) -> None:
    pool = await make_triggered("PreAuthentication", "PostAuthentication", "CustomMessage")
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await call(
        "SetUserPoolMfaConfig",
        UserPoolId=pool.pool_id,
        MfaConfiguration="ON",
        SmsMfaConfiguration={"SmsConfiguration": {"SnsCallerArn": "arn:aws:iam::123456789012:role/sms"}},
    )
    await make_user(pool, "ann", phone_number="+15550001234")
    functions["CustomMessage"] = lambda event: {"smsMessage": f"Say {event['request']['codeParameter']}."}
    session = (await enter(client, metadata={"from": "here"}))["Session"]
    message = inbox.messages()[0]

    await respond(client, "SMS_MFA", session, SMS_MFA_CODE=message.code)

    assert message.text == f"Say {message.code}."
    assert functions.sources == [
        "PreAuthentication_Authentication",
        "CustomMessage_Authentication",
        POST,
    ]
    assert "clientMetadata" not in functions.calls[1]["request"]


# ---- devices ----


async def test_a_sign_in_without_a_device_is_given_one(
    client: Client, ann: str, enter: Call, claims_of: Any, functions: Any
) -> None:
    result = (await enter(client))["AuthenticationResult"]

    offered = result["NewDeviceMetadata"]
    assert offered["DeviceKey"].startswith("us-east-1_")
    assert offered["DeviceGroupKey"]
    assert claims_of(result["AccessToken"])["device_key"] == offered["DeviceKey"]
    assert functions.calls[1]["request"]["newDeviceUsed"] is True


async def test_a_known_device_is_given_none_and_is_touched(
    call: Call,
    pool: Pool,
    client: Client,
    ann: str,
    enter: Call,
    remember: Make,
    functions: Any,
    effects: Any,
) -> None:
    device = await remember(await enter(client))
    effects.advance(3600)

    result = (await enter(client, DEVICE_KEY=device.key))["AuthenticationResult"]

    assert "NewDeviceMetadata" not in result
    assert functions.calls[-2]["request"]["newDeviceUsed"] is False
    told = await call("AdminGetDevice", UserPoolId=pool.pool_id, Username="ann", DeviceKey=device.key)
    assert told["Device"]["DeviceLastAuthenticatedDate"] == effects.now()


@pytest.mark.parametrize("operation", ["InitiateAuth", "GetTokensFromRefreshToken"])
async def test_a_refresh_names_the_device_of_the_sign_in(
    call: Call, client: Client, ann: str, enter: Call, operation: str
) -> None:
    result = (await enter(client))["AuthenticationResult"]
    key = result["NewDeviceMetadata"]["DeviceKey"]

    async def refresh(device_key: str | None) -> dict[str, Any]:
        named = {} if device_key is None else {"DEVICE_KEY": device_key}
        if operation == "InitiateAuth":
            parameters = {"REFRESH_TOKEN": result["RefreshToken"], **named}
            return await call(
                operation,
                ClientId=client.client_id,
                AuthFlow="REFRESH_TOKEN_AUTH",
                AuthParameters=parameters,
            )
        members = {} if device_key is None else {"DeviceKey": device_key}
        return await call(
            operation, ClientId=client.client_id, RefreshToken=result["RefreshToken"], **members
        )

    for wrong in (None, "us-east-1_11111111-2222-3333-4444-555555555555"):
        with pytest.raises(NotAuthorizedException) as caught:
            await refresh(wrong)
        assert caught.value.message == "Invalid Refresh Token."
    assert (await refresh(key))["AuthenticationResult"]["AccessToken"]


async def test_the_refresh_token_of_a_forgotten_device_is_good_for_nothing(
    call: Call, pool: Pool, client: Client, ann: str, enter: Call, remember: Make
) -> None:
    result = await enter(client)
    device = await remember(result)
    await call("AdminForgetDevice", UserPoolId=pool.pool_id, Username="ann", DeviceKey=device.key)

    with pytest.raises(NotAuthorizedException):
        await call(
            "GetTokensFromRefreshToken",
            ClientId=client.client_id,
            RefreshToken=result["AuthenticationResult"]["RefreshToken"],
            DeviceKey=device.key,
        )


def refuse(event: dict[str, Any]) -> dict[str, Any]:
    """Refuse."""
    raise ValueError("not today")
