"""Addresses and numbers of the bearer: changed, sent codes to, verified."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    AliasExistsException,
    CodeMismatchException,
    ExpiredCodeException,
    InvalidParameterException,
    LimitExceededException,
)
from userpool.wire.user_pools import UserAttributeUpdateSettingsTypeInput

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

HOUR = 60 * 60
VERIFIED_FIRST = UserAttributeUpdateSettingsTypeInput(attributes_require_verification_before_update=["email"])


@pytest.fixture
def make_token(make_client: Make, make_user: Make, sign_in: Call) -> Make:
    """Give a function that makes a user of a pool and signs in."""

    async def make(pool: Pool, username: str, **attributes: str) -> str:
        client: Client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
        await make_user(pool, username, **attributes)
        token: str = (await sign_in(client, username))["AccessToken"]
        return token

    return make


@pytest.fixture
async def token(pool: Pool, make_token: Make) -> str:
    """The access token of Ann, who has a verified address."""
    return await make_token(pool, "ann", email="ann@example.com")


# ---- a new address ----


async def test_a_new_address_is_not_verified_and_gets_a_code(call: Call, token: str, inbox: Inbox) -> None:
    reply = await update(call, token, email="new@site.example")

    assert reply == {
        "CodeDeliveryDetailsList": [
            {"Destination": "n***@s***", "DeliveryMedium": "EMAIL", "AttributeName": "email"}
        ]
    }
    assert [(message.kind, message.destination) for message in inbox.messages()] == [
        ("UpdateUserAttribute", "new@site.example")
    ]
    assert (await attributes_of(call, token))["email_verified"] == "false"


async def test_the_code_verifies_the_new_address(call: Call, token: str, inbox: Inbox) -> None:
    await update(call, token, email="new@example.com")

    assert await verify(call, token, inbox.messages()[0].code) == {}

    assert await attributes_of(call, token) == {"email": "new@example.com", "email_verified": "true"}


async def test_the_same_address_again_needs_no_code(call: Call, token: str) -> None:
    assert await update(call, token, email="ann@example.com") == {"CodeDeliveryDetailsList": []}

    assert (await attributes_of(call, token))["email_verified"] == "true"


async def test_a_pool_that_verifies_nothing_sends_no_code(
    call: Call, make_pool: Make, make_token: Make, inbox: Inbox
) -> None:
    token = await make_token(await make_pool(), "ann", email="ann@example.com")

    assert await update(call, token, email="new@example.com") == {"CodeDeliveryDetailsList": []}

    assert (await attributes_of(call, token))["email_verified"] == "false"
    assert inbox.messages() == []


async def test_two_new_values_get_a_code_each(call: Call, make_pool: Make, make_token: Make) -> None:
    token = await make_token(await make_pool(auto_verified_attributes=["email", "phone_number"]), "ann")

    reply = await update(call, token, email="new@example.com", phone_number="+15551234567")

    assert {
        details["AttributeName"]: details["Destination"] for details in reply["CodeDeliveryDetailsList"]
    } == {
        "email": "n***@e***",
        "phone_number": "+*******4567",
    }


async def test_a_code_does_not_verify_another_address_than_its_own(
    call: Call, token: str, inbox: Inbox
) -> None:
    await update(call, token, email="first@example.com")
    first = inbox.messages()[0].code
    await update(call, token, email="second@example.com")

    with pytest.raises(CodeMismatchException):
        await verify(call, token, first)

    assert (await attributes_of(call, token))["email_verified"] == "false"


async def test_clearing_an_address_voids_its_code(call: Call, token: str, inbox: Inbox) -> None:
    await update(call, token, email="new@example.com")
    await update(call, token, email="")
    await update(call, token, phone_number="+15551234567")

    with pytest.raises(InvalidParameterException):
        await verify(call, token, inbox.messages()[0].code)

    assert "email" not in await attributes_of(call, token)


# ---- verified before it counts ----


async def test_an_old_address_stays_until_the_new_one_is_verified(
    call: Call, make_pool: Make, make_token: Make, inbox: Inbox
) -> None:
    pool = await make_pool(auto_verified_attributes=["email"], user_attribute_update_settings=VERIFIED_FIRST)
    token = await make_token(pool, "ann", email="ann@example.com")

    reply = await update(call, token, email="new@example.com")

    assert reply["CodeDeliveryDetailsList"][0]["Destination"] == "n***@e***"
    assert await attributes_of(call, token) == {"email": "ann@example.com", "email_verified": "true"}
    await verify(call, token, inbox.messages()[0].code)
    assert await attributes_of(call, token) == {"email": "new@example.com", "email_verified": "true"}


async def test_other_attributes_do_not_wait(call: Call, make_pool: Make, make_token: Make) -> None:
    pool = await make_pool(auto_verified_attributes=["email"], user_attribute_update_settings=VERIFIED_FIRST)
    token = await make_token(pool, "ann", email="ann@example.com")

    await update(call, token, email="new@example.com", name="Ann")

    assert (await attributes_of(call, token))["name"] == "Ann"


async def test_a_code_that_is_asked_for_goes_to_the_address_that_waits(
    call: Call, make_pool: Make, make_token: Make, inbox: Inbox
) -> None:
    pool = await make_pool(auto_verified_attributes=["email"], user_attribute_update_settings=VERIFIED_FIRST)
    token = await make_token(pool, "ann", email="ann@example.com")
    await update(call, token, email="new@example.com")

    await call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")

    assert inbox.messages()[0].destination == "new@example.com"


async def test_going_back_to_the_old_address_forgets_the_one_that_waits(
    call: Call, make_pool: Make, make_token: Make, inbox: Inbox
) -> None:
    pool = await make_pool(auto_verified_attributes=["email"], user_attribute_update_settings=VERIFIED_FIRST)
    token = await make_token(pool, "ann", email="ann@example.com")
    await update(call, token, email="new@example.com")

    await update(call, token, email="ann@example.com")

    with pytest.raises(ExpiredCodeException):
        await verify(call, token, inbox.messages()[0].code)
    assert (await attributes_of(call, token))["email"] == "ann@example.com"


async def test_an_address_that_waits_and_becomes_another_users_name_is_refused(
    call: Call, make_pool: Make, make_token: Make, make_user: Make, inbox: Inbox
) -> None:
    pool = await make_pool(
        username_attributes=["email"],
        auto_verified_attributes=["email"],
        user_attribute_update_settings=VERIFIED_FIRST,
    )
    token = await make_token(pool, "ann@example.com")
    await update(call, token, email="new@example.com")
    await make_user(pool, "new@example.com")

    with pytest.raises(AliasExistsException):
        await verify(call, token, inbox.messages()[0].code)
    with pytest.raises(AliasExistsException):
        await update(call, token, email="new@example.com")


# ---- aliases ----


async def test_whoever_verifies_last_owns_the_alias_and_nobody_is_told(
    call: Call, make_pool: Make, make_token: Make, make_user: Make, described: Call, inbox: Inbox
) -> None:
    pool = await make_pool(alias_attributes=["email"], auto_verified_attributes=["email"])
    await make_user(pool, "ann", email="shared@example.com")
    token = await make_token(pool, "bob")
    await update(call, token, email="shared@example.com")
    assert (await described(pool, "shared@example.com"))["Username"] == "ann"

    assert await verify(call, token, inbox.messages()[0].code) == {}

    assert (await described(pool, "shared@example.com"))["Username"] == "bob"
    assert (await described(pool, "ann"))["attributes"]["email_verified"] == "false"


async def test_a_preferred_username_belongs_to_one_user(
    call: Call, make_pool: Make, make_token: Make
) -> None:
    pool = await make_pool(alias_attributes=["preferred_username"])
    ann, bob = await make_token(pool, "ann"), await make_token(pool, "bob")
    await update(call, ann, preferred_username="star")

    with pytest.raises(
        AliasExistsException, match=r"^An account with the preferred_username already exists\.$"
    ):
        await update(call, bob, preferred_username="star")


# ---- GetUserAttributeVerificationCode, VerifyUserAttribute ----


async def test_a_code_can_be_asked_for(call: Call, token: str, inbox: Inbox) -> None:
    reply = await call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")

    assert reply == {
        "CodeDeliveryDetails": {
            "Destination": "a***@e***",
            "DeliveryMedium": "EMAIL",
            "AttributeName": "email",
        }
    }
    assert inbox.messages()[0].kind == "VerifyUserAttribute"
    assert await verify(call, token, inbox.messages()[0].code) == {}


async def test_a_code_works_once(call: Call, token: str, inbox: Inbox) -> None:
    await update(call, token, email="new@example.com")
    code = inbox.messages()[0].code
    await verify(call, token, code)

    with pytest.raises(ExpiredCodeException, match=r"^Invalid code provided, please request a code again\.$"):
        await verify(call, token, code)


async def test_a_wrong_code_is_refused_and_the_right_one_still_works(
    call: Call, token: str, inbox: Inbox
) -> None:
    await update(call, token, email="new@example.com")
    code = inbox.messages()[0].code

    with pytest.raises(
        CodeMismatchException, match=r"^Invalid verification code provided, please try again\.$"
    ):
        await verify(call, token, wrong(code))

    assert await verify(call, token, code) == {}


async def test_a_code_lives_for_a_day(
    call: Call, pool: Pool, client: Client, token: str, sign_in: Call, inbox: Inbox, effects: FixedEffects
) -> None:
    await update(call, token, email="new@example.com")
    effects.advance(24 * HOUR)
    later = (await sign_in(client, "ann"))["AccessToken"]

    with pytest.raises(ExpiredCodeException):
        await verify(call, later, inbox.messages()[0].code)


async def test_codes_are_sent_five_times_an_hour(
    call: Call, client: Client, token: str, sign_in: Call, effects: FixedEffects
) -> None:
    for _ in range(5):
        await call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")

    with pytest.raises(
        LimitExceededException, match=r"^Attempt limit exceeded, please try after some time\.$"
    ):
        await call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName="email")

    effects.advance(HOUR)
    later = (await sign_in(client, "ann"))["AccessToken"]
    assert await call("GetUserAttributeVerificationCode", AccessToken=later, AttributeName="email")


async def test_codes_are_tried_fifteen_times_an_hour(call: Call, token: str, inbox: Inbox) -> None:
    await update(call, token, email="new@example.com")
    code = inbox.messages()[0].code
    for _ in range(15):
        with pytest.raises(CodeMismatchException):
            await verify(call, token, wrong(code))

    with pytest.raises(LimitExceededException):
        await verify(call, token, code)


@pytest.mark.parametrize("attribute", ["name", "phone_number"])
async def test_only_an_address_or_a_number_that_is_there_is_verified(
    call: Call, token: str, attribute: str
) -> None:
    with pytest.raises(InvalidParameterException):
        await call("GetUserAttributeVerificationCode", AccessToken=token, AttributeName=attribute)
    with pytest.raises(InvalidParameterException):
        await call("VerifyUserAttribute", AccessToken=token, AttributeName=attribute, Code="123456")


async def attributes_of(call: Call, token: str) -> dict[str, str]:
    """Return what the bearer reads about itself, without `sub`."""
    reply = await call("GetUser", AccessToken=token)
    return {item["Name"]: item["Value"] for item in reply["UserAttributes"][1:]}


async def update(call: Call, token: str, **attributes: str) -> dict[str, Any]:
    """Change attributes of the bearer."""
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    return await call("UpdateUserAttributes", AccessToken=token, UserAttributes=listed)


async def verify(call: Call, token: str, code: str) -> dict[str, Any]:
    """Verify the address of the bearer."""
    return await call("VerifyUserAttribute", AccessToken=token, AttributeName="email", Code=code)


def wrong(code: str) -> str:
    """Return another code."""
    return f"{(int(code) + 1) % 1_000_000:06}"
