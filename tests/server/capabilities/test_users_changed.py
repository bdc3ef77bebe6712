"""Users, as an administrator changes, disables and deletes them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    AliasExistsException,
    InvalidParameterException,
    NotAuthorizedException,
    UserNotFoundException,
)
from userpool.wire.user_pools import (
    SchemaAttributeTypeInput,
    UserAttributeUpdateSettingsTypeInput,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

DAY = 24 * 60 * 60

# ---- AdminUpdateUserAttributes, AdminDeleteUserAttributes ----


async def test_a_changed_address_is_not_verified_and_gets_a_code(
    call: Call, pool: Pool, make_user: Make, described: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    reply = await update(call, pool, "ann", email="new@example.com")

    assert reply == {}
    attributes = (await described(pool, "ann"))["attributes"]
    assert (attributes["email"], attributes["email_verified"]) == ("new@example.com", "false")
    assert [(message.kind, message.destination) for message in inbox.messages()] == [
        ("UpdateUserAttribute", "new@example.com")
    ]


async def test_an_address_that_is_declared_verified_gets_no_code(
    call: Call, pool: Pool, make_user: Make, described: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    await update(call, pool, "ann", email="new@example.com", email_verified="True")

    attributes = (await described(pool, "ann"))["attributes"]
    assert (attributes["email"], attributes["email_verified"]) == ("new@example.com", "true")
    assert inbox.messages() == []


async def test_the_same_address_again_changes_nothing_about_it(
    call: Call, pool: Pool, make_user: Make, described: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    await update(call, pool, "ann", email="ann@example.com")

    assert (await described(pool, "ann"))["attributes"]["email_verified"] == "true"
    assert inbox.messages() == []


async def test_a_number_that_the_pool_does_not_verify_gets_no_code(
    call: Call, pool: Pool, make_user: Make, described: Call, inbox: Inbox
) -> None:
    await make_user(pool, "ann")

    await update(call, pool, "ann", phone_number="+15551234567")

    assert (await described(pool, "ann"))["attributes"]["phone_number_verified"] == "false"
    assert inbox.messages() == []


async def test_a_value_that_has_to_be_verified_first_waits_unless_an_administrator_vouches_for_it(
    call: Call, make_pool: Make, make_user: Make, described: Call
) -> None:
    settings = UserAttributeUpdateSettingsTypeInput(attributes_require_verification_before_update=["email"])
    pool = await make_pool(auto_verified_attributes=["email"], user_attribute_update_settings=settings)
    await make_user(pool, "ann", email="ann@example.com")

    await update(call, pool, "ann", email="new@example.com")
    assert (await described(pool, "ann"))["attributes"]["email"] == "ann@example.com"

    await update(call, pool, "ann", email="new@example.com", email_verified="true")
    assert (await described(pool, "ann"))["attributes"]["email"] == "new@example.com"


async def test_an_update_shows_in_the_date_of_the_last_change(
    call: Call, pool: Pool, make_user: Make, described: Call, effects: FixedEffects
) -> None:
    await make_user(pool, "ann")
    effects.advance(90)

    await update(call, pool, "ann", name="Ann")

    user = await described(pool, "ann")
    assert user["UserLastModifiedDate"] == user["UserCreateDate"] + 90


async def test_an_empty_value_clears_an_attribute(
    call: Call, pool: Pool, make_user: Make, described: Call
) -> None:
    await make_user(pool, "ann", name="Ann")

    await update(call, pool, "ann", name="")

    assert "name" not in (await described(pool, "ann"))["attributes"]


async def test_deleting_an_address_takes_its_flag_along(
    call: Call, pool: Pool, make_user: Make, described: Call
) -> None:
    await make_user(pool, "ann", email="ann@example.com")

    reply = await call(
        "AdminDeleteUserAttributes",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributeNames=["email"],
    )

    assert reply == {}
    assert list((await described(pool, "ann"))["attributes"]) == ["sub"]


async def test_an_attribute_that_the_schema_lacks_is_not_deleted(
    call: Call, pool: Pool, make_user: Make
) -> None:
    await make_user(pool, "ann")

    with pytest.raises(InvalidParameterException) as caught:
        await call(
            "AdminDeleteUserAttributes",
            UserPoolId=pool.pool_id,
            Username="ann",
            UserAttributeNames=["custom:x"],
        )

    expected = "Invalid user attributes: custom:x: Attribute does not exist in the schema.\n"
    assert caught.value.message == expected


async def test_a_required_attribute_is_not_cleared(call: Call, make_pool: Make, make_user: Make) -> None:
    pool = await make_pool(schema=[SchemaAttributeTypeInput(name="email", required=True)])
    await make_user(pool, "ann", email="ann@example.com")

    with pytest.raises(
        InvalidParameterException, match=r"^user\.email: Required attribute cannot be deleted\.$"
    ):
        await update(call, pool, "ann", email="")


async def test_a_verified_alias_is_not_taken_by_an_update(
    call: Call, make_pool: Make, make_user: Make
) -> None:
    pool = await make_pool(alias_attributes=["email"])
    await make_user(pool, "ann", email="ann@example.com")
    await make_user(pool, "bob")

    with pytest.raises(AliasExistsException):
        await update(call, pool, "bob", email="ann@example.com", email_verified="true")


async def test_an_address_that_is_a_username_changes_hands_when_it_is_free(
    call: Call, make_pool: Make, make_user: Make, described: Call
) -> None:
    pool = await make_pool(username_attributes=["email"])
    sub = await make_user(pool, "ann@example.com")

    await update(call, pool, sub, email="new@example.com", email_verified="true")

    assert (await described(pool, "new@example.com"))["Username"] == sub
    with pytest.raises(UserNotFoundException):
        await described(pool, "ann@example.com")


# ---- AdminDisableUser, AdminEnableUser, AdminDeleteUser ----


async def test_a_disabled_user_is_signed_out_and_kept_out(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, described: Call
) -> None:
    await make_user(pool, "ann")
    tokens = await sign_in(client, "ann")

    assert await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann") == {}

    assert (await described(pool, "ann"))["Enabled"] is False
    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])
    with pytest.raises(NotAuthorizedException, match=r"^User is disabled\.$"):
        await sign_in(client, "ann")


async def test_an_enabled_user_signs_in_again_and_old_tokens_stay_dead(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call
) -> None:
    await make_user(pool, "ann")
    tokens = await sign_in(client, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    assert await call("AdminEnableUser", UserPoolId=pool.pool_id, Username="ann") == {}

    assert await sign_in(client, "ann")
    with pytest.raises(NotAuthorizedException, match=r"^Access Token has been revoked$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])


async def test_a_deleted_user_is_gone_and_its_name_is_free(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call
) -> None:
    sub = await make_user(pool, "ann")
    tokens = await sign_in(client, "ann")

    assert await call("AdminDeleteUser", UserPoolId=pool.pool_id, Username="ann") == {}

    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call("GetUser", AccessToken=tokens["AccessToken"])
    assert await make_user(pool, "ann") != sub


async def test_nobody_is_deleted_twice(call: Call, pool: Pool, make_user: Make) -> None:
    await make_user(pool, "ann")
    await call("AdminDeleteUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call("AdminDeleteUser", UserPoolId=pool.pool_id, Username="ann")


def listed(**attributes: str) -> list[dict[str, str]]:
    """Return attributes as the wire lists them."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]


async def update(call: Call, pool: Pool, username: str, **attributes: str) -> dict[str, Any]:
    """Change attributes of a user."""
    return await call(
        "AdminUpdateUserAttributes",
        UserPoolId=pool.pool_id,
        Username=username,
        UserAttributes=listed(**attributes),
    )
