"""CustomMessage: asked for every kind of message, held to its limits, never shown a code."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions

from userpool.server.messages.inbox import Inbox
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    UserLambdaValidationException,
    UserNotFoundException,
)
from userpool.wire.user_pools import EmailConfigurationType, UserAttributeUpdateSettingsType

pytestmark = [
    pytest.mark.anyio,
    pytest.mark.parametrize("functions", ["callable", "endpoint"], indirect=True),
]

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

OWN_MAIL = EmailConfigurationType(
    email_sending_account="DEVELOPER", source_arn="arn:aws:ses:us-east-1:000000000000:identity/example.com"
)
WORDS = {"emailMessage": "Hello, {####} it is", "emailSubject": "Hello", "smsMessage": "{####}!"}


async def test_the_function_words_the_mail_and_never_sees_the_code(
    begin: Make, join: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("CustomMessage", email_configuration=OWN_MAIL)
    functions.reply("CustomMessage", **WORDS)

    await join(client, email="ann@example.com", metadata="hello")

    (message,) = inbox.messages()
    assert (message.subject, message.text) == ("Hello", f"Hello, {message.code} it is")
    event = functions.event("CustomMessage_SignUp")
    assert event["callerContext"]["clientId"] == client.client_id
    assert event["request"] | {"userAttributes": {}} == {
        "userAttributes": {},
        "codeParameter": "{####}",
        "linkParameter": "{##Click Here##}",
        "usernameParameter": None,
        "clientMetadata": {"said": "hello"},
    }
    assert event["request"]["userAttributes"]["cognito:user_status"] == "UNCONFIRMED"
    assert event["response"] == {"smsMessage": None, "emailMessage": None, "emailSubject": None}


async def test_a_function_that_says_nothing_leaves_the_pools_own_words(
    begin: Make, join: Call, inbox: Inbox
) -> None:
    client = await begin("CustomMessage")

    await join(client, email="ann@example.com")

    (message,) = inbox.messages()
    assert message.text == f"Your confirmation code is {message.code}"


async def test_every_kind_of_message_has_its_source(
    begin: Make, admit: Call, join: Call, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin("CustomMessage")
    pool, app = {"UserPoolId": client.pool_id}, {"ClientId": client.client_id}
    await join(client, "bob", email="bob@example.com")
    await call("ResendConfirmationCode", **app, Username="bob")
    await admit(client, email="ann@example.com", email_verified="true")
    await call("ForgotPassword", **app, Username="ann")
    token = {"AccessToken": (await sign_in(client))["AccessToken"]}
    await call("GetUserAttributeVerificationCode", **token, AttributeName="email")
    changed = [{"Name": "email", "Value": "new@example.com"}]
    await call("UpdateUserAttributes", **token, UserAttributes=changed)
    changed = [{"Name": "email", "Value": "newer@example.com"}]
    await call("AdminUpdateUserAttributes", **pool, Username="ann", UserAttributes=changed)
    await call("AdminCreateUser", **pool, Username="cy", DesiredDeliveryMediums=["EMAIL"])
    listed = [{"Name": "email", "Value": "dee@example.com"}]
    dee = {**pool, "Username": "dee", "DesiredDeliveryMediums": ["EMAIL"]}
    await call("AdminCreateUser", **dee, UserAttributes=listed)
    await call("AdminCreateUser", **dee, MessageAction="RESEND")

    assert [source.removeprefix("CustomMessage_") for source in functions.sources] == [
        "SignUp",
        "ResendCode",
        "ForgotPassword",
        "VerifyUserAttribute",
        "UpdateUserAttribute",
        "UpdateUserAttribute",
        # Nothing goes to cy, who has no address.
        "AdminCreateUser",
        "AdminCreateUser",
    ]
    addresses = [event["request"]["userAttributes"]["email"] for event in functions.events[4:6]]
    assert addresses == ["new@example.com", "newer@example.com"]


async def test_the_function_sees_the_address_that_waits_for_its_code(
    begin: Make, admit: Call, sign_in: Call, call: Call, functions: Functions, inbox: Inbox
) -> None:
    waiting = UserAttributeUpdateSettingsType(attributes_require_verification_before_update=["email"])
    client = await begin("CustomMessage", user_attribute_update_settings=waiting)
    await admit(client, email="ann@example.com", email_verified="true")
    token = {"AccessToken": (await sign_in(client))["AccessToken"]}
    changed = [{"Name": "email", "Value": "new@example.com"}]
    await call("UpdateUserAttributes", **token, UserAttributes=changed)

    await call("GetUserAttributeVerificationCode", **token, AttributeName="email")

    event = functions.event("CustomMessage_VerifyUserAttribute")
    assert event["request"]["userAttributes"]["email"] == "new@example.com"
    assert event["request"]["userAttributes"]["email_verified"] == "false"
    assert inbox.messages()[0].destination == "new@example.com"


async def test_an_administrators_reset_is_worded_too(
    begin: Make, admit: Call, call: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("CustomMessage", email_configuration=OWN_MAIL)
    await admit(client, email="ann@example.com", email_verified="true")
    functions.reply("CustomMessage", **WORDS)

    await call("AdminResetUserPassword", UserPoolId=client.pool_id, Username="ann", ClientMetadata={"a": "b"})

    event = functions.event("CustomMessage_ForgotPassword")
    assert event["callerContext"]["clientId"] == "CLIENT_ID_NOT_APPLICABLE"
    assert event["request"]["clientMetadata"] == {"a": "b"}
    assert inbox.messages()[0].subject == "Hello"


async def test_an_invitation_has_places_for_the_name_and_the_password(
    begin: Make, call: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin("CustomMessage", auto_verified_attributes=["phone_number"])
    functions.reply("CustomMessage", smsMessage="{username}: {####}")

    await call(
        "AdminCreateUser",
        UserPoolId=client.pool_id,
        Username="ann",
        TemporaryPassword="Tempor{####}ary-1",
        UserAttributes=[{"Name": "phone_number", "Value": "+15551234567"}],
    )

    assert functions.event("CustomMessage_AdminCreateUser")["request"]["usernameParameter"] == "{username}"
    assert inbox.messages()[0].text == "ann: Tempor{####}ary-1"


@pytest.mark.parametrize(
    "words",
    [
        {"emailMessage": "no place for the code"},
        {"smsMessage": "none here either"},
        {"smsMessage": "{####}" + "!" * 135},
        {"emailMessage": "{####}" + "!" * 20_000},
        {"emailSubject": "!" * 141},
        {"emailMessage": 7},
    ],
)
async def test_words_that_cannot_be_sent_are_refused_and_nothing_is_written(
    begin: Make, join: Call, described: Call, functions: Functions, words: dict[str, Any]
) -> None:
    client = await begin("CustomMessage", email_configuration=OWN_MAIL)
    functions.reply("CustomMessage", **words)

    with pytest.raises(InvalidLambdaResponseException):
        await join(client, email="ann@example.com")

    with pytest.raises(UserNotFoundException):
        await described(client)


@pytest.mark.parametrize("member", ["emailMessage", "emailSubject"])
async def test_mail_is_worded_for_pools_that_send_their_own(
    begin: Make, join: Call, functions: Functions, member: str
) -> None:
    client = await begin("CustomMessage")
    functions.reply("CustomMessage", **{member: "{####}"})

    with pytest.raises(InvalidLambdaResponseException, match="DEVELOPER"):
        await join(client, email="ann@example.com")


async def test_a_function_that_raises_is_told_of(begin: Make, join: Call, functions: Functions) -> None:
    client = await begin("CustomMessage")
    functions.refuse("CustomMessage", "no paper")

    with pytest.raises(UserLambdaValidationException, match=r"^CustomMessage failed with error no paper\.$"):
        await join(client, email="ann@example.com")


async def test_nobody_is_asked_for_a_message_that_is_not_sent(
    begin: Make, join: Call, call: Call, functions: Functions
) -> None:
    client = await begin("CustomMessage")

    await join(client)
    await call("AdminCreateUser", UserPoolId=client.pool_id, Username="bob", MessageAction="SUPPRESS")

    assert functions.events == []
