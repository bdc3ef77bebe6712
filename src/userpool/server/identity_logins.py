"""Logins and the identities they lead to: linking, merging and unlinking, as one record with its logins.

Every change of an identity's logins goes through here, so that the record and the rows that lead to it never disagree.

Rules of the room: functions run within a transaction; nothing is told to anybody.

Sources: api:GetId (several logins make a linked identity), guide:switching-identities, api:MergeDeveloperIdentities,
api:UnlinkIdentity; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.database.identities import (
    add_identity,
    claim_login,
    identity_by_id,
    identity_id_of_login,
    move_login,
    release_login,
    save_identity,
)
from userpool.server.identity_tokens import LOGINS_DO_NOT_MATCH, proves
from userpool.wire.faults import NotAuthorizedException, ResourceConflictException

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.database.query import Transaction
    from userpool.server.proving_logins import Proof
    from userpool.server.records import Identity, IdentityPool

MOST_LINKS = 20


class Link(NamedTuple):
    """A user of a provider, as what leads to an identity."""

    provider: str
    user_id: str
    is_developer: bool = False


def links_of(identity: Identity) -> list[Link]:
    """Return everything that leads to an identity."""
    return [
        *(Link(name, user_id) for name, user_id in identity.logins.items()),
        *(
            Link(name, user_id, is_developer=True)
            for name, ids in identity.developer_logins.items()
            for user_id in ids
        ),
    ]


def links_proven(proof: Proof) -> list[Link]:
    """Return the links that logins prove."""
    return [Link(login.provider, login.user_id) for login in proof.logins]


def check_guests(pool: IdentityPool) -> None:
    """Refuse somebody without any login, where guests aren't let in.

    Raises:
        NotAuthorizedException: the pool has no unauthenticated identities.
    """
    if not pool.description.allow_unauthenticated_identities:
        raise NotAuthorizedException("Unauthenticated access is not supported for this identity pool.")


def check_access(pool: IdentityPool, identity: Identity, proof: Proof) -> None:
    """Refuse whoever hasn't proven to be an identity; a guest's needs no more than its id.

    Raises:
        NotAuthorizedException: the logins lead elsewhere or nowhere, or there are none and it isn't a guest's.
    """
    if proof.is_empty:
        if identity.was_linked or identity.is_disabled:
            raise NotAuthorizedException(f"Access to Identity '{identity.identity_id}' is forbidden.")
        check_guests(pool)
        return
    if proof.identity_claims is not None and not proves(proof.identity_claims, identity):
        raise NotAuthorizedException(LOGINS_DO_NOT_MATCH)
    is_known = proof.identity_claims is not None or not set(links_proven(proof)).isdisjoint(
        links_of(identity)
    )
    if identity.was_linked and not identity.is_disabled and not is_known:
        raise NotAuthorizedException(LOGINS_DO_NOT_MATCH)


async def enter(transaction: Transaction, fresh: Identity, proof: Proof) -> Identity:
    """Return the identity that logins lead to, with all of them linked; a new one for a guest or for new logins.

    Args:
        transaction: the transaction to write in.
        fresh: the new identity, which is written if it is needed.
        proof: what the logins prove.

    Raises:
        NotAuthorizedException: the service's own token is of an identity that isn't there any more.
        ResourceConflictException: the logins are of two users of one provider.
    """
    if proof.identity_claims is not None:
        identity = await identity_by_id(transaction, str(proof.identity_claims.get("sub")))
        if identity is None or not proves(proof.identity_claims, identity):
            raise NotAuthorizedException(LOGINS_DO_NOT_MATCH)
        return await unite(transaction, identity, links_proven(proof), now_ms=fresh.created_ms)
    links = links_proven(proof)
    owners = await owners_of(transaction, fresh.identity_pool_id, links)
    if not owners:
        await add_identity(transaction, fresh)
    return await unite(transaction, owners[0] if owners else fresh, links, now_ms=fresh.created_ms)


async def settle(transaction: Transaction, identity: Identity, proof: Proof, *, now_ms: int) -> Identity:
    """Return the identity that somebody who was let in to one has from now on: its logins linked, others merged.

    Raises:
        NotAuthorizedException: it was merged into another one, to which none of the logins leads.
        ResourceConflictException: the logins are of two users of one provider.
    """
    links = links_proven(proof)
    if not identity.is_disabled:
        return await unite(transaction, identity, links, now_ms=now_ms)
    owners = await owners_of(transaction, identity.identity_pool_id, links)
    if not owners:
        raise NotAuthorizedException(LOGINS_DO_NOT_MATCH)
    return await unite(transaction, owners[0], links, now_ms=now_ms)


async def owners_of(transaction: Transaction, identity_pool_id: str, links: Sequence[Link]) -> list[Identity]:
    """Return the identities that links lead to, the oldest first."""
    found: dict[str, Identity] = {}
    for link in links:
        identity_id = await identity_id_of_login(transaction, identity_pool_id, link.provider, link.user_id)
        identity = await identity_by_id(transaction, identity_id) if identity_id is not None else None
        if identity is not None:
            found[identity.identity_id] = identity
    return sorted(found.values(), key=lambda identity: (identity.created_ms, identity.identity_id))


async def unite(
    transaction: Transaction, identity: Identity, links: Sequence[Link], *, now_ms: int
) -> Identity:
    """Return one identity to which all of these links lead.

    A guest's identity gives way to one that a link leads to already; otherwise the one at hand stays.

    Raises:
        ResourceConflictException: two users of one provider would lead to it, or too many.
    """
    owners = await owners_of(transaction, identity.identity_pool_id, links)
    others = [owner for owner in owners if owner.identity_id != identity.identity_id]
    # Assumed: of two authenticated identities that are merged, the one that the request names stays, or the older one.
    if others and not links_of(identity):
        identity, others = others[0], [identity, *others[1:]]
    for other in others:
        identity = await merge(transaction, other, identity, now_ms=now_ms)
    return await link_all(transaction, identity, links, now_ms=now_ms)


async def merge(transaction: Transaction, loser: Identity, winner: Identity, *, now_ms: int) -> Identity:
    """Let everything that leads to one identity lead to another one; return that, and disable the first.

    Raises:
        ResourceConflictException: two users of one provider would lead to it, or too many.
    """
    merged = winner
    for link in links_of(loser):
        merged = _with_link(merged, link)
        await move_login(transaction, loser, winner, link.provider, link.user_id)
    empty = replace(loser, logins={}, developer_logins={}, is_disabled=True, was_linked=True)
    await save_identity(transaction, replace(empty, modified_ms=now_ms))
    return await save_identity(transaction, replace(merged, modified_ms=now_ms))


async def link_all(
    transaction: Transaction, identity: Identity, links: Sequence[Link], *, now_ms: int
) -> Identity:
    """Let links that lead nowhere yet lead to an identity; return it.

    Raises:
        ResourceConflictException: one leads to another identity already, two are of one provider, or too many.
    """
    known = set(links_of(identity))
    missing = [link for link in links if link not in known]
    if not missing:
        return identity
    linked = identity
    for link in missing:
        linked = _with_link(linked, link)
        if not await claim_login(transaction, identity, link.provider, link.user_id):
            raise _conflict()
    return await save_identity(transaction, replace(linked, modified_ms=now_ms))


async def unlink(
    transaction: Transaction, identity: Identity, links: Sequence[Link], *, now_ms: int
) -> Identity:
    """Let links lead nowhere; return the identity. Without the last of them it is nobody's."""
    logins = dict(identity.logins)
    developer_logins = {name: list(ids) for name, ids in identity.developer_logins.items()}
    for link in links:
        if link.is_developer:
            developer_logins[link.provider].remove(link.user_id)
        else:
            del logins[link.provider]
        await release_login(transaction, identity, link.provider, link.user_id)
    left = {name: ids for name, ids in developer_logins.items() if ids}
    changed = replace(identity, logins=logins, developer_logins=left, modified_ms=now_ms)
    return await save_identity(transaction, changed)


def _with_link(identity: Identity, link: Link) -> Identity:
    if len(links_of(identity)) >= MOST_LINKS:
        # Assumed: the text with which the 21st login of an identity is refused.
        raise ResourceConflictException(f"An identity can have at most {MOST_LINKS} linked logins.")
    if link.is_developer:
        ids = sorted({*identity.developer_logins.get(link.provider, []), link.user_id})
        developer_logins = {**identity.developer_logins, link.provider: ids}
        return replace(identity, developer_logins=developer_logins, was_linked=True)
    if identity.logins.get(link.provider) not in {None, link.user_id}:
        raise _conflict()
    logins = {**identity.logins, link.provider: link.user_id}
    return replace(identity, logins=logins, was_linked=True)


def _conflict() -> ResourceConflictException:
    # Assumed: the text with which two users of one provider aren't linked to one identity.
    return ResourceConflictException("Login is already linked to another account.")
