"""Developer identities: users of a program's own, whom its back end vouches for with its access key.

Operations: GetOpenIdTokenForDeveloperIdentity, LookupDeveloperIdentity, MergeDeveloperIdentities,
UnlinkDeveloperIdentity.

Sources: api:GetOpenIdTokenForDeveloperIdentity, api:LookupDeveloperIdentity, api:MergeDeveloperIdentities,
api:UnlinkDeveloperIdentity, guide:developer-authenticated-identities.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.database.identities import add_identity, identity_by_id, identity_id_of_login
from userpool.server.finding_identities import find_identity, find_identity_pool
from userpool.server.identity_logins import (
    Link,
    links_proven,
    merge,
    owners_of,
    unite,
    unlink,
)
from userpool.server.identity_tokens import DEVELOPER_TOKEN_SECONDS, identity_token
from userpool.server.paging import open_place, seal_place
from userpool.server.proving_logins import prove
from userpool.server.records import Identity
from userpool.server.rules.identifiers import new_identity_id
from userpool.wire.developer_identities import (
    GetOpenIdTokenForDeveloperIdentityResponse,
    LookupDeveloperIdentityResponse,
    MergeDeveloperIdentitiesResponse,
)
from userpool.wire.faults import (
    DeveloperUserAlreadyRegisteredException,
    InvalidParameterException,
    NotAuthorizedException,
    ResourceConflictException,
    ResourceNotFoundException,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import IdentityPool
    from userpool.wire.developer_identities import (
        GetOpenIdTokenForDeveloperIdentityInput,
        LookupDeveloperIdentityInput,
        MergeDeveloperIdentitiesInput,
        UnlinkDeveloperIdentityInput,
    )

DEFAULT_PAGE = 60
LONGEST_USER_ID = 1024

# ---- rules ----


def _provider_of(pool: IdentityPool, named: str | None = None) -> str:
    provider = pool.description.developer_provider_name
    if provider is None or named not in {None, provider}:
        # Assumed: the text with which an operation is refused whose developer provider isn't the identity pool's.
        raise InvalidParameterException("Please provide the developer provider of this identity pool.")
    return provider


def _user_id(logins: dict[str, str], provider: str) -> str:
    user_id = logins.get(provider)
    if user_id is None or len(user_id) > LONGEST_USER_ID:
        # Assumed: the text with which Logins are refused that name no user of the developer provider.
        raise InvalidParameterException("Logins has to name a user of the developer provider.")
    return user_id


async def _of_user(transaction: Transaction, pool: IdentityPool, provider: str, user_id: str) -> Identity:
    identity_id = await identity_id_of_login(transaction, pool.identity_pool_id, provider, user_id)
    identity = await identity_by_id(transaction, identity_id) if identity_id is not None else None
    if identity is None:
        # Assumed: the text with which a user of a developer provider is told to have no identity.
        raise ResourceNotFoundException("Developer user identifier not found.")
    return identity


# ---- operations ----


async def get_open_id_token_for_developer_identity(
    context: Context, request: GetOpenIdTokenForDeveloperIdentityInput
) -> GetOpenIdTokenForDeveloperIdentityResponse:
    """Give a user of the developer provider an identity and a token for it, to be used as a login."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    provider = _provider_of(pool)
    user_id = _user_id(request.logins, provider)
    others = {name: token for name, token in request.logins.items() if name != provider}
    proof = await prove(context, pool, others)
    if proof.identity_claims is not None:
        raise NotAuthorizedException("Token is not from a supported provider of this identity pool.")
    links = [Link(provider, user_id, is_developer=True), *links_proven(proof)]
    fresh = Identity(
        identity_id=new_identity_id(context.effects, pool.identity_pool_id.partition(":")[0]),
        identity_pool_id=pool.identity_pool_id,
        created_ms=context.now_ms,
        modified_ms=context.now_ms,
    )

    async def write(transaction: Transaction) -> Identity:
        current = await find_identity_pool(transaction, pool.identity_pool_id)
        return await _registered(transaction, current, fresh, links, request.identity_id)

    identity = await context.database.write(write)
    token = await identity_token(
        context,
        identity,
        seconds=request.token_duration or DEVELOPER_TOKEN_SECONDS,
        tags=request.principal_tags,
    )
    return GetOpenIdTokenForDeveloperIdentityResponse(identity_id=identity.identity_id, token=token)


async def _registered(
    transaction: Transaction, pool: IdentityPool, fresh: Identity, links: list[Link], wanted: str | None
) -> Identity:
    now_ms = fresh.created_ms
    if wanted is None:
        owners = await owners_of(transaction, pool.identity_pool_id, links)
        if not owners:
            await add_identity(transaction, fresh)
        return await unite(transaction, owners[0] if owners else fresh, links, now_ms=now_ms)
    identity = await find_identity(transaction, wanted, pool=pool)
    owner = await identity_id_of_login(transaction, pool.identity_pool_id, *links[0][:2])
    if owner not in {None, identity.identity_id}:
        # Assumed: the text with which a developer's user isn't bound to a second identity.
        raise DeveloperUserAlreadyRegisteredException(
            "The developer user identifier is already registered with another identity."
        )
    if identity.is_disabled:
        # Assumed: an identity that was merged into another one is told not to be found.
        raise ResourceNotFoundException(f"Identity '{wanted}' not found.")
    return await unite(transaction, identity, links, now_ms=now_ms)


async def lookup_developer_identity(
    context: Context, request: LookupDeveloperIdentityInput
) -> LookupDeveloperIdentityResponse:
    """Tell the identity of a developer's user, and the users of an identity."""
    reader = context.database.reader
    pool = await find_identity_pool(reader, request.identity_pool_id)
    provider = _provider_of(pool)
    user_id = request.developer_user_identifier
    if request.identity_id is not None:
        identity = await find_identity(reader, request.identity_id, pool=pool)
        if user_id is not None and user_id not in identity.developer_logins.get(provider, []):
            # Assumed: the text with which an identity and a developer's user that don't belong together are refused.
            raise ResourceConflictException("The identity and the developer user identifier do not match.")
    elif user_id is not None:
        identity = await _of_user(reader, pool, provider, user_id)
    else:
        # Assumed: the text with which a look-up is refused that names neither an identity nor a user.
        raise InvalidParameterException("Either IdentityId or DeveloperUserIdentifier has to be given.")
    known = sorted(identity.developer_logins.get(provider, []))
    most = request.max_results or DEFAULT_PAGE
    scope = f"{pool.identity_pool_id} {identity.identity_id} {user_id is None}"
    after = open_place(context, request.next_token, operation="LookupDeveloperIdentity", scope=scope)
    page = [each for each in known if after is None or each > after]
    token = None
    if len(page) > most:
        page = page[:most]
        token = seal_place(context, page[-1], operation="LookupDeveloperIdentity", scope=scope)
    both = user_id is not None and request.identity_id is not None
    return LookupDeveloperIdentityResponse(
        identity_id=identity.identity_id,
        developer_user_identifier_list=[user_id] if both and user_id is not None else page,
        next_token=None if both else token,
    )


async def merge_developer_identities(
    context: Context, request: MergeDeveloperIdentitiesInput
) -> MergeDeveloperIdentitiesResponse:
    """Let one developer's user lead to the identity of another one; the first one's identity is disabled."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    provider = _provider_of(pool, request.developer_provider_name)

    async def write(transaction: Transaction) -> Identity:
        source = await _of_user(transaction, pool, provider, request.source_user_identifier)
        destination = await _of_user(transaction, pool, provider, request.destination_user_identifier)
        if source.identity_id == destination.identity_id:
            # Assumed: merging two developer's users who have one identity already changes nothing.
            return destination
        return await merge(transaction, source, destination, now_ms=context.now_ms)

    merged = await context.database.write(write)
    return MergeDeveloperIdentitiesResponse(identity_id=merged.identity_id)


async def unlink_developer_identity(context: Context, request: UnlinkDeveloperIdentityInput) -> None:
    """Take a developer's user from an identity; the user gets a new one next time."""
    pool = await find_identity_pool(context.database.reader, request.identity_pool_id)
    provider = _provider_of(pool, request.developer_provider_name)

    async def write(transaction: Transaction) -> None:
        identity = await find_identity(transaction, request.identity_id, pool=pool)
        user_id = request.developer_user_identifier
        if user_id not in identity.developer_logins.get(provider, []):
            raise ResourceNotFoundException("Developer user identifier not found.")
        link = Link(provider, user_id, is_developer=True)
        await unlink(transaction, identity, [link], now_ms=context.now_ms)

    await context.database.write(write)
