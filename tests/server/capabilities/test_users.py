"""Users, as an administrator makes and sees them."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.records import Pool
from userpool.wire.faults import (
    AliasExistsException,
    InvalidParameterException,
    InvalidPasswordException,
    ResourceNotFoundException,
    UsernameExistsException,
    UserNotFoundException,
)
from userpool.wire.user_pools import (
    SchemaAttributeTypeInput,
    UsernameConfigurationType,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

DAY = 24 * 60 * 60

# ---- AdminCreateUser ----


async def test_a_made_user_is_described_with_its_sub_first(call: Call, pool: Pool) -> None:
    reply = await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(email="ann@example.com", name="Ann"),
    )

    user = reply["User"]
    assert [item["Name"] for item in user["Attributes"]] == ["sub", "email", "name"]
    assert user["Username"] == "ann"
    assert user["Enabled"] is True
    assert user["UserStatus"] == "FORCE_CHANGE_PASSWORD"
    assert user["UserCreateDate"] == user["UserLastModifiedDate"]
    assert "MFAOptions" not in user


async def test_a_username_is_made_once(call: Call, pool: Pool, make_user: Make) -> None:
    await make_user(pool, "ann")

    with pytest.raises(UsernameExistsException, match=r"^User account already exists$"):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")


async def test_required_attributes_are_not_demanded_yet(call: Call, make_pool: Make) -> None:
    pool = await make_pool(schema=[SchemaAttributeTypeInput(name="family_name", required=True)])

    reply = await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")

    assert reply["User"]["Username"] == "ann"


async def test_a_verified_flag_is_taken_in_any_case(call: Call, pool: Pool) -> None:
    reply = await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(email="ann@example.com", email_verified="True"),
    )

    assert {"Name": "email_verified", "Value": "true"} in reply["User"]["Attributes"]


async def test_a_flag_that_is_neither_true_nor_false_is_refused(call: Call, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Attributes did not conform to the schema: "):
        await call(
            "AdminCreateUser",
            UserPoolId=pool.pool_id,
            Username="ann",
            UserAttributes=listed(email_verified="perhaps"),
        )


async def test_a_temporary_password_obeys_the_policy(call: Call, pool: Pool) -> None:
    with pytest.raises(
        InvalidPasswordException, match=r"^Password did not conform with policy: Password not long enough$"
    ):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", TemporaryPassword="Ab-1")


async def test_nobody_gives_a_user_its_sub(call: Call, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Cannot modify the non-mutable attribute sub$"):
        await call(
            "AdminCreateUser", UserPoolId=pool.pool_id, Username="ann", UserAttributes=listed(sub="mine")
        )


async def test_an_attribute_that_the_schema_lacks_is_refused(call: Call, pool: Pool) -> None:
    expected = "Attributes did not conform to the schema: custom:x: Attribute does not exist in the schema.\n"

    with pytest.raises(InvalidParameterException) as caught:
        await call(
            "AdminCreateUser",
            UserPoolId=pool.pool_id,
            Username="ann",
            UserAttributes=listed(**{"custom:x": "1"}),
        )

    assert caught.value.message == expected


async def test_an_immutable_attribute_is_given_at_the_beginning_and_never_again(
    call: Call, make_pool: Make
) -> None:
    schema = [SchemaAttributeTypeInput(name="team", attribute_data_type="String", mutable=False)]
    pool = await make_pool(schema=schema)
    user = {"UserPoolId": pool.pool_id, "Username": "ann"}
    await call("AdminCreateUser", **user, UserAttributes=listed(**{"custom:team": "red"}))

    with pytest.raises(
        InvalidParameterException, match=r"^user\.custom:team: Attribute cannot be updated\.$"
    ):
        await call("AdminUpdateUserAttributes", **user, UserAttributes=listed(**{"custom:team": "blue"}))


async def test_an_administrator_sets_what_developers_only_may_set(call: Call, make_pool: Make) -> None:
    schema = [
        SchemaAttributeTypeInput(name="rank", attribute_data_type="String", developer_only_attribute=True)
    ]
    pool = await make_pool(schema=schema)

    reply = await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=listed(**{"dev:custom:rank": "7"}),
    )

    assert {"Name": "dev:custom:rank", "Value": "7"} in reply["User"]["Attributes"]


async def test_a_pool_that_does_not_exist_is_named(call: Call) -> None:
    with pytest.raises(ResourceNotFoundException, match=r"^User pool us-east-1_Nothing99 does not exist\.$"):
        await call("AdminCreateUser", UserPoolId="us-east-1_Nothing99", Username="ann")


# ---- addresses and numbers as usernames, aliases ----


async def test_an_address_as_username_stands_for_the_sub(call: Call, make_pool: Make) -> None:
    pool = await make_pool(username_attributes=["email"])

    reply = await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann@example.com")

    user = reply["User"]
    attributes = {item["Name"]: item["Value"] for item in user["Attributes"]}
    assert user["Username"] == attributes["sub"]
    assert attributes["email"] == "ann@example.com"


async def test_an_administrator_gives_no_other_address_than_the_username(call: Call, make_pool: Make) -> None:
    pool = await make_pool(username_attributes=["phone_number", "email"])

    with pytest.raises(
        InvalidParameterException,
        match=r"^User email should be empty or same as username, since username attribute is email$",
    ):
        await call(
            "AdminCreateUser",
            UserPoolId=pool.pool_id,
            Username="ann@example.com",
            UserAttributes=listed(email="bob@example.com"),
        )


async def test_an_address_stands_for_one_username_only(call: Call, make_pool: Make) -> None:
    pool = await make_pool(username_attributes=["email"])
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann@example.com")

    with pytest.raises(UsernameExistsException, match=r"^An account with the given email already exists\.$"):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann@example.com")


async def test_a_username_that_is_no_address_is_refused_where_it_has_to_be_one(
    call: Call, make_pool: Make
) -> None:
    pool = await make_pool(username_attributes=["email"])

    with pytest.raises(InvalidParameterException, match=r"^Username should be an email\.$"):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ann")


async def test_a_verified_alias_is_kept_by_its_owner(call: Call, make_pool: Make, make_user: Make) -> None:
    pool = await make_pool(alias_attributes=["email"])
    await make_user(pool, "ann", email="shared@example.com")

    with pytest.raises(AliasExistsException, match=r"^An account with the email already exists\.$"):
        await make_user(pool, "bob", email="shared@example.com")


async def test_a_verified_alias_is_taken_over_by_force(
    call: Call, make_pool: Make, make_user: Make, described: Call
) -> None:
    pool = await make_pool(alias_attributes=["email"])
    await make_user(pool, "ann", email="shared@example.com")

    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="bob",
        UserAttributes=listed(email="shared@example.com", email_verified="true"),
        ForceAliasCreation=True,
    )

    assert (await described(pool, "shared@example.com"))["Username"] == "bob"
    assert (await described(pool, "ann"))["attributes"]["email_verified"] == "false"


async def test_an_address_that_is_not_verified_takes_nothing_over(
    call: Call, make_pool: Make, make_user: Make, described: Call
) -> None:
    pool = await make_pool(alias_attributes=["email"])
    await make_user(pool, "ann", email="shared@example.com")

    await call(
        "AdminCreateUser",
        UserPoolId=pool.pool_id,
        Username="bob",
        UserAttributes=listed(email="shared@example.com"),
        ForceAliasCreation=True,
    )

    assert (await described(pool, "shared@example.com"))["Username"] == "ann"


async def test_a_pool_that_ignores_case_keeps_usernames_in_lower_case(
    call: Call, make_pool: Make, make_user: Make
) -> None:
    pool = await make_pool(username_configuration=UsernameConfigurationType(case_sensitive=False))
    await make_user(pool, "Ann")

    with pytest.raises(UsernameExistsException):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="ANN")

    assert (await call("AdminGetUser", UserPoolId=pool.pool_id, Username="aNN"))["Username"] == "ann"


# ---- AdminGetUser ----


async def test_a_user_is_described_without_what_it_does_not_have(
    call: Call, pool: Pool, make_user: Make
) -> None:
    sub = await make_user(pool, "ann", email="ann@example.com")

    reply = await call("AdminGetUser", UserPoolId=pool.pool_id, Username="ann")

    assert set(reply) == {
        "Username",
        "UserAttributes",
        "UserCreateDate",
        "UserLastModifiedDate",
        "Enabled",
        "UserStatus",
    }
    assert reply["UserAttributes"][0] == {"Name": "sub", "Value": sub}


async def test_a_user_is_found_by_sub_and_by_verified_alias(
    make_pool: Make, make_user: Make, described: Call
) -> None:
    pool = await make_pool(alias_attributes=["email", "phone_number"])
    sub = await make_user(pool, "ann", email="ann@example.com", phone_number="+15551234567")

    for name in (sub, "ann@example.com", "+15551234567"):
        assert (await described(pool, name))["Username"] == "ann"


async def test_a_username_that_looks_like_a_sub_does_not_stand_before_its_owner(
    pool: Pool, make_user: Make, described: Call
) -> None:
    sub = await make_user(pool, "ann")

    await make_user(pool, sub)

    assert (await described(pool, sub))["Username"] == "ann"


async def test_a_user_of_another_pool_is_nobody(call: Call, make_pool: Make, make_user: Make) -> None:
    sub = await make_user(await make_pool(), "ann")
    other = await make_pool()

    for name in ("ann", sub):
        with pytest.raises(UserNotFoundException, match=r"^User does not exist\.$"):
            await call("AdminGetUser", UserPoolId=other.pool_id, Username=name)


def listed(**attributes: str) -> list[dict[str, str]]:
    """Return attributes as the wire lists them."""
    return [{"Name": name, "Value": value} for name, value in attributes.items()]
