"""Signing up: what is asked for, what is answered, who is refused."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.crypto.secret_hash import secret_hash
from userpool.server.context import Context
from userpool.server.finding import client_secret
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    InvalidParameterException,
    InvalidPasswordException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UsernameExistsException,
)
from userpool.wire.user_pools import (
    AdminCreateUserConfigTypeInput,
    SchemaAttributeTypeInput,
    StringAttributeConstraintsType,
    UsernameConfigurationType,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

PASSWORD = "Correct-horse-1"


async def test_a_code_goes_to_the_address_and_the_reply_tells_where(
    call: Call, client: Client, inbox: Inbox
) -> None:
    reply = await sign_up(call, client, "ann", email="test@test.example")

    assert reply["UserConfirmed"] is False
    assert reply["CodeDeliveryDetails"] == {
        "Destination": "t***@t***",
        "DeliveryMedium": "EMAIL",
        "AttributeName": "email",
    }
    assert set(reply) == {"UserConfirmed", "UserSub", "CodeDeliveryDetails"}
    (message,) = inbox.messages()
    assert (message.kind, message.destination) == ("SignUp", "test@test.example")
    assert message.text == f"Your confirmation code is {message.code}"


async def test_without_an_address_no_delivery_is_told_of(call: Call, client: Client, inbox: Inbox) -> None:
    assert set(await sign_up(call, client, "ann")) == {"UserConfirmed", "UserSub"}

    assert inbox.messages() == []


async def test_a_pool_that_verifies_nothing_tells_of_no_delivery(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    client = await make_client(await make_pool())

    assert set(await sign_up(call, client, "ann", email="ann@example.com")) == {"UserConfirmed", "UserSub"}


async def test_the_code_goes_to_the_number_rather_than_to_the_address(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    client = await make_client(await make_pool(auto_verified_attributes=["email", "phone_number"]))

    reply = await sign_up(call, client, "ann", email="ann@example.com", phone_number="+15551234567")

    assert reply["CodeDeliveryDetails"] == {
        "Destination": "+*******4567",
        "DeliveryMedium": "SMS",
        "AttributeName": "phone_number",
    }


async def test_a_new_user_waits_for_confirmation_and_says_what_is_not_verified(
    call: Call, pool: Pool, client: Client, described: Call
) -> None:
    reply = await sign_up(call, client, "ann", email="ann@example.com", name="Ann")

    user = await described(pool, "ann")
    assert user["UserStatus"] == "UNCONFIRMED"
    assert user["attributes"] == {
        "sub": reply["UserSub"],
        "email": "ann@example.com",
        "email_verified": "false",
        "name": "Ann",
    }


async def test_a_username_is_taken_once(call: Call, client: Client) -> None:
    await sign_up(call, client, "ann")

    with pytest.raises(UsernameExistsException, match=r"^User already exists$"):
        await sign_up(call, client, "ann")


async def test_strangers_learn_that_a_username_is_taken(call: Call, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")
    await sign_up(call, client, "ann")

    with pytest.raises(UsernameExistsException):
        await sign_up(call, client, "ann")


async def test_case_tells_usernames_apart_unless_the_pool_says_otherwise(
    call: Call, pool: Pool, client: Client, make_pool: Make, make_client: Make
) -> None:
    await sign_up(call, client, "ann")
    await sign_up(call, client, "Ann")

    configuration = UsernameConfigurationType(case_sensitive=False)
    other = await make_client(await make_pool(username_configuration=configuration))
    await sign_up(call, other, "ann")
    with pytest.raises(UsernameExistsException):
        await sign_up(call, other, "Ann")


async def test_an_address_as_username_is_taken_at_once(
    call: Call, make_pool: Make, make_client: Make, described: Call
) -> None:
    pool = await make_pool(username_attributes=["email"])
    client = await make_client(pool)

    sub = (await sign_up(call, client, "ann@example.com"))["UserSub"]

    user = await described(pool, "ann@example.com")
    assert user["Username"] == sub
    assert user["attributes"]["email"] == "ann@example.com"
    with pytest.raises(UsernameExistsException, match=r"^An account with the given email already exists\.$"):
        await sign_up(call, client, "ann@example.com")


async def test_an_address_as_username_is_the_only_one(
    call: Call, make_pool: Make, make_client: Make, described: Call
) -> None:
    pool = await make_pool(
        username_attributes=["email"],
        username_configuration=UsernameConfigurationType(case_sensitive=False),
    )
    client = await make_client(pool)

    with pytest.raises(
        InvalidParameterException,
        match=r"^User email should be empty or same as username, since username attribute is email$",
    ):
        await sign_up(call, client, "ann@example.com", email="bob@example.com")

    await sign_up(call, client, "ann@example.com", email="Ann@example.com")
    await sign_up(call, client, "bob@example.com", email="")
    assert (await described(pool, "bob@example.com"))["attributes"]["email"] == "bob@example.com"


async def test_an_address_as_username_obeys_the_schema(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    short = SchemaAttributeTypeInput(
        name="email", string_attribute_constraints=StringAttributeConstraintsType(max_length="12")
    )
    client = await make_client(await make_pool(username_attributes=["email"], schema=[short]))

    with pytest.raises(
        InvalidParameterException, match=r"^Attributes did not conform to the schema: email: "
    ):
        await sign_up(call, client, "somebody@example.com")


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        (["email"], "Username should be an email."),
        (["phone_number"], "Username should be a phone number."),
        (["email", "phone_number"], "Username should be either an email or a phone number."),
    ],
)
async def test_a_username_has_the_form_that_the_pool_wants(
    call: Call, make_pool: Make, make_client: Make, attributes: list[str], expected: str
) -> None:
    client = await make_client(await make_pool(username_attributes=attributes))

    with pytest.raises(InvalidParameterException) as caught:
        await sign_up(call, client, "ann")

    assert caught.value.message == expected


async def test_a_username_does_not_look_like_an_alias(call: Call, make_pool: Make, make_client: Make) -> None:
    client = await make_client(await make_pool(alias_attributes=["email"]))

    with pytest.raises(
        InvalidParameterException,
        match=r"^Username cannot be of email format, since user pool is configured for email alias\.$",
    ):
        await sign_up(call, client, "ann@example.com")


async def test_a_preferred_username_is_chosen_after_the_confirmation_where_it_is_an_alias(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    client = await make_client(await make_pool(alias_attributes=["preferred_username"]))
    other = await make_client(await make_pool(alias_attributes=["email"]))

    with pytest.raises(
        InvalidParameterException,
        match=r"^Preferred username cannot be provided for unconfirmed account, since user pool is configured for "
        r"preferred username alias\.$",
    ):
        await sign_up(call, client, "ann", preferred_username="annie")
    assert await sign_up(call, other, "ann", preferred_username="annie")


async def test_nobody_takes_the_name_by_which_another_user_signs_in(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, described: Call
) -> None:
    pool = await make_pool(alias_attributes=["preferred_username"])
    await make_user(pool, "ann", preferred_username="annie")

    with pytest.raises(UsernameExistsException, match=r"^User already exists$"):
        await sign_up(call, await make_client(pool), "annie")

    assert (await described(pool, "annie"))["Username"] == "ann"


async def test_an_alias_that_is_taken_does_not_hinder_signing_up(
    call: Call, make_pool: Make, make_client: Make, make_user: Make
) -> None:
    pool = await make_pool(alias_attributes=["email"], auto_verified_attributes=["email"])
    await make_user(pool, "ann", email="shared@example.com")

    assert await sign_up(call, await make_client(pool), "bob", email="shared@example.com")


async def test_a_pool_may_be_for_administrators_only(call: Call, make_pool: Make, make_client: Make) -> None:
    config = AdminCreateUserConfigTypeInput(allow_admin_create_user_only=True)
    client = await make_client(await make_pool(admin_create_user_config=config))

    with pytest.raises(NotAuthorizedException, match=r"^SignUp is not permitted for this user pool$"):
        await sign_up(call, client, "ann")


async def test_all_missing_attributes_are_named_at_once(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    schema = [SchemaAttributeTypeInput(name=name, required=True) for name in ("name", "family_name")]
    client = await make_client(await make_pool(schema=schema))

    with pytest.raises(InvalidParameterException) as caught:
        await sign_up(call, client, "ann")

    assert caught.value.message == (
        "Attributes did not conform to the schema: "
        "name: The attribute is required\nfamily_name: The attribute is required\n"
    )


async def test_an_empty_value_is_no_value(call: Call, make_pool: Make, make_client: Make) -> None:
    client = await make_client(await make_pool(schema=[SchemaAttributeTypeInput(name="name", required=True)]))

    with pytest.raises(InvalidParameterException, match="name: The attribute is required\n"):
        await sign_up(call, client, "ann", name="")


@pytest.mark.parametrize("name", ["sub", "email_verified", "phone_number_verified", "dev:custom:rank"])
async def test_nobody_vouches_for_himself(call: Call, client: Client, name: str) -> None:
    with pytest.raises(NotAuthorizedException, match=r"^A client attempted to write unauthorized attribute$"):
        await sign_up(call, client, "ann", **{name: "true"})


async def test_a_client_writes_only_what_it_may(call: Call, pool: Pool, make_client: Make) -> None:
    client = await make_client(pool, write_attributes=["email"])

    assert await sign_up(call, client, "ann", email="ann@example.com")

    with pytest.raises(NotAuthorizedException, match=r"^A client attempted to write unauthorized attribute$"):
        await sign_up(call, client, "bob", name="Bob")


@pytest.mark.parametrize(
    ("name", "value", "form"),
    [("email", "nowhere", "email address"), ("phone_number", "555 1234", "phone number")],
)
async def test_addresses_and_numbers_have_their_form(
    call: Call, client: Client, name: str, value: str, form: str
) -> None:
    with pytest.raises(InvalidParameterException, match=rf"^Invalid {form} format\.$"):
        await sign_up(call, client, "ann", **{name: value})


async def test_a_password_obeys_the_policy(call: Call, client: Client) -> None:
    with pytest.raises(
        InvalidPasswordException,
        match=r"^Password did not conform with policy: Password must have lowercase characters$",
    ):
        await sign_up(call, client, "ann", "UPPERCASE-ONLY-1")


async def test_a_refused_sign_up_leaves_nobody_behind(call: Call, pool: Pool, client: Client) -> None:
    with pytest.raises(InvalidPasswordException):
        await sign_up(call, client, "ann", "UPPERCASE-ONLY-1")

    assert await call("ListUsers", UserPoolId=pool.pool_id) == {"Users": []}


async def test_a_client_that_does_not_exist_is_named(call: Call) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^User pool client nothing does not exist\.$"):
        await call("SignUp", ClientId="nothing", Username="ann", Password=PASSWORD)


async def test_a_client_with_a_secret_proves_it(
    call: Call, context: Context, pool: Pool, make_client: Make
) -> None:
    client = await make_client(pool, generate_secret=True)
    secret = client_secret(context, client) or ""
    members = {"ClientId": client.client_id, "Username": "ann", "Password": PASSWORD}

    with pytest.raises(
        NotAuthorizedException,
        match=rf"^Client {client.client_id} is configured with secret but SECRET_HASH was not received$",
    ):
        await call("SignUp", **members)
    with pytest.raises(
        NotAuthorizedException, match=rf"^Unable to verify secret hash for client {client.client_id}$"
    ):
        await call("SignUp", **members, SecretHash="d3Jvbmc=")
    right = secret_hash("ann", client_id=client.client_id, client_secret=secret)
    assert (await call("SignUp", **members, SecretHash=right))["UserSub"]


async def test_a_client_without_a_secret_is_sent_no_hash(call: Call, client: Client) -> None:
    with pytest.raises(
        InvalidParameterException,
        match=rf"^App client {client.client_id} is not configured for secret but secret hash was received$",
    ):
        await call(
            "SignUp",
            ClientId=client.client_id,
            Username="ann",
            Password=PASSWORD,
            SecretHash="d3Jvbmc=",
        )


async def sign_up(
    call: Call, client: Client, username: str, password: str = PASSWORD, **attributes: str
) -> dict[str, Any]:
    """Sign up."""
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    members: dict[str, Any] = {"UserAttributes": listed} if listed else {}
    return await call("SignUp", ClientId=client.client_id, Username=username, Password=password, **members)
