"""App clients of a user pool: making, describing, listing and deleting them.

Operations: CreateUserPoolClient, DescribeUserPoolClient, ListUserPoolClients, DeleteUserPoolClient.

Sources: api:CreateUserPoolClient, api:DescribeUserPoolClient, api:ListUserPoolClients,
api:DeleteUserPoolClient.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.database.pools import add_client, clients_after, delete_client, pool_by_id
from userpool.server.finding import CLIENT_SECRET, client_secret, find_client, find_pool
from userpool.server.paging import open_place, seal_place
from userpool.server.records import Client
from userpool.server.rules.client_settings import check_client, description_of
from userpool.server.rules.identifiers import new_client_id, new_client_secret
from userpool.wire.faults import InvalidParameterException, ResourceNotFoundException
from userpool.wire.user_pool_clients import (
    CreateUserPoolClientResponse,
    DescribeUserPoolClientResponse,
    ListUserPoolClientsResponse,
    UserPoolClientDescription,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.wire.user_pool_clients import (
        CreateUserPoolClientRequest,
        DeleteUserPoolClientRequest,
        DescribeUserPoolClientRequest,
        ListUserPoolClientsRequest,
        UserPoolClientType,
    )

DEFAULT_PAGE = 60

# ---- rules ----


def _secret_for(context: Context, request: CreateUserPoolClientRequest) -> str | None:
    if request.generate_secret and request.client_secret is not None:
        # Assumed: the text with which GenerateSecret and ClientSecret are refused together.
        raise InvalidParameterException("GenerateSecret and ClientSecret can't both be given.")
    return new_client_secret(context.effects) if request.generate_secret else request.client_secret


def _told(context: Context, client: Client) -> UserPoolClientType:
    return replace(client.description, client_secret=client_secret(context, client))


# ---- operations ----


async def create_user_pool_client(
    context: Context, request: CreateUserPoolClientRequest
) -> CreateUserPoolClientResponse:
    """Make an app client, with a secret when one is asked for."""
    pool = await find_pool(context, request.user_pool_id)
    wanted = description_of(request)
    secret = _secret_for(context, request)
    check_client(pool.description, wanted, has_secret=secret is not None)
    now = context.now_ms / 1000
    wanted = replace(wanted, creation_date=now, last_modified_date=now)
    while not await _add(context, client := _named(context, wanted, pool.pool_id, secret)):
        pass  # The id is taken, which happens once in a very long time: another one is drawn.
    return CreateUserPoolClientResponse(user_pool_client=_told(context, client))


def _named(context: Context, wanted: UserPoolClientType, pool_id: str, secret: str | None) -> Client:
    client_id = new_client_id(context.effects)
    sealed = None
    if secret is not None:
        sealed = context.sealer.seal(CLIENT_SECRET, secret.encode(), context=client_id)
    return Client(
        client_id=client_id,
        pool_id=pool_id,
        version=1,
        description=replace(wanted, client_id=client_id),
        secret_sealed=sealed,
    )


async def _add(context: Context, client: Client) -> bool:
    async def write(transaction: Transaction) -> bool:
        # The pool may have been deleted since it was found, and its clients with it: none may come later.
        if await pool_by_id(transaction, client.pool_id) is None:
            raise ResourceNotFoundException(f"User pool {client.pool_id} does not exist.")
        return await add_client(transaction, client)

    return await context.database.write(write)


async def describe_user_pool_client(
    context: Context, request: DescribeUserPoolClientRequest
) -> DescribeUserPoolClientResponse:
    """Tell the settings of an app client, its secret among them."""
    _, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    return DescribeUserPoolClientResponse(user_pool_client=_told(context, client))


async def list_user_pool_clients(
    context: Context, request: ListUserPoolClientsRequest
) -> ListUserPoolClientsResponse:
    """List the app clients of a pool by name."""
    pool = await find_pool(context, request.user_pool_id)
    most = request.max_results or DEFAULT_PAGE
    scope = f"{pool.pool_id} {request.client_type}"
    after = open_place(context, request.next_token, operation="ListUserPoolClients", scope=scope)
    clients = await clients_after(context.database.reader, pool.pool_id, after or "", most=most + 1)
    token = None
    if len(clients) > most:
        clients = clients[:most]
        token = seal_place(context, clients[-1].client_id, operation="ListUserPoolClients", scope=scope)
    # The filter may leave a page with fewer clients, or none, and still a token: so it is documented.
    listed = [
        UserPoolClientDescription(
            client_id=client.client_id, user_pool_id=pool.pool_id, client_name=client.description.client_name
        )
        for client in clients
        if request.client_type in {None, client.description.client_type}
    ]
    return ListUserPoolClientsResponse(user_pool_clients=listed, next_token=token)


async def delete_user_pool_client(context: Context, request: DeleteUserPoolClientRequest) -> None:
    """Delete an app client; whoever signed in with it can't renew, since its id leads nowhere any more."""
    _, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    await context.database.write(lambda transaction: delete_client(transaction, client.client_id))
    context.directory.forget(client_id=client.client_id)
