"""Changing app clients."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from userpool.effects import FixedEffects
from userpool.server.records import Pool
from userpool.wire.faults import InvalidParameterException, ResourceNotFoundException

pytestmark = pytest.mark.anyio

Call = Callable[..., Awaitable[dict[str, Any]]]
Make = Callable[..., Awaitable[Any]]


@pytest.fixture
def create(call: Call, pool: Pool) -> Call:
    """Give a function that makes a client and returns how it is described."""

    async def run(**members: Any) -> dict[str, Any]:
        reply = await call("CreateUserPoolClient", UserPoolId=pool.pool_id, ClientName="web", **members)
        told: dict[str, Any] = reply["UserPoolClient"]
        return told

    return run


@pytest.fixture
def update(call: Call, pool: Pool) -> Call:
    """Give a function that updates a client and returns how it is described."""

    async def run(client: dict[str, Any], **members: Any) -> dict[str, Any]:
        named = {"UserPoolId": pool.pool_id, "ClientId": client["ClientId"]}
        told: dict[str, Any] = (await call("UpdateUserPoolClient", **named, **members))["UserPoolClient"]
        assert (await call("DescribeUserPoolClient", **named))["UserPoolClient"] == told
        return told

    return run


async def test_what_an_update_leaves_out_has_its_default(create: Call, update: Call) -> None:
    bare = await create()
    client = await create(
        ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH", "ALLOW_REFRESH_TOKEN_AUTH"],
        RefreshTokenValidity=5,
        AccessTokenValidity=1,
        ReadAttributes=["email"],
        PreventUserExistenceErrors="ENABLED",
        CallbackURLs=["https://example.com/"],
        EnableTokenRevocation=False,
        AuthSessionValidity=5,
    )

    told = await update(client)

    assert told == bare | {"ClientId": client["ClientId"]}


async def test_a_client_keeps_its_id_its_secret_and_its_dates(
    create: Call, update: Call, effects: FixedEffects
) -> None:
    client = await create(GenerateSecret=True)
    effects.advance(60)

    told = await update(client, ClientName="shop", RefreshTokenValidity=7)

    assert told["ClientSecret"] == client["ClientSecret"]
    assert (told["ClientId"], told["ClientName"]) == (client["ClientId"], "shop")
    assert told["RefreshTokenValidity"] == 7
    assert (told["CreationDate"], told["LastModifiedDate"]) == (
        client["CreationDate"],
        client["LastModifiedDate"] + 60,
    )


async def test_a_change_counts_at_once(
    call: Call, pool: Pool, create: Call, update: Call, make_user: Make
) -> None:
    client = await create(ExplicitAuthFlows=["ALLOW_USER_SRP_AUTH"])
    await make_user(pool, "ann")
    await update(client, ExplicitAuthFlows=["ALLOW_USER_PASSWORD_AUTH"])

    reply = await call(
        "InitiateAuth",
        ClientId=client["ClientId"],
        AuthFlow="USER_PASSWORD_AUTH",
        AuthParameters={"USERNAME": "ann", "PASSWORD": "Correct-horse-1"},
    )

    assert reply["AuthenticationResult"]["AccessToken"]


async def test_settings_that_contradict_one_another_change_nothing(create: Call, update: Call) -> None:
    client = await create()

    with pytest.raises(InvalidParameterException):
        await update(client, ClientName="shop", WriteAttributes=["custom:unknown"])

    assert (await update(client))["ClientName"] == "web"


async def test_a_client_that_is_not_there_cannot_be_updated(
    call: Call, pool: Pool, make_pool: Make, create: Call
) -> None:
    client_id = (await create())["ClientId"]
    other = await make_pool()

    for pool_id, named in ((pool.pool_id, "nobody"), (other.pool_id, client_id)):
        with pytest.raises(ResourceNotFoundException) as caught:
            await call("UpdateUserPoolClient", UserPoolId=pool_id, ClientId=named)
        assert caught.value.message == f"User pool client {named} does not exist."
