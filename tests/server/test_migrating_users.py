"""Migrating users: at a sign-in or a forgotten password, from the directory that the trigger knows."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from trigger_functions import Functions, triggered

from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    NotAuthorizedException,
    PasswordResetRequiredException,
    UserLambdaValidationException,
    UserNotFoundException,
)
from userpool.wire.user_pools import SchemaAttributeTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

SHORT = "short"
ANN = {"email": "ann@example.com", "email_verified": "true"}


@pytest.fixture
def begin(make_pool: Make, make_client: Make) -> Make:
    """Give a function that makes a pool with the trigger and a client that may send passwords."""

    async def make(**members: Any) -> Client:
        client = members.pop("client", {})
        pool = await make_pool(lambda_config=triggered("UserMigration"), **members)
        made: Client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"], **client)
        return made

    return make


@pytest.fixture
def sign_in(call: Call) -> Call:
    """Give a function that signs in with a password that no policy would take."""

    async def run(client: Client, name: str = "ann", password: str = SHORT, **members: Any) -> dict[str, Any]:
        return await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_PASSWORD_AUTH",
            AuthParameters={"USERNAME": name, "PASSWORD": password},
            **members,
        )

    return run


async def test_whoever_is_known_elsewhere_signs_in_with_the_password_of_before(
    begin: Make, sign_in: Call, call: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin()
    functions.reply(
        "UserMigration", userAttributes=ANN, finalUserStatus="CONFIRMED", messageAction="SUPPRESS"
    )

    first = await sign_in(client, ClientMetadata={"from": "here"})
    second = await sign_in(client)

    assert first["AuthenticationResult"]["AccessToken"]
    assert second["AuthenticationResult"]["AccessToken"]
    assert functions.sources == ["UserMigration_Authentication"]
    assert functions.events[0]["request"]["validationData"] == {"from": "here"}
    user = await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann")
    assert user["UserStatus"] == "CONFIRMED"
    assert {"Name": "email_verified", "Value": "true"} in user["UserAttributes"]
    assert inbox.messages() == []


async def test_without_a_status_the_password_has_to_be_reset(
    begin: Make, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin()
    functions.reply("UserMigration", userAttributes=ANN)

    with pytest.raises(PasswordResetRequiredException):
        await sign_in(client)

    user = await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann")
    assert user["UserStatus"] == "RESET_REQUIRED"


async def test_whoever_is_known_nowhere_is_an_unknown_user(
    begin: Make, sign_in: Call, functions: Functions
) -> None:
    open_client = await begin()
    discreet = await begin(client={"prevent_user_existence_errors": "ENABLED"})
    functions["UserMigration"] = lambda event: {**event, "response": None}

    with pytest.raises(UserNotFoundException, match="User does not exist"):
        await sign_in(open_client)
    with pytest.raises(NotAuthorizedException, match="Incorrect username or password"):
        await sign_in(discreet)


async def test_a_function_that_refuses_says_why(
    begin: Make, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin()
    functions.refuse("UserMigration", "Bad password")

    with pytest.raises(
        UserLambdaValidationException, match=r"^UserMigration failed with error Bad password\.$"
    ):
        await sign_in(client)

    with pytest.raises(UserNotFoundException):
        await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann")


async def test_the_function_may_give_another_username(
    begin: Make, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin(alias_attributes=["email"])
    functions.reply("UserMigration", userAttributes={"username": "ann", **ANN}, finalUserStatus="CONFIRMED")

    await sign_in(client, "ann@example.com")

    user = await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann@example.com")
    assert user["Username"] == "ann"


async def test_an_address_for_a_username_is_the_users_own(
    begin: Make, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin(username_attributes=["email"])
    functions.reply("UserMigration", userAttributes={"email_verified": "TRUE"}, finalUserStatus="CONFIRMED")

    await sign_in(client, "ann@example.com")

    user = await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann@example.com")
    attributes = {item["Name"]: item["Value"] for item in user["UserAttributes"]}
    assert (attributes["email"], attributes["email_verified"]) == ("ann@example.com", "true")
    assert user["Username"] == attributes["sub"]


@pytest.mark.parametrize(("force", "owner"), [(True, "new"), (False, "old")])
async def test_an_alias_is_taken_over_if_the_function_says_so(
    begin: Make, sign_in: Call, call: Call, functions: Functions, *, force: bool, owner: str
) -> None:
    client = await begin(alias_attributes=["email"])
    pool = {"UserPoolId": client.pool_id}
    listed = [{"Name": name, "Value": value} for name, value in ANN.items()]
    await call("AdminCreateUser", **pool, Username="old", UserAttributes=listed, MessageAction="SUPPRESS")
    functions.reply(
        "UserMigration", userAttributes=ANN, finalUserStatus="CONFIRMED", forceAliasCreation=force
    )

    if force:
        await sign_in(client, "new")
    else:
        with pytest.raises(InvalidLambdaResponseException, match="email already exists"):
            await sign_in(client, "new")

    assert (await call("AdminGetUser", **pool, Username="ann@example.com"))["Username"] == owner


@pytest.mark.parametrize(
    "attributes",
    [
        {"email": "not an address"},
        {"shoe_size": "42"},
        {"sub": "34c84488-e0e1-40ae-92ee-991ad1a898c8"},
        {"email_verified": True},
        {"custom:badge": "x" * 2049},
    ],
)
async def test_attributes_that_the_pool_cannot_keep_are_the_functions_fault(
    begin: Make, sign_in: Call, call: Call, functions: Functions, attributes: dict[str, Any]
) -> None:
    badge = SchemaAttributeTypeInput(name="badge", attribute_data_type="String")
    client = await begin(schema=[badge])
    functions.reply("UserMigration", userAttributes=attributes)

    with pytest.raises(InvalidLambdaResponseException):
        await sign_in(client)

    with pytest.raises(UserNotFoundException):
        await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann")


@pytest.mark.parametrize("name", ["x" * 129, "ann smith", "ann\0"])
async def test_nobody_gets_a_username_by_which_no_operation_could_name_them(
    begin: Make, sign_in: Call, call: Call, functions: Functions, name: str
) -> None:
    client = await begin()
    functions.reply("UserMigration", userAttributes=ANN, finalUserStatus="CONFIRMED")

    with pytest.raises(InvalidLambdaResponseException, match="not of the right form"):
        await sign_in(client, name)

    assert (await call("ListUsers", UserPoolId=client.pool_id))["Users"] == []


async def test_another_address_than_the_username_is_not_taken_for_it(
    begin: Make, sign_in: Call, functions: Functions
) -> None:
    client = await begin(username_attributes=["email"])
    functions.reply("UserMigration", userAttributes=ANN, finalUserStatus="CONFIRMED")

    with pytest.raises(InvalidLambdaResponseException, match="should be empty or same as username"):
        await sign_in(client, "bob@example.com")

    assert (await sign_in(client, "ann@example.com"))["AuthenticationResult"]


async def test_codes_by_sms_are_switched_on_for_whoever_has_a_number(
    begin: Make, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin()
    bob = {"email": "bob@example.com", "phone_number": "+15550001234"}
    for name, attributes in (("ann", ANN), ("bob", bob)):
        functions.reply(
            "UserMigration", userAttributes=attributes, finalUserStatus="CONFIRMED", enableSMSMFA=True
        )
        await sign_in(client, name)

    told = [await call("AdminGetUser", UserPoolId=client.pool_id, Username=name) for name in ("ann", "bob")]

    assert [user.get("UserMFASettingList") for user in told] == [None, ["SMS_MFA"]]


async def test_two_sign_ins_at_once_make_one_user(
    begin: Make, sign_in: Call, call: Call, functions: Functions
) -> None:
    client = await begin()
    both_are_here = threading.Barrier(2, timeout=4)

    def slowly(event: dict[str, Any]) -> dict[str, Any]:
        both_are_here.wait()
        return {**event, "response": {"userAttributes": ANN, "finalUserStatus": "CONFIRMED"}}

    functions["UserMigration"] = slowly

    replies = await asyncio.gather(sign_in(client), sign_in(client))

    assert [bool(reply["AuthenticationResult"]) for reply in replies] == [True, True]
    listed = await call("ListUsers", UserPoolId=client.pool_id)
    assert [user["Username"] for user in listed["Users"]] == ["ann"]


async def test_a_forgotten_password_brings_the_user_along(
    begin: Make, call: Call, functions: Functions, inbox: Inbox
) -> None:
    client = await begin()
    functions.reply("UserMigration", userAttributes=ANN)

    reply = await call(
        "ForgotPassword", ClientId=client.client_id, Username="ann", ClientMetadata={"from": "here"}
    )

    assert reply["CodeDeliveryDetails"]["AttributeName"] == "email"
    assert functions.event("UserMigration_ForgotPassword")["request"] == {
        "validationData": None,
        "clientMetadata": {"from": "here"},
    }
    await call(
        "ConfirmForgotPassword",
        ClientId=client.client_id,
        Username="ann",
        Password="Another-horse-2",
        ConfirmationCode=inbox.messages()[0].code,
    )
    user = await call("AdminGetUser", UserPoolId=client.pool_id, Username="ann")
    assert user["UserStatus"] == "CONFIRMED"


async def test_srp_shows_no_password_and_asks_nobody(
    make_pool: Make, make_client: Make, call: Call, functions: Functions
) -> None:
    client = await make_client(await make_pool(lambda_config=triggered("UserMigration")))

    with pytest.raises(UserNotFoundException):
        await call(
            "InitiateAuth",
            ClientId=client.client_id,
            AuthFlow="USER_SRP_AUTH",
            AuthParameters={"USERNAME": "ann", "SRP_A": "f" * 700},
        )

    assert functions.events == []
