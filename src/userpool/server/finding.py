"""Finding what a request names, or refusing in the service's words.

What a stranger may learn is decided here and in `rules/strangers.py`: with PreventUserExistenceErrors
ENABLED, a client is never told whether a user exists.

Sources: service wording as recorded (ResourceNotFoundException, UserNotFoundException) and as collected from
public reports (secret hash); guide:cognito-user-pool-managing-errors.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from userpool.crypto.secret_hash import secret_hash
from userpool.server.database.pools import pool_by_id
from userpool.server.database.users import user_by_sub
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    ResourceNotFoundException,
    UserNotFoundException,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Pool, User

CLIENT_SECRET = "client secret"


async def find_pool(context: Context, pool_id: str) -> Pool:
    """Return a pool.

    Raises:
        ResourceNotFoundException: there is none of that id.
    """
    pool = await context.directory.pool(pool_id)
    if pool is None:
        raise ResourceNotFoundException(f"User pool {pool_id} does not exist.")
    return pool


async def pool_again(transaction: Transaction, pool: Pool) -> Pool:
    """Return a pool that was found before, as it is within a transaction.

    Raises:
        ResourceNotFoundException: it was deleted meanwhile.
    """
    current = await pool_by_id(transaction, pool.pool_id)
    if current is None:
        raise ResourceNotFoundException(f"User pool {pool.pool_id} does not exist.")
    return current


async def find_client(context: Context, client_id: str, *, pool_id: str | None = None) -> tuple[Pool, Client]:
    """Return an app client and its pool.

    Args:
        context: the request's surroundings.
        client_id: the client, in whatever region its pool is.
        pool_id: the pool that it has to belong to, where the request names one.

    Raises:
        ResourceNotFoundException: there is no such pool or client.
    """
    named = await find_pool(context, pool_id) if pool_id is not None else None
    client = await context.directory.client(client_id)
    pool = named or (await context.directory.pool(client.pool_id) if client is not None else None)
    if client is None or pool is None or client.pool_id != pool.pool_id:
        raise ResourceNotFoundException(f"User pool client {client_id} does not exist.")
    return pool, client


async def find_user(context: Context, pool: Pool, name: str, *, within: Transaction | None = None) -> User:
    """Return a user for an administrator.

    Raises:
        UserNotFoundException: nobody has that name.
    """
    user = await context.directory.user(pool, name, within=within)
    if user is None:
        raise UserNotFoundException("User does not exist.")
    return user


async def user_again(transaction: Transaction, user: User) -> User:
    """Return a user who was found before, as it is within a transaction.

    Raises:
        UserNotFoundException: it was deleted meanwhile.
    """
    current = await user_by_sub(transaction, user.sub)
    if current is None:
        raise UserNotFoundException("User does not exist.")
    return current


def client_secret(context: Context, client: Client) -> str | None:
    """Return the secret of a client, the older one of two, or None for a client without one."""
    return next(iter(client_secrets(context, client)), None)


def client_secrets(context: Context, client: Client) -> list[str]:
    """Return the secrets of a client, the older one first: each of them is good."""
    sealed = [client.secret_sealed, client.added_secret.sealed if client.added_secret else None]
    return [
        context.sealer.open(CLIENT_SECRET, one, context=client.client_id).decode()
        for one in sealed
        if one is not None
    ]


def check_secret_hash(context: Context, client: Client, names: Iterable[str], *, given: str | None) -> None:
    """Refuse a request that doesn't prove to come from a client with a secret.

    Args:
        context: the request's surroundings.
        client: the app client.
        names: user names of which any may stand in the hash.
        given: the request's SecretHash, if any.

    Raises:
        InvalidParameterException: a hash for a client that has no secret.
        NotAuthorizedException: the hash is missing or wrong.
    """
    secrets = client_secrets(context, client)
    if not secrets:
        if given is not None:
            raise InvalidParameterException(
                f"App client {client.client_id} is not configured for secret but secret hash was received"
            )
        return
    if given is None:
        raise NotAuthorizedException(
            f"Client {client.client_id} is configured with secret but SECRET_HASH was not received"
        )
    wanted = [
        secret_hash(name, client_id=client.client_id, client_secret=secret)
        for name in names
        for secret in secrets
    ]
    # Every candidate is compared, so that the time doesn't tell which one fits.
    fits = [hmac.compare_digest(given.encode(), candidate.encode()) for candidate in wanted]
    if not any(fits):
        raise NotAuthorizedException(f"Unable to verify secret hash for client {client.client_id}")


def check_client_secret(context: Context, client: Client, given: str | None) -> None:
    """Refuse a request that carries the wrong plain ClientSecret, or none where one is needed.

    Raises:
        NotAuthorizedException: the secret is missing or wrong.
    """
    secrets = client_secrets(context, client)
    if not secrets:
        return
    fits = [hmac.compare_digest((given or "").encode(), secret.encode()) for secret in secrets]
    # Assumed: a missing or wrong ClientSecret is answered in the words for a wrong secret hash.
    if not any(fits):
        raise NotAuthorizedException(f"Unable to verify secret hash for client {client.client_id}")
