"""Identity pools: making, describing, changing, listing and deleting them, their roles, principal tags and tags.

Operations: CreateIdentityPool, DescribeIdentityPool, UpdateIdentityPool, DeleteIdentityPool, ListIdentityPools,
GetIdentityPoolRoles, SetIdentityPoolRoles, GetPrincipalTagAttributeMap, SetPrincipalTagAttributeMap, TagResource,
UntagResource, ListTagsForResource.

Sources: api:CreateIdentityPool, api:DescribeIdentityPool, api:UpdateIdentityPool, api:DeleteIdentityPool,
api:ListIdentityPools, api:GetIdentityPoolRoles, api:SetIdentityPoolRoles, api:GetPrincipalTagAttributeMap,
api:SetPrincipalTagAttributeMap, api:TagResource, api:UntagResource, api:ListTagsForResource,
guide:using-attributes-for-access-control.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.database.identities import (
    add_identity_pool,
    delete_identity,
    delete_identity_pool_itself,
    identities_after,
    identity_pools_after,
    save_identity_pool,
)
from userpool.server.finding_identities import find_identity_pool
from userpool.server.paging import open_place, seal_place
from userpool.server.records import IdentityPool
from userpool.server.rules.identifiers import identity_pool_arn, new_identity_id
from userpool.server.rules.identity_pool_settings import (
    check_developer_provider,
    check_tags,
    description_of,
    role_mappings_of,
)
from userpool.server.rules.identity_roles import DEFAULT_TAGS
from userpool.wire.faults import ResourceNotFoundException
from userpool.wire.identity_pools import (
    GetIdentityPoolRolesResponse,
    GetPrincipalTagAttributeMapResponse,
    IdentityPoolShortDescription,
    ListIdentityPoolsResponse,
    ListTagsForResourceResponse,
    SetPrincipalTagAttributeMapResponse,
    TagResourceResponse,
    UntagResourceResponse,
)
from userpool.wire.identity_pools import IdentityPool as IdentityPoolDescription

if TYPE_CHECKING:
    from collections.abc import Callable

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.wire.identity_pools import (
        CreateIdentityPoolInput,
        DeleteIdentityPoolInput,
        DescribeIdentityPoolInput,
        GetIdentityPoolRolesInput,
        GetPrincipalTagAttributeMapInput,
        IdentityPoolInput,
        ListIdentityPoolsInput,
        ListTagsForResourceInput,
        SetIdentityPoolRolesInput,
        SetPrincipalTagAttributeMapInput,
        TagResourceInput,
        UntagResourceInput,
    )

MOST_IDENTITIES_AT_ONCE = 20
"""An identity has up to 21 rows, and a transaction deletes some hundreds at most."""

# ---- finding and changing ----


def _pool_id_of(context: Context, arn: str) -> str:
    pool_id = arn.partition(":identitypool/")[2]
    if arn != identity_pool_arn(pool_id, context.settings.account_id):
        # Assumed: the text with which the ARN of something else than an identity pool is refused.
        raise ResourceNotFoundException(f"Resource '{arn}' not found.")
    return pool_id


async def _change(
    context: Context, identity_pool_id: str, changed: Callable[[IdentityPool], IdentityPool]
) -> IdentityPool:
    async def write(transaction: Transaction) -> IdentityPool:
        pool = await find_identity_pool(transaction, identity_pool_id)
        return await save_identity_pool(transaction, changed(pool))

    return await context.database.write(write)


# ---- operations: the pools ----


async def create_identity_pool(context: Context, request: CreateIdentityPoolInput) -> IdentityPoolDescription:
    """Make an identity pool in the region of the request."""

    async def add(pool: IdentityPool) -> bool:
        return await context.database.write(lambda transaction: add_identity_pool(transaction, pool))

    while not await add(pool := _named(context, request)):
        pass  # The id is taken, which happens once in a very long time: another one is drawn.
    return pool.description


def _named(context: Context, request: CreateIdentityPoolInput) -> IdentityPool:
    pool_id = new_identity_id(context.effects, context.region)
    return IdentityPool(identity_pool_id=pool_id, description=description_of(request, pool_id))


async def describe_identity_pool(
    context: Context, request: DescribeIdentityPoolInput
) -> IdentityPoolDescription:
    """Tell the settings of an identity pool."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    return pool.description


async def update_identity_pool(context: Context, request: IdentityPoolInput) -> IdentityPoolDescription:
    """Give an identity pool other settings; what is left out falls back to its default."""
    wanted = description_of(request, request.identity_pool_id)

    def changed(pool: IdentityPool) -> IdentityPool:
        check_developer_provider(pool.description, wanted)
        return replace(pool, description=wanted)

    return (await _change(context, request.identity_pool_id, changed)).description


async def list_identity_pools(context: Context, request: ListIdentityPoolsInput) -> ListIdentityPoolsResponse:
    """List the identity pools of the request's region."""
    # Ids begin with their region, so that a region's pools are neighbours.
    prefix = f"{context.region}:"
    after = open_place(context, request.next_token, operation="ListIdentityPools", scope=context.region)
    most = request.max_results
    found = await identity_pools_after(context.database.reader, after or prefix, most=most + 1)
    pools = [pool for pool in found if pool.identity_pool_id.startswith(prefix)]
    token = None
    if len(pools) > most:
        pools = pools[:most]
        last = pools[-1].identity_pool_id
        token = seal_place(context, last, operation="ListIdentityPools", scope=context.region)
    listed = [
        IdentityPoolShortDescription(
            identity_pool_id=pool.identity_pool_id, identity_pool_name=pool.description.identity_pool_name
        )
        for pool in pools
    ]
    return ListIdentityPoolsResponse(identity_pools=listed, next_token=token)


async def delete_identity_pool(context: Context, request: DeleteIdentityPoolInput) -> None:
    """Delete an identity pool with its identities; the pool first, so that nobody comes in any more."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    pool_id = pool.identity_pool_id
    await context.database.write(lambda transaction: delete_identity_pool_itself(transaction, pool_id))
    while await context.database.write(lambda transaction: _delete_some_identities(transaction, pool_id)):
        pass


async def _delete_some_identities(transaction: Transaction, identity_pool_id: str) -> bool:
    some = await identities_after(transaction, identity_pool_id, "", most=MOST_IDENTITIES_AT_ONCE)
    for identity in some:
        await delete_identity(transaction, identity)
    return bool(some)


# ---- operations: roles ----


async def get_identity_pool_roles(
    context: Context, request: GetIdentityPoolRolesInput
) -> GetIdentityPoolRolesResponse:
    """Tell the roles of an identity pool, and how logins are mapped to others."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    return GetIdentityPoolRolesResponse(
        identity_pool_id=pool.identity_pool_id, roles=pool.roles, role_mappings=pool.role_mappings or None
    )


async def set_identity_pool_roles(context: Context, request: SetIdentityPoolRolesInput) -> None:
    """Set the roles of an identity pool and all of its role mappings."""
    mappings = role_mappings_of(request.roles, request.role_mappings)
    await _change(
        context,
        request.identity_pool_id,
        lambda pool: replace(pool, roles=dict(request.roles), role_mappings=mappings),
    )


# ---- operations: principal tags ----


async def get_principal_tag_attribute_map(
    context: Context, request: GetPrincipalTagAttributeMapInput
) -> GetPrincipalTagAttributeMapResponse:
    """Tell which claims of a provider's tokens become principal tags."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    known = pool.principal_tags.get(request.identity_provider_name)
    # Assumed: a provider for which no map was set is told to have an empty one.
    return GetPrincipalTagAttributeMapResponse(
        identity_pool_id=pool.identity_pool_id,
        identity_provider_name=request.identity_provider_name,
        use_defaults=bool(known and known.use_defaults),
        principal_tags=(known.principal_tags if known else None) or {},
    )


async def set_principal_tag_attribute_map(
    context: Context, request: SetPrincipalTagAttributeMapInput
) -> SetPrincipalTagAttributeMapResponse:
    """Set which claims of a provider's tokens become principal tags; the defaults, where those are asked for."""
    told = SetPrincipalTagAttributeMapResponse(
        identity_pool_id=request.identity_pool_id,
        identity_provider_name=request.identity_provider_name,
        use_defaults=bool(request.use_defaults),
        principal_tags=dict(DEFAULT_TAGS) if request.use_defaults else dict(request.principal_tags or {}),
    )

    def changed(pool: IdentityPool) -> IdentityPool:
        return replace(pool, principal_tags={**pool.principal_tags, request.identity_provider_name: told})

    await _change(context, request.identity_pool_id, changed)
    return told


# ---- operations: tags ----


async def tag_resource(context: Context, request: TagResourceInput) -> TagResourceResponse:
    """Add tags to an identity pool."""

    def changed(pool: IdentityPool) -> IdentityPool:
        tags = {**(pool.description.identity_pool_tags or {}), **request.tags}
        check_tags(tags)
        return replace(pool, description=replace(pool.description, identity_pool_tags=tags))

    await _change(context, _pool_id_of(context, request.resource_arn), changed)
    return TagResourceResponse()


async def untag_resource(context: Context, request: UntagResourceInput) -> UntagResourceResponse:
    """Take tags from an identity pool."""

    def changed(pool: IdentityPool) -> IdentityPool:
        known = pool.description.identity_pool_tags or {}
        tags = {name: value for name, value in known.items() if name not in request.tag_keys}
        return replace(pool, description=replace(pool.description, identity_pool_tags=tags))

    await _change(context, _pool_id_of(context, request.resource_arn), changed)
    return UntagResourceResponse()


async def list_tags_for_resource(
    context: Context, request: ListTagsForResourceInput
) -> ListTagsForResourceResponse:
    """Tell the tags of an identity pool."""
    pool = await find_identity_pool(context.database.reader, _pool_id_of(context, request.resource_arn))
    return ListTagsForResourceResponse(tags=pool.description.identity_pool_tags or {})
