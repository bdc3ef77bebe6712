"""Making, describing, listing and deleting app clients."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest

from userpool.effects import FixedEffects
from userpool.server.capabilities.sign_up import sign_up
from userpool.server.capabilities.user_pool_clients import (
    create_user_pool_client,
    delete_user_pool_client,
    describe_user_pool_client,
    list_user_pool_clients,
)
from userpool.server.context import Context
from userpool.server.database.pools import client_by_id
from userpool.server.finding import client_secret
from userpool.server.records import Client, Pool
from userpool.wire.faults import InvalidParameterException, ResourceNotFoundException
from userpool.wire.sign_up import SignUpRequest
from userpool.wire.user_pool_clients import (
    CreateUserPoolClientRequest,
    DeleteUserPoolClientRequest,
    DescribeUserPoolClientRequest,
    ListUserPoolClientsRequest,
    UserPoolClientType,
)

pytestmark = pytest.mark.anyio

MakePool = Callable[..., Awaitable[Pool]]
MakeClient = Callable[..., Awaitable[Client]]


@pytest.fixture
async def pool(make_pool: MakePool) -> Pool:
    """A pool to make clients in."""
    return await make_pool()


async def create(context: Context, pool: Pool, **members: Any) -> UserPoolClientType:
    """Make a client that is asked for in the wire's words."""
    asked = {"UserPoolId": pool.pool_id, "ClientName": "web", **members}
    reply = await create_user_pool_client(context, msgspec.convert(asked, CreateUserPoolClientRequest))
    assert reply.user_pool_client is not None
    return reply.user_pool_client


async def describe(context: Context, pool: Pool, client_id: str | None) -> UserPoolClientType:
    """Describe a client."""
    asked = DescribeUserPoolClientRequest(user_pool_id=pool.pool_id, client_id=str(client_id))
    client = (await describe_user_pool_client(context, asked)).user_pool_client
    assert client is not None
    return client


# ---- making and describing ----


async def test_a_new_client_has_an_id_and_a_date_and_no_secret(
    context: Context, pool: Pool, effects: FixedEffects
) -> None:
    client = await create(context, pool)

    assert re.fullmatch(r"[a-z0-9]{26}", str(client.client_id))
    assert client.user_pool_id == pool.pool_id
    assert client.creation_date == client.last_modified_date == effects.now()
    assert client.client_secret is None


async def test_a_client_is_described_as_it_was_made(context: Context, pool: Pool) -> None:
    made = await create(context, pool, GenerateSecret=True, ReadAttributes=["email"], AuthSessionValidity=5)

    assert await describe(context, pool, made.client_id) == made


async def test_a_client_for_which_no_flows_were_given_shows_none(context: Context, pool: Pool) -> None:
    told = msgspec.to_builtins(await create(context, pool))

    assert "ExplicitAuthFlows" not in told
    assert "ReadAttributes" not in told
    assert "WriteAttributes" not in told
    assert told["TokenValidityUnits"] == {}


async def test_a_made_secret_has_51_lower_case_letters_and_digits(context: Context, pool: Pool) -> None:
    first = await create(context, pool, GenerateSecret=True)
    second = await create(context, pool, GenerateSecret=True)

    assert re.fullmatch(r"[a-z0-9]{51}", str(first.client_secret))
    assert first.client_secret != second.client_secret


async def test_a_secret_can_be_brought(context: Context, pool: Pool) -> None:
    secret = "my_own_secret_of_some_length"

    client = await create(context, pool, ClientSecret=secret)

    assert client.client_secret == secret
    assert (await describe(context, pool, client.client_id)).client_secret == secret


async def test_a_secret_is_either_made_or_brought(context: Context, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException):
        await create(context, pool, GenerateSecret=True, ClientSecret="my_own_secret_of_some_length")


async def test_a_secret_is_sealed_where_it_is_kept(context: Context, pool: Pool) -> None:
    made = await create(context, pool, GenerateSecret=True)
    secret = str(made.client_secret)

    kept = await client_by_id(context.database.reader, str(made.client_id))

    assert kept is not None
    assert kept.secret_sealed is not None
    assert secret.encode() not in kept.secret_sealed
    assert kept.description.client_secret is None
    assert client_secret(context, kept) == secret


async def test_a_client_with_a_secret_has_to_show_it(context: Context, pool: Pool) -> None:
    client = await create(context, pool, GenerateSecret=True)
    asked = SignUpRequest(client_id=str(client.client_id), username="ann", password="Correct-horse-7")

    with pytest.raises(Exception, match="is configured with secret but SECRET_HASH was not received"):
        await sign_up(context, asked)


async def test_settings_that_contradict_one_another_make_no_client(context: Context, pool: Pool) -> None:
    with pytest.raises(InvalidParameterException):
        await create(context, pool, ReadAttributes=["custom:none"])

    assert await listed(context, pool) == [[]]


async def test_a_client_needs_a_pool(context: Context, pool: Pool) -> None:
    asked = CreateUserPoolClientRequest(user_pool_id="us-east-1_nowhere00", client_name="web")

    with pytest.raises(ResourceNotFoundException, match=r"^User pool us-east-1_nowhere00 does not exist\.$"):
        await create_user_pool_client(context, asked)


async def test_a_client_is_found_in_its_own_pool_only(
    context: Context, pool: Pool, make_pool: MakePool
) -> None:
    client = await create(context, pool)
    other = await make_pool()

    with pytest.raises(ResourceNotFoundException) as caught:
        await describe(context, other, client.client_id)

    assert caught.value.message == f"User pool client {client.client_id} does not exist."


async def test_the_wire_shows_a_secret_when_a_client_is_made_and_described(
    call: Callable[..., Awaitable[dict[str, Any]]], pool: Pool
) -> None:
    asked = {"UserPoolId": pool.pool_id, "ClientName": "web", "GenerateSecret": True}
    made = (await call("CreateUserPoolClient", **asked))["UserPoolClient"]

    described = await call("DescribeUserPoolClient", UserPoolId=pool.pool_id, ClientId=made["ClientId"])
    listed_clients = (await call("ListUserPoolClients", UserPoolId=pool.pool_id))["UserPoolClients"]

    assert described == {"UserPoolClient": made}
    assert "ClientSecret" in made
    assert listed_clients == [{"ClientId": made["ClientId"], "UserPoolId": pool.pool_id, "ClientName": "web"}]


# ---- listing ----


async def listed(context: Context, pool: Pool, **members: Any) -> list[list[str]]:
    """Return the names of a pool's clients, page by page."""
    pages: list[list[str]] = []
    token = None
    while True:
        asked = ListUserPoolClientsRequest(user_pool_id=pool.pool_id, next_token=token, **members)
        reply = await list_user_pool_clients(context, asked)
        pages.append([str(client.client_name) for client in reply.user_pool_clients or []])
        token = reply.next_token
        if token is None:
            return pages


async def test_clients_are_listed_page_by_page_each_once(context: Context, pool: Pool) -> None:
    names = {(await create(context, pool, ClientName=f"client-{number}")).client_name for number in range(5)}

    pages = await listed(context, pool, max_results=2)

    assert [len(page) for page in pages] == [2, 2, 1]
    assert {name for page in pages for name in page} == names


async def test_a_page_has_60_clients_unless_it_is_told_otherwise(context: Context, pool: Pool) -> None:
    for _ in range(61):
        await create(context, pool)

    assert [len(page) for page in await listed(context, pool)] == [60, 1]


async def test_each_pool_lists_its_own_clients(context: Context, pool: Pool, make_pool: MakePool) -> None:
    await create(context, pool, ClientName="mine")
    other = await make_pool()
    await create(context, other, ClientName="theirs")

    assert await listed(context, pool) == [["mine"]]
    assert await listed(context, other) == [["theirs"]]


async def test_clients_are_listed_by_how_they_came_to_be(context: Context, pool: Pool) -> None:
    await create(context, pool)

    assert await listed(context, pool, client_type="REGULAR") == [["web"]]
    assert await listed(context, pool, client_type="DCR") == [[]]


async def test_a_page_token_of_another_listing_is_refused(
    context: Context, pool: Pool, make_pool: MakePool
) -> None:
    for _ in range(2):
        await create(context, pool)
    asked = ListUserPoolClientsRequest(user_pool_id=pool.pool_id, max_results=1)
    token = (await list_user_pool_clients(context, asked)).next_token
    other = await make_pool()

    for elsewhere in (
        ListUserPoolClientsRequest(user_pool_id=other.pool_id, next_token=token),
        ListUserPoolClientsRequest(user_pool_id=pool.pool_id, next_token=token, client_type="REGULAR"),
    ):
        with pytest.raises(InvalidParameterException, match=r"^Invalid pagination token given\.$"):
            await list_user_pool_clients(context, elsewhere)


async def test_a_pool_that_is_not_there_has_no_clients_to_list(context: Context) -> None:
    with pytest.raises(ResourceNotFoundException):
        await list_user_pool_clients(context, ListUserPoolClientsRequest(user_pool_id="us-east-1_nowhere00"))


# ---- deleting ----


async def test_a_deleted_client_is_gone_at_once_and_the_others_stay(
    context: Context, pool: Pool, make_client: MakeClient
) -> None:
    client, other = await make_client(pool), await make_client(pool, client_name="other")

    await delete_user_pool_client(
        context, DeleteUserPoolClientRequest(user_pool_id=pool.pool_id, client_id=client.client_id)
    )

    assert await listed(context, pool) == [["other"]]
    assert (await describe(context, pool, other.client_id)).client_name == "other"
    asked = SignUpRequest(client_id=client.client_id, username="ann", password="Correct-horse-7")
    with pytest.raises(ResourceNotFoundException):
        await sign_up(context, asked)


async def test_a_client_cannot_be_deleted_through_another_pool(
    context: Context, pool: Pool, make_pool: MakePool, make_client: MakeClient
) -> None:
    client = await make_client(pool)
    other = await make_pool()

    with pytest.raises(ResourceNotFoundException) as caught:
        await delete_user_pool_client(
            context, DeleteUserPoolClientRequest(user_pool_id=other.pool_id, client_id=client.client_id)
        )

    assert caught.value.message == f"User pool client {client.client_id} does not exist."
    assert await listed(context, pool) == [["web"]]
