"""User pools: making, describing, changing, listing and deleting them.

Operations: CreateUserPool, DescribeUserPool, UpdateUserPool, AddCustomAttributes, ListUserPools, DeleteUserPool.

Sources: api:CreateUserPool, api:DescribeUserPool, api:UpdateUserPool, api:AddCustomAttributes,
api:ListUserPools, api:DeleteUserPool, guide:user-pool-settings-deletion-protection.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.database.keys import delete_signing_keys
from userpool.server.database.pools import (
    add_pool,
    clients_after,
    delete_client,
    delete_pool,
    estimated_users,
    pool_by_id,
    pools_after,
    save_pool,
)
from userpool.server.database.users import users_in_order
from userpool.server.finding import find_pool, pool_again
from userpool.server.paging import open_place, seal_place
from userpool.server.records import Pool
from userpool.server.roster import strike
from userpool.server.rules.identifiers import new_pool_id, pool_arn
from userpool.server.rules.mfa_settings import check_factors, factors_at_first
from userpool.server.rules.pool_settings import check_settings, description_of, unbuilt_feature
from userpool.server.rules.pool_updates import updated, with_custom_attributes
from userpool.server.unbuilt import not_built
from userpool.wire.faults import InvalidParameterException
from userpool.wire.user_pools import (
    AddCustomAttributesResponse,
    CreateUserPoolResponse,
    DescribeUserPoolResponse,
    ListUserPoolsResponse,
    UpdateUserPoolResponse,
    UserPoolDescriptionType,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import PoolFactors
    from userpool.wire.user_pools import (
        AddCustomAttributesRequest,
        CreateUserPoolRequest,
        DeleteUserPoolRequest,
        DescribeUserPoolRequest,
        ListUserPoolsRequest,
        UpdateUserPoolRequest,
        UserPoolType,
    )

MOST_ROWS_AT_ONCE = 500
"""How many rows a transaction deletes at most, about: distributed databases don't take many more."""
MOST_USERS_AT_ONCE = 16
"""A user has some thirty rows: record, credentials, codes, counters, sessions, sign-in names and index."""

# ---- rules ----


def _check_unprotected(pool: Pool) -> None:
    if pool.description.deletion_protection == "ACTIVE":
        raise InvalidParameterException(
            "The user pool cannot be deleted because deletion protection is activated. "
            "Deletion protection must be inactivated first."
        )


def _check(pool: UserPoolType, factors: PoolFactors) -> None:
    check_settings(pool)
    check_factors(pool, factors)
    unbuilt = unbuilt_feature(pool)
    if unbuilt is not None:
        raise not_built(unbuilt)


def _listed(pool: Pool) -> UserPoolDescriptionType:
    told = pool.description
    return UserPoolDescriptionType(
        id=told.id,
        name=told.name,
        lambda_config=told.lambda_config,
        last_modified_date=told.last_modified_date,
        creation_date=told.creation_date,
    )


# ---- deleting what belongs to a pool ----


async def _delete_pool_itself(transaction: Transaction, pool: Pool) -> None:
    current = await pool_by_id(transaction, pool.pool_id)
    if current is not None:
        _check_unprotected(current)  # It may have been protected since it was found.
    await delete_pool(transaction, pool.pool_id)
    await delete_signing_keys(transaction, pool.pool_id)


async def _delete_some_clients(transaction: Transaction, pool: Pool) -> list[str]:
    some = await clients_after(transaction, pool.pool_id, "", most=MOST_ROWS_AT_ONCE)
    for client in some:
        await delete_client(transaction, client.client_id)
    return [client.client_id for client in some]


async def _delete_some_users(transaction: Transaction, pool: Pool) -> bool:
    some = await users_in_order(transaction, pool.pool_id, after=None, most=MOST_USERS_AT_ONCE)
    for user, _ in some:
        await strike(transaction, pool, user)
    return bool(some)


# ---- operations ----


async def create_user_pool(context: Context, request: CreateUserPoolRequest) -> CreateUserPoolResponse:
    """Make a user pool in the region of the request; its signing keys are made when they are first needed."""
    wanted = description_of(request)
    _check(wanted, factors_at_first(wanted))
    now = context.now_ms / 1000
    wanted = replace(wanted, creation_date=now, last_modified_date=now)
    while not await _add(context, pool := _named(context, wanted)):
        pass  # The id is taken, which happens once in a very long time: another one is drawn.
    return CreateUserPoolResponse(user_pool=replace(pool.description, estimated_number_of_users=0))


def _named(context: Context, wanted: UserPoolType) -> Pool:
    pool_id = new_pool_id(context.effects, context.region)
    description = replace(wanted, id=pool_id, arn=pool_arn(pool_id, context.settings.account_id))
    return Pool(pool_id=pool_id, version=1, description=description, factors=factors_at_first(description))


async def _add(context: Context, pool: Pool) -> bool:
    return await context.database.write(lambda transaction: add_pool(transaction, pool))


async def describe_user_pool(context: Context, request: DescribeUserPoolRequest) -> DescribeUserPoolResponse:
    """Tell the settings of a user pool and how many users it has."""
    pool = await find_pool(context, request.user_pool_id)
    users = await estimated_users(context.database.reader, pool.pool_id)
    return DescribeUserPoolResponse(user_pool=replace(pool.description, estimated_number_of_users=users))


async def update_user_pool(context: Context, request: UpdateUserPoolRequest) -> UpdateUserPoolResponse:
    """Replace the settings of a user pool; most of what the request leaves out has its default again."""
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> None:
        after = updated(await pool_again(transaction, pool), request)
        _check(after.description, after.factors)
        await _save(context, transaction, after)

    await context.database.write(write)
    context.directory.forget(pool_id=pool.pool_id)
    return UpdateUserPoolResponse()


async def add_custom_attributes(
    context: Context, request: AddCustomAttributesRequest
) -> AddCustomAttributesResponse:
    """Add attributes to the schema of a user pool."""
    pool = await find_pool(context, request.user_pool_id)

    async def write(transaction: Transaction) -> None:
        current = await pool_again(transaction, pool)
        description = with_custom_attributes(current.description, request.custom_attributes)
        await _save(context, transaction, replace(current, description=description))

    await context.database.write(write)
    context.directory.forget(pool_id=pool.pool_id)
    return AddCustomAttributesResponse()


async def _save(context: Context, transaction: Transaction, pool: Pool) -> None:
    description = replace(pool.description, last_modified_date=context.now_ms / 1000)
    await save_pool(transaction, replace(pool, description=description))


async def list_user_pools(context: Context, request: ListUserPoolsRequest) -> ListUserPoolsResponse:
    """List the user pools of the request's region."""
    # Ids begin with their region, so that a region's pools are neighbours.
    prefix = f"{context.region}_"
    after = open_place(context, request.next_token, operation="ListUserPools", scope=context.region)
    found = await pools_after(context.database.reader, after or prefix, most=request.max_results + 1)
    pools = [pool for pool in found if pool.pool_id.startswith(prefix)]
    token = None
    if len(pools) > request.max_results:
        pools = pools[: request.max_results]
        token = seal_place(context, pools[-1].pool_id, operation="ListUserPools", scope=context.region)
    return ListUserPoolsResponse(user_pools=[_listed(pool) for pool in pools], next_token=token)


async def delete_user_pool(context: Context, request: DeleteUserPoolRequest) -> None:
    """Delete a user pool with its clients, its users and all that belongs to them.

    A pool may be large, so this takes many short transactions. The first deletes the pool itself: from then
    on neither it nor a client nor a user of it can be found. If this server stops on the way, what stays
    behind are rows that nothing leads to, since an id is never given twice.
    """
    pool = await find_pool(context, request.user_pool_id)
    _check_unprotected(pool)
    await context.database.write(lambda transaction: _delete_pool_itself(transaction, pool))
    context.directory.forget(pool_id=pool.pool_id)
    context.keys.forget(pool.pool_id)
    while gone := await context.database.write(lambda transaction: _delete_some_clients(transaction, pool)):
        for client_id in gone:
            context.directory.forget(client_id=client_id)
    while await context.database.write(lambda transaction: _delete_some_users(transaction, pool)):
        pass
    # Striking users counted them off, which began the pool's counters anew.
    await context.database.write(lambda transaction: delete_pool(transaction, pool.pool_id))
