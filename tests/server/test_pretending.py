"""What a stranger is shown for a name that nobody has."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.context import Context
from userpool.server.directory import SUB
from userpool.server.pretending import nobodys_sub, nobodys_username, pretended_delivery
from userpool.server.records import Pool
from userpool.wire.user_pools import UsernameConfigurationType

pytestmark = pytest.mark.anyio

Make = Callable[..., Awaitable[Any]]

BOTH = ("phone_number", "email")


async def test_nobody_has_a_sub_of_its_own_for_each_name_and_pool(context: Context, make_pool: Make) -> None:
    pools: list[Pool] = [await make_pool(), await make_pool()]

    subs = [nobodys_sub(context, pool, name) for pool in pools for name in ("who", "else")]

    assert len(set(subs)) == 4
    assert all(SUB.fullmatch(sub) for sub in subs)
    assert nobodys_sub(context, pools[0], "who") == subs[0]


@pytest.mark.parametrize(
    ("settings", "name", "is_made_up"),
    [
        ({}, "who", False),
        ({}, "who@example.com", False),
        ({"alias_attributes": ["email"]}, "who", False),
        ({"alias_attributes": ["email"]}, "who@example.com", True),
        ({"username_attributes": ["email"]}, "who@example.com", True),
        ({"username_attributes": ["phone_number"]}, "+15550100", True),
    ],
)
async def test_nobodys_username_looks_like_those_of_the_pools_users(
    context: Context, make_pool: Make, *, settings: dict[str, Any], name: str, is_made_up: bool
) -> None:
    pool = await make_pool(**settings)

    username = nobodys_username(context, pool, name)

    assert username == (nobodys_sub(context, pool, name) if is_made_up else name)


async def test_nobody_is_the_same_in_any_case_where_case_does_not_count(
    context: Context, make_pool: Make
) -> None:
    configuration = UsernameConfigurationType(case_sensitive=False)
    pool = await make_pool(username_configuration=configuration)

    assert nobodys_sub(context, pool, "Who") == nobodys_sub(context, pool, "wHO")
    assert pretended_delivery(context, pool, "Who", attributes=BOTH) == pretended_delivery(
        context, pool, "wHO", attributes=BOTH
    )


@pytest.mark.parametrize(
    ("verified", "attributes", "medium"),
    [
        (["email"], BOTH, "EMAIL"),
        (["phone_number"], BOTH, "SMS"),
        (["email", "phone_number"], BOTH, "SMS"),
        (["email", "phone_number"], ["email"], "EMAIL"),
        ([], BOTH, "EMAIL"),
        (["phone_number"], ["email"], "EMAIL"),
        (["email"], ["phone_number"], "SMS"),
    ],
)
async def test_a_pretended_code_goes_where_most_codes_of_the_pool_go(
    context: Context, make_pool: Make, verified: list[str], attributes: list[str], medium: str
) -> None:
    pool = await make_pool(auto_verified_attributes=verified)

    assert pretended_delivery(context, pool, "who", attributes=attributes).delivery_medium == medium


async def test_a_code_that_only_goes_to_a_number_is_not_said_to_go_to_the_address_of_a_name(
    context: Context, make_pool: Make
) -> None:
    pool = await make_pool(auto_verified_attributes=["email"])

    details = pretended_delivery(context, pool, "who@site.example", attributes=["phone_number"])

    assert (details.delivery_medium, details.attribute_name) == ("SMS", "phone_number")
    assert details.destination is not None
    assert details.destination.startswith("+")


async def test_an_address_stands_for_itself(context: Context, make_pool: Make) -> None:
    pool = await make_pool(auto_verified_attributes=["phone_number"])

    details = pretended_delivery(context, pool, "who@site.example", attributes=BOTH)

    assert (details.destination, details.attribute_name) == ("w***@s***", "email")
