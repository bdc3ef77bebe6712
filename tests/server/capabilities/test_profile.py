"""What the bearer of an access token reads and changes about itself."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    AliasExistsException,
    InvalidParameterException,
    NotAuthorizedException,
    UserNotFoundException,
)
from userpool.wire.user_pools import SchemaAttributeTypeInput, UsernameConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

HOUR = 60 * 60


@pytest.fixture
async def token(pool: Pool, client: Client, make_user: Make, sign_in: Call) -> str:
    """The access token of Ann, who has a verified address."""
    await make_user(pool, "ann", email="ann@example.com")
    return (await sign_in(client, "ann"))["AccessToken"]


# ---- GetUser ----


async def test_the_bearer_is_described_without_what_it_does_not_have(call: Call, token: str) -> None:
    reply = await call("GetUser", AccessToken=token)

    assert set(reply) == {"Username", "UserAttributes"}
    assert reply["Username"] == "ann"
    assert reply["UserAttributes"][0]["Name"] == "sub"
    assert reply["UserAttributes"][1:] == [
        {"Name": "email", "Value": "ann@example.com"},
        {"Name": "email_verified", "Value": "true"},
    ]


async def test_a_client_shows_only_what_it_may_read(
    call: Call, pool: Pool, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    client = await make_client(
        pool, read_attributes=["given_name"], explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    sub = await make_user(pool, "ann", email="ann@example.com", given_name="Ann")

    reply = await call("GetUser", AccessToken=(await sign_in(client, "ann"))["AccessToken"])

    assert reply["UserAttributes"] == [
        {"Name": "sub", "Value": sub},
        {"Name": "given_name", "Value": "Ann"},
    ]


async def test_what_only_developers_write_is_not_shown_to_clients(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    schema = [
        SchemaAttributeTypeInput(name="rank", attribute_data_type="String", developer_only_attribute=True)
    ]
    pool = await make_pool(schema=schema)
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", **{"dev:custom:rank": "7"})

    reply = await call("GetUser", AccessToken=(await sign_in(client, "ann"))["AccessToken"])

    assert [item["Name"] for item in reply["UserAttributes"]] == ["sub"]


# ---- UpdateUserAttributes ----


async def test_an_update_that_sends_no_code_says_so_with_an_empty_list(call: Call, token: str) -> None:
    assert await update(call, token, name="Ann") == {"CodeDeliveryDetailsList": []}

    assert (await attributes_of(call, token))["name"] == "Ann"


async def test_an_update_shows_in_the_date_of_the_last_change(
    call: Call, pool: Pool, token: str, described: Call, effects: FixedEffects
) -> None:
    effects.advance(90)

    await update(call, token, name="Ann")

    user = await described(pool, "ann")
    assert user["UserLastModifiedDate"] == user["UserCreateDate"] + 90


async def test_an_empty_value_clears_an_attribute(call: Call, token: str) -> None:
    await update(call, token, name="Ann")

    await update(call, token, name="")

    assert "name" not in await attributes_of(call, token)


@pytest.mark.parametrize("name", ["sub", "email_verified", "phone_number_verified"])
async def test_nobody_vouches_for_himself(call: Call, token: str, name: str) -> None:
    with pytest.raises(InvalidParameterException, match=f"^Cannot modify the non-mutable attribute {name}$"):
        await update(call, token, **{name: "true"})


async def test_a_client_writes_only_what_it_may(
    call: Call, pool: Pool, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    client = await make_client(
        pool, write_attributes=["given_name"], explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"]
    )
    await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["AccessToken"]

    await update(call, token, given_name="Ann")

    for change in (
        update(call, token, family_name="Lee"),
        call("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["family_name"]),
    ):
        with pytest.raises(
            NotAuthorizedException, match=r"^A client attempted to write unauthorized attribute$"
        ):
            await change


async def test_an_attribute_that_the_schema_lacks_is_refused(call: Call, token: str) -> None:
    with pytest.raises(
        InvalidParameterException, match=r"custom:x: Attribute does not exist in the schema\.\n$"
    ):
        await update(call, token, **{"custom:x": "1"})


async def test_an_address_has_to_look_like_one(call: Call, token: str) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Invalid email address format\.$"):
        await update(call, token, email="nowhere")


async def test_an_address_that_is_a_username_is_not_taken_twice(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    pool = await make_pool(username_attributes=["email"])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann@example.com")
    await make_user(pool, "bob@example.com")
    token = (await sign_in(client, "bob@example.com"))["AccessToken"]

    with pytest.raises(AliasExistsException, match=r"^An account with the email already exists\.$"):
        await update(call, token, email="ann@example.com")

    assert (await attributes_of(call, token))["email"] == "bob@example.com"


async def test_a_new_address_is_the_username_at_once_where_addresses_are_usernames(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    configuration = UsernameConfigurationType(case_sensitive=False)
    pool = await make_pool(username_attributes=["email"], username_configuration=configuration)
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    sub = await make_user(pool, "ann@example.com")
    token = (await sign_in(client, "ann@example.com"))["AccessToken"]

    await update(call, token, email="New@example.com")

    again = (await sign_in(client, "new@EXAMPLE.com"))["AccessToken"]
    assert (await call("GetUser", AccessToken=again))["Username"] == sub
    with pytest.raises(UserNotFoundException):
        await sign_in(client, "ann@example.com")


async def test_the_kind_of_address_that_is_the_username_is_not_given_up(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    pool = await make_pool(username_attributes=["email", "phone_number"])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann@example.com")
    token = (await sign_in(client, "ann@example.com"))["AccessToken"]

    with pytest.raises(InvalidParameterException, match=r"^user\.email: Attribute cannot be updated\.$"):
        await update(call, token, email="")


# ---- DeleteUserAttributes ----


async def test_attributes_are_deleted_by_name(call: Call, token: str) -> None:
    await update(call, token, name="Ann", nickname="Annie")

    reply = await call("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["name", "email"])

    assert reply == {}
    assert set(await attributes_of(call, token)) == {"sub", "nickname"}


async def test_an_unknown_attribute_is_not_deleted(call: Call, token: str) -> None:
    with pytest.raises(
        InvalidParameterException,
        match=r"^Invalid user attributes: custom:x: Attribute does not exist in the schema\.\n$",
    ):
        await call("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["custom:x"])


async def test_a_required_attribute_is_not_deleted(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    pool = await make_pool(schema=[SchemaAttributeTypeInput(name="email", required=True)])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    await make_user(pool, "ann", email="ann@example.com")
    token = (await sign_in(client, "ann"))["AccessToken"]

    with pytest.raises(
        InvalidParameterException, match=r"^user\.email: Required attribute cannot be deleted\.$"
    ):
        await call("DeleteUserAttributes", AccessToken=token, UserAttributeNames=["email"])


# ---- DeleteUser ----


async def test_a_bearer_who_deletes_itself_is_gone_with_all_its_tokens(
    call: Call, pool: Pool, client: Client, token: str, sign_in: Call
) -> None:
    refresh_token = (await sign_in(client, "ann"))["RefreshToken"]

    assert await call("DeleteUser", AccessToken=token) == {}

    with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
        await call("GetUser", AccessToken=token)
    with pytest.raises(NotAuthorizedException, match=r"^Refresh Token has been revoked$"):
        await call("GetTokensFromRefreshToken", ClientId=client.client_id, RefreshToken=refresh_token)
    assert await call("ListUsers", UserPoolId=pool.pool_id) == {"Users": []}


async def test_an_address_is_free_again_when_its_owner_is_deleted(
    call: Call, make_pool: Make, make_client: Make, make_user: Make, sign_in: Call
) -> None:
    pool = await make_pool(username_attributes=["email"])
    client = await make_client(pool, explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH"])
    sub = await make_user(pool, "ann@example.com")
    await call("DeleteUser", AccessToken=(await sign_in(client, "ann@example.com"))["AccessToken"])

    assert await make_user(pool, "ann@example.com") != sub


async def test_a_bearer_acts_for_itself_also_when_somebody_has_its_sub_as_username(
    call: Call, pool: Pool, client: Client, make_user: Make, sign_in: Call, described: Call
) -> None:
    sub = await make_user(pool, "ann")
    token = (await sign_in(client, "ann"))["AccessToken"]
    other = await make_user(pool, sub)

    await update(call, token, name="Ann")
    await call("DeleteUser", AccessToken=token)

    assert "name" not in (await described(pool, other))["attributes"]


async def attributes_of(call: Call, token: str) -> dict[str, str]:
    """Return what the bearer reads about itself."""
    reply = await call("GetUser", AccessToken=token)
    return {item["Name"]: item["Value"] for item in reply["UserAttributes"]}


async def update(call: Call, token: str, **attributes: str) -> dict[str, Any]:
    """Change attributes of the bearer."""
    listed = [{"Name": name, "Value": value} for name, value in attributes.items()]
    return await call("UpdateUserAttributes", AccessToken=token, UserAttributes=listed)
