"""PreSignUp and PostConfirmation: what they are sent, what they decide, and what follows from it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions

from userpool.server.messages.inbox import Inbox
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    UserLambdaValidationException,
    UsernameExistsException,
    UserNotFoundException,
)

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]


async def test_the_trigger_sees_who_wants_to_join(begin: Make, call: Call, functions: Functions) -> None:
    client = await begin("PreSignUp")

    await call(
        "SignUp",
        ClientId=client.client_id,
        Username="ann",
        Password="Correct-horse-1",
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        ValidationData=[{"Name": "invite", "Value": "42"}],
        ClientMetadata={"lang": "de"},
    )

    assert functions.events == [
        {
            "version": "1",
            "triggerSource": "PreSignUp_SignUp",
            "region": "us-east-1",
            "userPoolId": client.pool_id,
            "userName": "ann",
            "callerContext": {"awsSdkVersion": "aws-sdk-unknown-unknown", "clientId": client.client_id},
            "request": {
                "userAttributes": {"email": "ann@example.com"},
                "validationData": {"invite": "42"},
                "clientMetadata": {"lang": "de"},
            },
            "response": {"autoConfirmUser": False, "autoVerifyEmail": False, "autoVerifyPhone": False},
        }
    ]


async def test_without_data_and_metadata_there_are_none(
    begin: Make, join: Call, functions: Functions
) -> None:
    client = await begin("PreSignUp")

    await join(client)

    assert functions.events[0]["request"] == {"userAttributes": {}, "validationData": None}


async def test_whoever_is_refused_is_not_written(
    begin: Make, join: Call, described: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("PreSignUp")
    functions.refuse("PreSignUp", "Not you")

    with pytest.raises(UserLambdaValidationException, match=r"^PreSignUp failed with error Not you\.$"):
        await join(client, email="ann@example.com")

    assert inbox.messages() == []
    with pytest.raises(UserNotFoundException):
        await described(client)


async def test_whoever_is_confirmed_and_verified_can_sign_in_at_once(
    begin: Make, join: Call, sign_in: Call, described: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("PreSignUp", "PostConfirmation")
    functions.reply("PreSignUp", autoConfirmUser=True, autoVerifyEmail=True)

    reply = await join(client, email="ann@example.com", metadata="hello")

    assert set(reply) == {"UserConfirmed", "UserSub"}
    assert reply["UserConfirmed"] is True
    assert inbox.messages() == []
    user = await described(client)
    assert (user["UserStatus"], user["attributes"]["email_verified"]) == ("CONFIRMED", "true")
    assert await sign_in(client)
    told = functions.event("PostConfirmation_ConfirmSignUp")
    assert told["request"]["clientMetadata"] == {"said": "hello"}
    assert told["request"]["userAttributes"] == {
        "sub": reply["UserSub"],
        "cognito:user_status": "CONFIRMED",
        "email": "ann@example.com",
        "email_verified": "true",
    }


@pytest.mark.parametrize("member", ["autoVerifyEmail", "autoVerifyPhone"])
async def test_what_a_user_has_not_got_cannot_be_verified(
    begin: Make, join: Call, described: Call, functions: Functions, member: str
) -> None:
    client = await begin("PreSignUp")
    functions.reply("PreSignUp", **{member: True})

    with pytest.raises(InvalidLambdaResponseException):
        await join(client)

    with pytest.raises(UserNotFoundException):
        await described(client)


async def test_an_address_that_the_trigger_verifies_is_taken_from_its_owner(
    begin: Make, join: Call, admit: Call, described: Call, functions: Functions
) -> None:
    client = await begin("PreSignUp", alias_attributes=["email"])
    await admit(client, "old", email="ann@example.com", email_verified="true")
    functions.reply("PreSignUp", autoConfirmUser=True, autoVerifyEmail=True)

    await join(client, "new", email="ann@example.com")

    assert (await described(client, "ann@example.com"))["Username"] == "new"
    assert (await described(client, "old"))["attributes"]["email_verified"] == "false"


async def test_a_name_that_is_taken_is_told_before_the_trigger_is_asked(
    begin: Make, join: Call, functions: Functions
) -> None:
    client = await begin("PreSignUp")
    await join(client)

    with pytest.raises(UsernameExistsException, match="User already exists"):
        await join(client)

    assert functions.sources == ["PreSignUp_SignUp"]


async def test_an_administrators_user_is_shown_to_the_trigger_whose_wishes_are_ignored(
    begin: Make, call: Call, described: Call, functions: Functions
) -> None:
    client = await begin("PreSignUp", "PostConfirmation")
    functions.reply("PreSignUp", autoConfirmUser=True, autoVerifyEmail=True)

    await call(
        "AdminCreateUser",
        UserPoolId=client.pool_id,
        Username="ann",
        UserAttributes=[{"Name": "email", "Value": "ann@example.com"}],
        MessageAction="SUPPRESS",
    )

    event = functions.event("PreSignUp_AdminCreateUser")
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"] == {"userAttributes": {"email": "ann@example.com"}, "validationData": None}
    user = await described(client)
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert "email_verified" not in user["attributes"]
    assert functions.sources == ["PreSignUp_AdminCreateUser"]


async def test_confirming_tells_the_trigger_of_the_user_as_it_is_then(
    begin: Make, join: Call, confirm: Call, functions: Functions
) -> None:
    client = await begin("PostConfirmation")
    await join(client, email="ann@example.com")

    await confirm(client, ClientMetadata={"lang": "de"})

    event = functions.event("PostConfirmation_ConfirmSignUp")
    assert event["response"] == {}
    assert event["request"]["clientMetadata"] == {"lang": "de"}
    attributes = event["request"]["userAttributes"]
    assert (attributes["cognito:user_status"], attributes["email_verified"]) == ("CONFIRMED", "true")


async def test_a_trigger_that_raises_leaves_the_user_confirmed(
    begin: Make, join: Call, confirm: Call, described: Call, functions: Functions
) -> None:
    client = await begin("PostConfirmation")
    await join(client, email="ann@example.com")
    functions.refuse("PostConfirmation", "full")

    with pytest.raises(UserLambdaValidationException, match=r"PostConfirmation failed with error full\."):
        await confirm(client)

    assert (await described(client))["UserStatus"] == "CONFIRMED"


async def test_an_administrators_confirmation_is_told_of_too(
    begin: Make, join: Call, call: Call, functions: Functions
) -> None:
    client = await begin("PostConfirmation")
    await join(client)

    await call("AdminConfirmSignUp", UserPoolId=client.pool_id, Username="ann", ClientMetadata={"a": "b"})

    event = functions.event("PostConfirmation_ConfirmSignUp")
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"]["clientMetadata"] == {"a": "b"}


async def test_a_password_that_was_reset_is_told_of(
    begin: Make, admit: Call, call: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("PostConfirmation")
    await admit(client, email="ann@example.com", email_verified="true")
    await call("ForgotPassword", ClientId=client.client_id, Username="ann")

    await call(
        "ConfirmForgotPassword",
        ClientId=client.client_id,
        Username="ann",
        Password="Another-horse-2",
        ConfirmationCode=inbox.messages()[0].code,
        ClientMetadata={"lang": "de"},
    )

    event = functions.event("PostConfirmation_ConfirmForgotPassword")
    assert event["callerContext"]["clientId"] == client.client_id
    assert event["request"]["clientMetadata"] == {"lang": "de"}


async def test_a_pool_without_triggers_asks_nobody(begin: Make, join: Call, functions: Functions) -> None:
    client = await begin()

    await join(client)

    assert functions.events == []
