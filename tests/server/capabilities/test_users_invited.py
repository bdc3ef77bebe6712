"""Invitations: how a user whom an administrator made gets a first password, and for how long it works."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    NotAuthorizedException,
    UnsupportedUserStateException,
    UserNotFoundException,
)
from userpool.wire.user_pools import (
    AdminCreateUserConfigTypeInput,
    MessageTemplateTypeInput,
    PasswordPolicyTypeInput,
    UserPoolPolicyTypeInput,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

DAY = 24 * 60 * 60


async def test_an_invitation_carries_the_username_and_the_temporary_password(
    call: Call, pool: Pool, inbox: Inbox
) -> None:
    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(email="ann@example.com"),
        TemporaryPassword="Temporary-1",
        DesiredDeliveryMediums=["EMAIL"],
    )

    (message,) = inbox.messages()
    assert (message.kind, message.medium, message.destination) == (
        "AdminCreateUser",
        "EMAIL",
        "ann@example.com",
    )
    assert message.text == "Your username is ann and temporary password is Temporary-1"


async def test_an_invitation_goes_by_sms_unless_asked_otherwise(call: Call, pool: Pool, inbox: Inbox) -> None:
    attributes = listed(email="ann@example.com", phone_number="+15551234567")

    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", UserAttributes=attributes)

    assert [message.medium for message in inbox.messages()] == ["SMS"]


async def test_an_invitation_goes_by_every_medium_that_was_asked_for(
    call: Call, pool: Pool, inbox: Inbox
) -> None:
    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(email="ann@example.com", phone_number="+15551234567"),
        DesiredDeliveryMediums=["EMAIL", "SMS"],
    )

    assert {message.medium for message in inbox.messages()} == {"EMAIL", "SMS"}


async def test_a_user_whom_no_invitation_reaches_is_made_without_one(
    call: Call, pool: Pool, inbox: Inbox
) -> None:
    reply = await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")

    assert reply["User"]["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert inbox.messages() == []


async def test_a_template_without_a_place_for_the_password_sends_nothing(
    call: Call, make_pool: Make, inbox: Inbox
) -> None:
    template = MessageTemplateTypeInput(email_message="Welcome, {username}")
    pool = await make_pool(
        admin_create_user_config=AdminCreateUserConfigTypeInput(invite_message_template=template)
    )

    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(email="ann@example.com"),
        DesiredDeliveryMediums=["EMAIL"],
    )

    assert inbox.messages() == []


async def test_suppress_sends_nothing(call: Call, pool: Pool, inbox: Inbox) -> None:
    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(email="ann@example.com"),
        DesiredDeliveryMediums=["EMAIL"],
        MessageAction="SUPPRESS",
    )

    assert inbox.messages() == []


async def test_an_invitation_names_the_address_and_not_the_sub(
    call: Call, make_pool: Make, inbox: Inbox
) -> None:
    pool = await make_pool(username_attributes=["email"])

    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann@example.com",
        DesiredDeliveryMediums=["EMAIL"],
    )

    (message,) = inbox.messages()
    assert message.text.startswith("Your username is ann@example.com and ")


async def test_resend_gives_a_new_password_and_voids_the_old_one(
    call: Call, pool: Pool, client: Client, sign_in: Call, inbox: Inbox
) -> None:
    user = {"UserPoolId": pool.pool_id, "Username": "ann", "DesiredDeliveryMediums": ["EMAIL"]}
    await call("AdminCreateUser", **user, UserAttributes=listed(email="ann@example.com"))
    first = inbox.messages()[0].code

    await call("AdminCreateUser", **user, MessageAction="RESEND")

    second = inbox.messages()[0].code
    assert first != second
    assert await challenge_of(call, client, "ann", second) == "NEW_PASSWORD_REQUIRED"
    with pytest.raises(NotAuthorizedException, match=r"^Incorrect username or password\.$"):
        await sign_in(client, "ann", first)


async def test_resend_begins_the_days_of_the_temporary_password_anew(
    call: Call, pool: Pool, client: Client, inbox: Inbox, effects: FixedEffects
) -> None:
    user = {"UserPoolId": pool.pool_id, "Username": "ann", "DesiredDeliveryMediums": ["EMAIL"]}
    await call("AdminCreateUser", **user, UserAttributes=listed(email="ann@example.com"))
    effects.advance(6 * DAY)

    await call("AdminCreateUser", **user, MessageAction="RESEND")

    effects.advance(6 * DAY)
    assert await challenge_of(call, client, "ann", inbox.messages()[0].code) == "NEW_PASSWORD_REQUIRED"


async def test_resend_lifts_the_lock(
    call: Call, pool: Pool, client: Client, sign_in: Call, inbox: Inbox
) -> None:
    user = {"UserPoolId": pool.pool_id, "Username": "ann", "DesiredDeliveryMediums": ["EMAIL"]}
    await call("AdminCreateUser", **user, UserAttributes=listed(email="ann@example.com"))
    for _ in range(5):
        with pytest.raises(NotAuthorizedException):
            await sign_in(client, "ann", "Wrong-password-3")

    await call("AdminCreateUser", **user, MessageAction="RESEND")

    assert await challenge_of(call, client, "ann", inbox.messages()[0].code) == "NEW_PASSWORD_REQUIRED"


async def test_resend_ignores_attributes(call: Call, pool: Pool, described: Call) -> None:
    user = {"UserPoolId": pool.pool_id, "Username": "ann"}
    await call("AdminCreateUser", **user, UserAttributes=listed(name="Ann"))

    await call("AdminCreateUser", **user, MessageAction="RESEND", UserAttributes=listed(name="Bob"))

    assert (await described(pool, "ann"))["attributes"]["name"] == "Ann"


async def test_resend_is_for_users_who_have_not_signed_in_yet(
    call: Call, pool: Pool, make_user: Make
) -> None:
    await make_user(pool, "ann")

    with pytest.raises(
        UnsupportedUserStateException,
        match=r"^Resend not possible\. ann status is not FORCE_CHANGE_PASSWORD$",
    ):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", MessageAction="RESEND")


async def test_resend_needs_a_user(call: Call, pool: Pool) -> None:
    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", MessageAction="RESEND")


async def test_a_temporary_password_expires(
    call: Call, make_pool: Make, make_client: Make, effects: FixedEffects
) -> None:
    policy = PasswordPolicyTypeInput(minimum_length=8, temporary_password_validity_days=2)
    pool = await make_pool(policies=UserPoolPolicyTypeInput(password_policy=policy))
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", TemporaryPassword="Temporary-1")

    effects.advance(2 * DAY)

    with pytest.raises(
        NotAuthorizedException,
        match=r"^Temporary password has expired and must be reset by an administrator\.$",
    ):
        await challenge_of(call, client, "ann", "Temporary-1")


def listed(**attributes: str) -> list[dict[str, str]]:
    """Return attributes as the wire lists them."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


async def challenge_of(call: Call, client: Client, username: str, password: str) -> str:
    """Return the challenge that a password leads to."""
    reply = await call(
        "InitiateAuth",
        ClientId=client.client_id,
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": username, "PASSWORD": password},
    )
    name: str = reply["ChallengeName"]
    return name
