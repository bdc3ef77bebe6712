"""Identities: finding or making one for whoever comes, and what it is given.

Operations: GetId, GetCredentialsForIdentity, GetOpenIdToken, DescribeIdentity, ListIdentities, DeleteIdentities,
UnlinkIdentity.

Sources: api:GetId, api:GetCredentialsForIdentity, api:GetOpenIdToken, api:DescribeIdentity, api:ListIdentities,
api:DeleteIdentities, api:UnlinkIdentity, guide:authentication-flow; the texts about the basic flow, and that it is open
where AllowClassicFlow was never said, as collected from public reports.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from userpool.server.database.identities import delete_identity, identities_after, identity_by_id
from userpool.server.finding_identities import find_both, find_identity, find_identity_pool
from userpool.server.identity_logins import (
    check_access,
    check_guests,
    enter,
    links_of,
    links_proven,
    settle,
    unlink,
)
from userpool.server.identity_tokens import TOKEN_SECONDS, identity_token, principal_tags_of
from userpool.server.paging import open_place, seal_place
from userpool.server.proving_logins import prove
from userpool.server.records import Identity
from userpool.server.rules.identifiers import new_identity_id
from userpool.server.rules.identity_providers import providers_of
from userpool.server.rules.identity_roles import role_for, tags_for
from userpool.server.temporary_credentials import issue_credentials
from userpool.wire.faults import InvalidParameterException
from userpool.wire.identities import (
    DeleteIdentitiesResponse,
    GetCredentialsForIdentityResponse,
    GetIdResponse,
    GetOpenIdTokenResponse,
    IdentityDescription,
    ListIdentitiesResponse,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.proving_logins import Proof
    from userpool.server.records import IdentityPool
    from userpool.wire.identities import (
        DeleteIdentitiesInput,
        DescribeIdentityInput,
        GetCredentialsForIdentityInput,
        GetIdInput,
        GetOpenIdTokenInput,
        ListIdentitiesInput,
        UnlinkIdentityInput,
    )

# ---- rules ----


def _check_basic_flow(pool: IdentityPool) -> None:
    if pool.description.allow_classic_flow is False:
        raise InvalidParameterException("Basic (classic) flow is not enabled, please use enhanced flow.")
    if pool.role_mappings:
        raise InvalidParameterException(
            "Basic (classic) flow is not supported with RoleMappings, please use enhanced flow."
        )


def _described(identity: Identity) -> IdentityDescription:
    return IdentityDescription(
        identity_id=identity.identity_id,
        logins=providers_of(identity),
        creation_date=identity.created_ms / 1000,
        last_modified_date=identity.modified_ms / 1000,
    )


async def _let_in(context: Context, pool: IdentityPool, identity: Identity, proof: Proof) -> Identity:
    check_access(pool, identity, proof)
    if not identity.is_disabled and set(links_proven(proof)) <= set(links_of(identity)):
        return identity  # Nothing changes, as nearly always: no need to write.

    async def write(transaction: Transaction) -> Identity:
        current = await find_identity(transaction, identity.identity_id)
        check_access(pool, current, proof)
        return await settle(transaction, current, proof, now_ms=context.now_ms)

    return await context.database.write(write)


# ---- operations ----


async def get_id(context: Context, request: GetIdInput) -> GetIdResponse:
    """Tell the identity that logins lead to, made if need be; without logins a new guest's, each time."""
    # Assumed: the AccountId of GetId changes nothing, right or wrong, since the id alone names an identity pool.
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    proof = await prove(context, pool, request.logins)
    if proof.is_empty:
        check_guests(pool)
    region = pool.identity_pool_id.partition(":")[0]
    fresh = Identity(
        identity_id=new_identity_id(context.effects, region),
        identity_pool_id=pool.identity_pool_id,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
    )

    async def write(transaction: Transaction) -> Identity:
        await find_identity_pool(
            transaction, pool.identity_pool_id
        )  # None comes into a pool that was deleted.
        return await enter(transaction, fresh, proof)

    return GetIdResponse(identity_id=(await context.database.write(write)).identity_id)


async def get_credentials_for_identity(
    context: Context, request: GetCredentialsForIdentityInput
) -> GetCredentialsForIdentityResponse:
    """Give an identity temporary credentials for its role (the enhanced flow)."""
    pool, identity = await find_both(context.database.reader, request.identity_id)
    proof = await prove(context, pool, request.logins)
    check_access(pool, identity, proof)
    role_arn = role_for(pool, proof.logins, is_guest=proof.is_empty, custom_role_arn=request.custom_role_arn)
    identity = await _let_in(context, pool, identity, proof)
    tags = tags_for(pool, proof.logins) | principal_tags_of(proof.identity_claims or {})
    return GetCredentialsForIdentityResponse(
        identity_id=identity.identity_id,
        credentials=issue_credentials(context, identity, role_arn=role_arn, principal_tags=tags),
    )


async def get_open_id_token(context: Context, request: GetOpenIdTokenInput) -> GetOpenIdTokenResponse:
    """Give an identity a token for STS (the basic flow)."""
    pool, identity = await find_both(context.database.reader, request.identity_id)
    _check_basic_flow(pool)
    proof = await prove(context, pool, request.logins)
    identity = await _let_in(context, pool, identity, proof)
    tags = tags_for(pool, proof.logins) | principal_tags_of(proof.identity_claims or {})
    token = await identity_token(context, identity, seconds=TOKEN_SECONDS, tags=tags)
    return GetOpenIdTokenResponse(identity_id=identity.identity_id, token=token)


async def describe_identity(context: Context, request: DescribeIdentityInput) -> IdentityDescription:
    """Tell when an identity was made and by which providers its logins are."""
    _, identity = await find_both(context.database.reader, request.identity_id)
    return _described(identity)


async def list_identities(context: Context, request: ListIdentitiesInput) -> ListIdentitiesResponse:
    """List the identities of a pool; disabled ones (merged into others) are left out where that is asked for."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    scope = f"{pool.identity_pool_id} {bool(request.hide_disabled)}"
    after = open_place(context, request.next_token, operation="ListIdentities", scope=scope)
    found = await identities_after(
        context.database.reader, pool.identity_pool_id, after or "", most=request.max_results + 1
    )
    token = None
    if len(found) > request.max_results:
        found = found[: request.max_results]
        token = seal_place(context, found[-1].identity_id, operation="ListIdentities", scope=scope)
    # A page may have fewer identities than were asked for, or none, and still a token.
    shown = [_described(each) for each in found if not (request.hide_disabled and each.is_disabled)]
    return ListIdentitiesResponse(identity_pool_id=pool.identity_pool_id, identities=shown, next_token=token)


async def delete_identities(context: Context, request: DeleteIdentitiesInput) -> DeleteIdentitiesResponse:
    """Delete identities; whoever comes with their logins again gets new ones."""
    for identity_id in dict.fromkeys(request.identity_ids_to_delete):
        # Assumed: deleting an identity that isn't there counts as done.
        await context.database.write(partial(_delete_one, identity_id))
    return DeleteIdentitiesResponse(unprocessed_identity_ids=[])


async def _delete_one(identity_id: str, transaction: Transaction) -> None:
    identity = await identity_by_id(transaction, identity_id)
    if identity is not None:
        await delete_identity(transaction, identity)


async def unlink_identity(context: Context, request: UnlinkIdentityInput) -> None:
    """Take logins from an identity, for somebody who proves to be that identity by at least one of its logins."""
    pool, identity = await find_both(context.database.reader, request.identity_id)
    proof = await prove(context, pool, request.logins)

    async def write(transaction: Transaction) -> None:
        current = await find_identity(transaction, identity.identity_id)
        check_access(pool, current, proof)
        unknown = [name for name in request.logins_to_remove if name not in providers_of(current)]
        if unknown or current.is_disabled:
            # Assumed: the text with which a login isn't unlinked that the identity doesn't have.
            raise InvalidParameterException(
                "LoginsToRemove names a provider that is not linked to this identity."
            )
        links = [link for link in links_of(current) if link.provider in request.logins_to_remove]
        await unlink(transaction, current, links, now_ms=context.now_ms)

    await context.database.write(write)
