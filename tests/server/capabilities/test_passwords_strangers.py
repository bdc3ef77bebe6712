"""What strangers may learn from asking for a code that sets a new password."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.server.messages.inbox import Inbox
from userpool.server.records import Client, Pool
from userpool.wire.faults import (
    CodeMismatchException,
    ExpiredCodeException,
    LimitExceededException,
    NotAuthorizedException,
)
from userpool.wire.user_pools import (
    UsernameConfigurationType,
)

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]

OLD = "Correct-horse-1"
NEW = "Battery-staple-2"
HOUR = 60 * 60


@pytest.fixture
async def discreet(make_client: Make, pool: Pool) -> Client:
    """A client that doesn't tell strangers who exists."""
    client: Client = await make_client(
        pool,
        prevent_user_existence_errors="ENABLED",
        explicit_auth_flows=["ALLOW_USER_PASSWORD_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
    )
    return client


async def test_a_stranger_sees_a_code_go_to_nobody(call: Call, discreet: Client, inbox: Inbox) -> None:
    reply = await forgot(call, discreet, "nobody")

    details = reply["CodeDeliveryDetails"]
    assert (details["DeliveryMedium"], details["AttributeName"]) == ("EMAIL", "email")
    assert len(details["Destination"]) == len("a***@e***")
    assert inbox.messages() == []


async def test_nobody_is_reached_at_the_same_place_each_time(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    configuration = UsernameConfigurationType(case_sensitive=False)
    pool = await make_pool(auto_verified_attributes=["email"], username_configuration=configuration)
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")

    assert await forgot(call, client, "nobody") == await forgot(call, client, "NOBODY")


async def test_an_address_that_nobody_has_stands_for_itself(call: Call, discreet: Client) -> None:
    reply = await forgot(call, discreet, "who@site.example")

    assert reply["CodeDeliveryDetails"]["Destination"] == "w***@s***"


async def test_nobody_has_a_number_where_the_pool_verifies_numbers(
    call: Call, make_pool: Make, make_client: Make
) -> None:
    pool = await make_pool(auto_verified_attributes=["phone_number"])
    client = await make_client(pool, prevent_user_existence_errors="ENABLED")

    details = (await forgot(call, client, "nobody"))["CodeDeliveryDetails"]

    assert details["DeliveryMedium"] == "SMS"
    assert details["Destination"].startswith("+*******")


@pytest.mark.parametrize("who", ["disabled", "unreachable", "invited", "nobody"])
async def test_who_gets_no_code_looks_like_who_does(
    call: Call, pool: Pool, discreet: Client, make_user: Make, inbox: Inbox, who: str
) -> None:
    await make_user(pool, "disabled", email="ann@example.com")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="disabled")
    await make_user(pool, "unreachable")
    await call("AdminCreateUser", UserPoolId=pool.pool_id, Username="invited")
    await make_user(pool, "ann", email="ann@example.com")
    real = (await forgot(call, discreet, "ann"))["CodeDeliveryDetails"]

    pretended = (await forgot(call, discreet, who))["CodeDeliveryDetails"]

    assert {**pretended, "Destination": ""} == {**real, "Destination": ""}
    assert [message.username for message in inbox.messages()] == ["ann"]


@pytest.mark.parametrize("who", ["ann", "disabled", "nobody"])
async def test_a_wrong_code_is_refused_alike_whoever_it_is_for(
    call: Call, pool: Pool, discreet: Client, make_user: Make, who: str
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await make_user(pool, "disabled", email="bob@example.com")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="disabled")

    with pytest.raises(ExpiredCodeException):
        await confirm(call, discreet, who, "000000")
    await forgot(call, discreet, who)
    for _ in range(14):
        with pytest.raises(CodeMismatchException):
            await confirm(call, discreet, who, "000000")
    with pytest.raises((CodeMismatchException, LimitExceededException)):
        await confirm(call, discreet, who, "000000")
    with pytest.raises(LimitExceededException):
        await confirm(call, discreet, who, "000000")


@pytest.mark.parametrize("who", ["ann", "nobody"])
async def test_asking_too_often_is_refused_alike_whoever_it_is_for(
    call: Call, pool: Pool, discreet: Client, make_user: Make, who: str
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    for _ in range(5):
        await forgot(call, discreet, who)

    with pytest.raises(LimitExceededException):
        await forgot(call, discreet, who)


async def test_a_disabled_user_is_told_so_by_a_client_of_the_old_kind(
    call: Call, pool: Pool, client: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, client, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(NotAuthorizedException, match=r"^User is disabled\.$"):
        await forgot(call, client, "ann")
    with pytest.raises(NotAuthorizedException, match=r"^User is disabled\.$"):
        await confirm(call, client, "ann", inbox.messages()[0].code)


async def test_a_disabled_user_does_not_reset_with_the_right_code(
    call: Call, pool: Pool, discreet: Client, make_user: Make, inbox: Inbox
) -> None:
    await make_user(pool, "ann", email="ann@example.com")
    await forgot(call, discreet, "ann")
    await call("AdminDisableUser", UserPoolId=pool.pool_id, Username="ann")

    with pytest.raises(CodeMismatchException):
        await confirm(call, discreet, "ann", inbox.messages()[0].code)


async def forgot(call: Call, client: Client, username: str) -> dict[str, Any]:
    """Ask for a code."""
    return await call("ForgotPassword", ClientId=client.client_id, Username=username)


async def confirm(
    call: Call, client: Client, username: str, code: str, password: str = NEW
) -> dict[str, Any]:
    """Set a new password with a code."""
    return await call(
        "ConfirmForgotPassword",
        ClientId=client.client_id,
        Username=username,
        ConfirmationCode=code,
        Password=password,
    )
