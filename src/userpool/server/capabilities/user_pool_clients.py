"""App clients of a user pool: making, describing, changing, listing and deleting them; a second secret.

Operations: CreateUserPoolClient, DescribeUserPoolClient, UpdateUserPoolClient, ListUserPoolClients,
DeleteUserPoolClient, AddUserPoolClientSecret, ListUserPoolClientSecrets, DeleteUserPoolClientSecret.

Sources: api:CreateUserPoolClient, api:DescribeUserPoolClient, api:UpdateUserPoolClient,
api:ListUserPoolClients, api:DeleteUserPoolClient, api:AddUserPoolClientSecret, api:ListUserPoolClientSecrets,
api:DeleteUserPoolClientSecret.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.database.pools import (
    add_client,
    client_by_id,
    clients_after,
    delete_client,
    pool_by_id,
    save_client,
)
from userpool.server.finding import CLIENT_SECRET, client_secret, find_client, find_pool
from userpool.server.paging import open_place, seal_place
from userpool.server.records import AddedSecret, Client
from userpool.server.rules.client_settings import check_client, description_of
from userpool.server.rules.identifiers import new_client_id, new_client_secret
from userpool.wire.faults import (
    InvalidParameterException,
    LimitExceededException,
    ResourceNotFoundException,
)
from userpool.wire.user_pool_clients import (
    AddUserPoolClientSecretResponse,
    ClientSecretDescriptorType,
    CreateUserPoolClientResponse,
    DeleteUserPoolClientSecretResponse,
    DescribeUserPoolClientResponse,
    ListUserPoolClientSecretsResponse,
    ListUserPoolClientsResponse,
    UpdateUserPoolClientResponse,
    UserPoolClientDescription,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.wire.user_pool_clients import (
        AddUserPoolClientSecretRequest,
        CreateUserPoolClientRequest,
        DeleteUserPoolClientRequest,
        DeleteUserPoolClientSecretRequest,
        DescribeUserPoolClientRequest,
        ListUserPoolClientSecretsRequest,
        ListUserPoolClientsRequest,
        UpdateUserPoolClientRequest,
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


async def update_user_pool_client(
    context: Context, request: UpdateUserPoolClientRequest
) -> UpdateUserPoolClientResponse:
    """Replace the settings of an app client: what the request leaves out has its default again.

    Its id, its secret, its date and, unless another one is given, its name stay.
    """
    pool, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)

    async def write(transaction: Transaction) -> Client:
        current = await _again(transaction, client)
        wanted = replace(
            description_of(request),
            client_name=request.client_name or current.description.client_name,
            client_type=current.description.client_type,
            creation_date=current.description.creation_date,
            last_modified_date=context.now_ms / 1000,
        )
        check_client(pool.description, wanted, has_secret=current.secret_sealed is not None)
        return await save_client(transaction, replace(current, description=wanted))

    saved = await context.database.write(write)
    context.directory.forget(client_id=saved.client_id)
    return UpdateUserPoolClientResponse(user_pool_client=_told(context, saved))


async def _again(transaction: Transaction, client: Client) -> Client:
    current = await client_by_id(transaction, client.client_id)
    if current is None:
        raise ResourceNotFoundException(f"User pool client {client.client_id} does not exist.")
    return current


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


# ---- secrets ----


async def add_user_pool_client_secret(
    context: Context, request: AddUserPoolClientSecretRequest
) -> AddUserPoolClientSecretResponse:
    """Give an app client a second secret; both are good until one is deleted. One that was brought isn't told."""
    _, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    secret = request.client_secret or new_client_secret(context.effects)
    sealed = context.sealer.seal(CLIENT_SECRET, secret.encode(), context=client.client_id)

    async def write(transaction: Transaction) -> Client:
        current = await _again(transaction, client)
        if current.secret_sealed is None:
            # Assumed: the text with which a client that was made without a secret is refused one.
            raise InvalidParameterException(f"App client {client.client_id} is not configured for secret")
        if current.added_secret is not None:
            raise LimitExceededException("Client secrets cannot exceed limit of 2 secrets.")
        # Secrets are named by the second in which they were made, so that two need two of them.
        created_ms = max(context.now_ms, _secret_dates(current)[0] + 1000)
        added = AddedSecret(created_ms=created_ms, sealed=sealed)
        return await save_client(transaction, replace(current, added_secret=added))

    saved = await context.database.write(write)
    context.directory.forget(client_id=saved.client_id)
    descriptor = _described_secrets(saved)[-1]
    descriptor.client_secret_value = secret if request.client_secret is None else None
    return AddUserPoolClientSecretResponse(client_secret_descriptor=descriptor)


async def list_user_pool_client_secrets(
    context: Context, request: ListUserPoolClientSecretsRequest
) -> ListUserPoolClientSecretsResponse:
    """List the secrets of an app client, the older one first, by their ids alone."""
    _, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)
    return ListUserPoolClientSecretsResponse(client_secrets=_described_secrets(client))


async def delete_user_pool_client_secret(
    context: Context, request: DeleteUserPoolClientSecretRequest
) -> DeleteUserPoolClientSecretResponse:
    """Delete one of the two secrets of an app client; the last one stays."""
    _, client = await find_client(context, request.client_id, pool_id=request.user_pool_id)

    async def write(transaction: Transaction) -> Client:
        current = await _again(transaction, client)
        ids = [descriptor.client_secret_id for descriptor in _described_secrets(current)]
        if request.client_secret_id not in ids:
            # Assumed: the text when a client has no secret of that id.
            raise ResourceNotFoundException(f"Client secret {request.client_secret_id} does not exist.")
        added = current.added_secret
        if added is None:
            # Assumed: the text with which the last secret of a client is kept.
            raise InvalidParameterException("The last client secret of an app client cannot be deleted.")
        after = replace(current, added_secret=None)
        if request.client_secret_id == ids[0]:
            after = replace(after, secret_sealed=added.sealed, secret_created_ms=added.created_ms)
        return await save_client(transaction, after)

    saved = await context.database.write(write)
    context.directory.forget(client_id=saved.client_id)
    return DeleteUserPoolClientSecretResponse()


def _secret_dates(client: Client) -> list[int]:
    if client.secret_sealed is None:
        return []
    first = client.secret_created_ms
    if first is None:
        first = int((client.description.creation_date or 0) * 1000)
    return [first] if client.added_secret is None else [first, client.added_secret.created_ms]


def _described_secrets(client: Client) -> list[ClientSecretDescriptorType]:
    return [
        ClientSecretDescriptorType(
            client_secret_id=f"{client.client_id}--{created_ms // 1000}",
            client_secret_create_date=created_ms / 1000,
        )
        for created_ms in _secret_dates(client)
    ]
