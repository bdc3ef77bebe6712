"""ListUsers: everybody, those a filter finds, page by page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.records import Pool
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import SchemaAttributeTypeInput, UsernameConfigurationType

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]


@pytest.fixture
def names(call: Call) -> Callable[..., Awaitable[list[str]]]:
    """Give a function that lists usernames, sorted."""

    async def run(pool: Pool, search: str, **members: Any) -> list[str]:
        reply = await call("ListUsers", UserPoolId=pool.pool_id, Filter=search, **members)
        return sorted(user["Username"] for user in reply["Users"])

    return run


async def test_an_empty_pool_has_an_empty_list(call: Call, pool: Pool) -> None:
    assert await call("ListUsers", UserPoolId=pool.pool_id) == {"Users": []}


async def test_users_are_listed_in_the_order_in_which_they_were_made(
    call: Call, pool: Pool, make_user: Make, effects: FixedEffects
) -> None:
    for name in ("zoe", "ann", "mia"):
        await make_user(pool, name)
        effects.advance(1)

    reply = await call("ListUsers", UserPoolId=pool.pool_id)

    assert [user["Username"] for user in reply["Users"]] == ["zoe", "ann", "mia"]


async def test_a_listed_user_is_described_as_a_made_one_is(call: Call, pool: Pool, make_user: Make) -> None:
    sub = await make_user(pool, "ann", name="Ann")

    (user,) = (await call("ListUsers", UserPoolId=pool.pool_id))["Users"]

    assert user["Attributes"] == [{"Name": "sub", "Value": sub}, {"Name": "name", "Value": "Ann"}]
    assert set(user) == {
        "Username",
        "Attributes",
        "UserCreateDate",
        "UserLastModifiedDate",
        "Enabled",
        "UserStatus",
    }


async def test_users_of_other_pools_are_not_listed(call: Call, make_pool: Make, make_user: Make) -> None:
    pool, other = await make_pool(), await make_pool()
    sub = await make_user(other, "ann", email="ann@example.com")

    for search in ("", 'username = "ann"', 'email ^= "ann"', f'sub = "{sub}"', 'sub ^= ""'):
        assert await call("ListUsers", UserPoolId=pool.pool_id, Filter=search) == {"Users": []}


@pytest.mark.parametrize(
    "search",
    [
        'username = "ann"',
        'username^="an"',
        'email = "ann@example.com"',
        'email ^= "ann@"',
        'phone_number = "+15551234567"',
        'name = "Ann \\"Annie\\" Lee"',
        'given_name ^= "An"',
        'family_name = "Lee"',
        'preferred_username = "annie"',
        'cognito:user_status = "confirmed"',
        'cognito:user_status ^= "CONF"',
        'status = "Enabled"',
        '  family_name   ^=   "L"  ',
    ],
)
async def test_a_filter_finds_by_what_can_be_searched(
    pool: Pool, make_user: Make, call: Call, names: Make, search: str
) -> None:
    await make_user(
        pool,
        "ann",
        email="ann@example.com",
        phone_number="+15551234567",
        name='Ann "Annie" Lee',
        given_name="Ann",
        family_name="Lee",
        preferred_username="annie",
    )
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="bob")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="bob")

    assert await names(pool, search) == ["ann"]


async def test_a_filter_finds_by_sub_and_by_its_beginning(pool: Pool, make_user: Make, names: Make) -> None:
    sub = await make_user(pool, "ann")
    await make_user(pool, "bob")

    assert await names(pool, f'sub = "{sub}"') == ["ann"]
    assert await names(pool, f'sub ^= "{sub[:20]}"') == ["ann"]
    assert await names(pool, f'sub = "{sub[:20]}"') == []


@pytest.mark.parametrize(
    "search", ['username = "Ann"', 'status = "enabled"', 'email = "ann@"', 'name = "ann"']
)
async def test_what_is_compared_exactly_is_not_found_otherwise(
    pool: Pool, make_user: Make, names: Make, search: str
) -> None:
    await make_user(pool, "ann", email="ann@example.com", name="Ann")

    assert await names(pool, search) == []


async def test_a_pool_that_ignores_case_finds_addresses_in_any_case(
    make_pool: Make, make_user: Make, names: Make
) -> None:
    pool = await make_pool(username_configuration=UsernameConfigurationType(case_sensitive=False))
    await make_user(pool, "ann", email="Ann@Example.com")

    assert await names(pool, 'email = "aNN@example.COM"') == ["ann"]


async def test_values_that_differ_after_many_characters_are_told_apart(
    pool: Pool, make_user: Make, names: Make
) -> None:
    beginning = "x" * 140
    await make_user(pool, "ann", name=f"{beginning}a")
    await make_user(pool, "bob", name=f"{beginning}b")

    assert await names(pool, f'name = "{beginning}b"') == ["bob"]
    assert await names(pool, f'name ^= "{beginning}a"') == ["ann"]


async def test_a_filter_follows_a_changed_value(call: Call, pool: Pool, make_user: Make, names: Make) -> None:
    await make_user(pool, "ann", email="old@example.com")

    await call(
        "AdminUpdateUserAttributes",
        UserPoolId=pool.pool_id,
        Username="ann",
        UserAttributes=[{"Name": "email", "Value": "new@example.com"}],
    )

    assert await names(pool, 'email = "new@example.com"') == ["ann"]
    assert await names(pool, 'email = "old@example.com"') == []


async def test_a_character_that_no_database_keeps_is_found_nowhere(
    pool: Pool, make_user: Make, names: Make
) -> None:
    await make_user(pool, "ann", name="Ann")
    await make_user(pool, "bob", name="B\0b")

    assert await names(pool, 'name = "Ann\0"') == []
    assert await names(pool, 'name = "B\0b"') == ["bob"]


async def test_an_attribute_that_is_not_searched_is_named(call: Call, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Invalid search attribute: custom:foo$"):
        await call("ListUsers", UserPoolId=pool.pool_id, Filter='custom:foo = "1"')


async def test_what_is_no_filter_is_refused(call: Call, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Error while parsing filter$"):
        await call("ListUsers", UserPoolId=pool.pool_id, Filter="email = ann@example.com")


async def test_pages_follow_one_another_without_gaps_and_end_without_a_token(
    call: Call, pool: Pool, make_user: Make
) -> None:
    made = [f"user{number}" for number in range(5)]
    for name in made:
        await make_user(pool, name, family_name="Lee")

    for search in ("", 'family_name = "Lee"', 'username ^= "user"', 'sub ^= ""'):
        pages = await pages_of(call, UserPoolId=pool.pool_id, Limit=2, Filter=search)
        assert [len(page) for page in pages] == [2, 2, 1]
        assert sorted(name for page in pages for name in page) == made


async def test_a_full_last_page_has_no_token(call: Call, pool: Pool, make_user: Make) -> None:
    for name in ("ann", "bob"):
        await make_user(pool, name)

    assert "PaginationToken" not in await call("ListUsers", UserPoolId=pool.pool_id, Limit=2)


async def test_a_limit_of_zero_means_sixty(call: Call, pool: Pool) -> None:
    for number in range(61):
        await call("AdminCreateUser", UserPoolId=pool.pool_id, Username=f"user{number}")

    for members in ({}, {"Limit": 0}):
        reply = await call("ListUsers", UserPoolId=pool.pool_id, **members)
        assert len(reply["Users"]) == 60
        assert reply["PaginationToken"]


async def test_a_limit_above_sixty_is_refused(call: Call, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException, match="Member must have value less than or equal to 60"):
        await call("ListUsers", UserPoolId=pool.pool_id, Limit=61)


async def test_a_token_goes_on_with_its_own_filter_only(call: Call, pool: Pool, make_user: Make) -> None:
    for name in ("ann", "bob"):
        await make_user(pool, name)
    token = (await call("ListUsers", UserPoolId=pool.pool_id, Limit=1))["PaginationToken"]

    for members in ({"Filter": 'username ^= "a"'}, {"PaginationToken": f"{token[:-2]}AA"}):
        with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
            await call("ListUsers", **{"UserPoolId": pool.pool_id, "PaginationToken": token, **members})


async def test_a_token_does_not_show_where_the_listing_stands(
    call: Call, pool: Pool, make_user: Make
) -> None:
    subs = [await make_user(pool, name) for name in ("ann", "bob")]

    token = (await call("ListUsers", UserPoolId=pool.pool_id, Limit=1))["PaginationToken"]

    assert not any(sub[:8] in token for sub in subs)


async def test_only_the_attributes_that_were_asked_for_are_shown(
    call: Call, pool: Pool, make_user: Make
) -> None:
    await make_user(pool, "ann", email="ann@example.com", name="Ann")
    await make_user(pool, "bob")

    reply = await call("ListUsers", UserPoolId=pool.pool_id, AttributesToGet=["email", "name"])

    shown = {
        user["Username"]: {item["Name"]: item["Value"] for item in user["Attributes"]}
        for user in reply["Users"]
    }
    assert shown == {"ann": {"email": "ann@example.com", "name": "Ann"}, "bob": {}}


async def test_the_sub_can_be_asked_for(call: Call, pool: Pool, make_user: Make) -> None:
    sub = await make_user(pool, "ann", name="Ann")

    (user,) = (await call("ListUsers", UserPoolId=pool.pool_id, AttributesToGet=["sub"]))["Users"]

    assert user["Attributes"] == [{"Name": "sub", "Value": sub}]


async def test_an_attribute_that_is_not_searched_has_to_be_there_for_every_user(
    call: Call, make_pool: Make, make_user: Make
) -> None:
    schema = [SchemaAttributeTypeInput(name="team", attribute_data_type="String")]
    pool = await make_pool(schema=schema)
    await make_user(pool, "ann", **{"custom:team": "red"})
    asked = {"UserPoolId": pool.pool_id, "AttributesToGet": ["custom:team"]}

    (user,) = (await call("ListUsers", **asked))["Users"]
    assert user["Attributes"] == [{"Name": "custom:team", "Value": "red"}]

    await make_user(pool, "bob")
    with pytest.raises(InvalidParameterException, match=r"^Input fails to satisfy the constraints\.$"):
        await call("ListUsers", **asked)


async def test_an_unknown_attribute_cannot_be_asked_for(call: Call, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException, match=r"^Invalid user attributes: custom:x: "):
        await call("ListUsers", UserPoolId=pool.pool_id, AttributesToGet=["custom:x"])


async def pages_of(call: Call, **members: Any) -> list[list[str]]:
    """Return the usernames of each page."""
    pages: list[list[str]] = []
    token: dict[str, str] = {}
    while True:
        reply = await call("ListUsers", **members, **token)
        pages.append([user["Username"] for user in reply["Users"]])
        if "PaginationToken" not in reply:
            return pages
        token = {"PaginationToken": reply["PaginationToken"]}


async def test_the_enabled_are_listed_page_by_page_without_the_disabled_among_them(
    call: Call, pool: Pool, make_user: Make, effects: FixedEffects
) -> None:
    for number in range(7):
        await make_user(pool, f"user-{number}")
        effects.advance(1)
    for number in (0, 2, 3, 4):
        await call("AdminDisableUser", UserPoolId=pool.pool_id, Username=f"user-{number}")

    listed: list[list[str]] = []
    token: dict[str, Any] = {}
    while True:
        reply = await call("ListUsers", UserPoolId=pool.pool_id, Filter='status ^= "Ena"', Limit=2, **token)
        listed.append([user["Username"] for user in reply["Users"]])
        if "PaginationToken" not in reply:
            break
        token = {"PaginationToken": reply["PaginationToken"]}

    assert listed == [["user-1", "user-5"], ["user-6"]]
