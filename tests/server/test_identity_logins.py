"""Linking, merging and unlinking, as one record with its logins."""

from __future__ import annotations

import asyncio

import pytest
from msgspec.structs import replace

from userpool.server.context import Context
from userpool.server.database.identities import add_identity, identity_by_id, identity_id_of_login
from userpool.server.database.query import Transaction
from userpool.server.identity_logins import (
    MOST_LINKS,
    Link,
    check_access,
    check_guests,
    enter,
    link_all,
    links_of,
    merge,
    owners_of,
    settle,
    unite,
    unlink,
)
from userpool.server.proving_logins import Proof
from userpool.server.records import Identity, IdentityPool
from userpool.server.rules.identity_roles import Login
from userpool.wire.faults import NotAuthorizedException, ResourceConflictException
from userpool.wire.identity_pools import IdentityPool as Description

pytestmark = pytest.mark.anyio

POOL_ID = "x:1"
NOTHING = Proof(logins=[])


def identity(number: int, *, created_ms: int = 1) -> Identity:
    return Identity(
        identity_id=f"x:{number}", identity_pool_id=POOL_ID, created_ms=created_ms, modified_ms=created_ms
    )


def pool(*, guests: bool = True) -> IdentityPool:
    description = Description(
        identity_pool_id=POOL_ID, identity_pool_name="x", allow_unauthenticated_identities=guests
    )
    return IdentityPool(identity_pool_id=POOL_ID, description=description)


def proof_of(*links: Link) -> Proof:
    logins = [Login(provider=link.provider, user_id=link.user_id, claims={}) for link in links]
    return Proof(logins=logins)


async def linked(context: Context, fresh: Identity, *links: Link) -> Identity:
    """Write an identity with its links."""

    async def write(transaction: Transaction) -> Identity:
        await add_identity(transaction, fresh)
        return await link_all(transaction, fresh, links, now_ms=fresh.created_ms)

    return await context.database.write(write)


async def leads_to(context: Context, link: Link) -> str | None:
    return await identity_id_of_login(context.database.reader, POOL_ID, link.provider, link.user_id)


ANN, BOB = Link("p", "ann"), Link("p", "bob")
WORK = Link("q", "ann-at-work")
OURS = Link("ours", "ann", is_developer=True)


async def test_links_are_written_in_the_record_and_lead_to_it(context: Context) -> None:
    kept = await linked(context, identity(2), ANN, OURS)

    assert sorted(links_of(kept)) == sorted([ANN, OURS])
    assert kept.was_linked
    assert await identity_by_id(context.database.reader, "x:2") == kept
    assert [await leads_to(context, link) for link in (ANN, OURS)] == ["x:2", "x:2"]


async def test_what_is_linked_already_is_not_written_again(context: Context) -> None:
    kept = await linked(context, identity(2), ANN)

    again = await context.database.write(lambda transaction: unite(transaction, kept, [ANN], now_ms=9))

    assert again == kept


async def test_another_identitys_link_is_not_taken(context: Context) -> None:
    await linked(context, identity(2), ANN)

    with pytest.raises(ResourceConflictException):
        await linked(context, identity(3), ANN)

    assert await leads_to(context, ANN) == "x:2"
    assert await identity_by_id(context.database.reader, "x:3") is None


async def test_an_identity_has_a_limit(context: Context) -> None:
    links = [Link("ours", str(number), is_developer=True) for number in range(MOST_LINKS)]
    kept = await linked(context, identity(2), *links)
    await linked(context, identity(3), ANN)

    with pytest.raises(ResourceConflictException, match="at most 20"):
        await context.database.write(lambda transaction: unite(transaction, kept, [WORK], now_ms=9))
    with pytest.raises(ResourceConflictException, match="at most 20"):
        await context.database.write(lambda transaction: unite(transaction, kept, [ANN], now_ms=9))

    assert await leads_to(context, ANN) == "x:3"


async def test_the_loser_of_a_merge_is_empty_and_disabled(context: Context) -> None:
    loser, winner = await linked(context, identity(2), ANN, OURS), await linked(context, identity(3), WORK)

    merged = await context.database.write(lambda transaction: merge(transaction, loser, winner, now_ms=7))

    assert sorted(links_of(merged)) == sorted([ANN, OURS, WORK])
    assert merged.modified_ms == 7
    left = await identity_by_id(context.database.reader, "x:2")
    assert left is not None
    assert (links_of(left), left.is_disabled, left.modified_ms) == ([], True, 7)
    assert {await leads_to(context, link) for link in (ANN, OURS, WORK)} == {"x:3"}


async def test_a_merge_that_fails_changes_nothing(context: Context) -> None:
    loser, winner = await linked(context, identity(2), OURS, ANN), await linked(context, identity(3), BOB)

    with pytest.raises(ResourceConflictException):
        await context.database.write(lambda transaction: merge(transaction, loser, winner, now_ms=7))

    assert await identity_by_id(context.database.reader, "x:2") == loser
    assert await identity_by_id(context.database.reader, "x:3") == winner
    assert [await leads_to(context, link) for link in (OURS, ANN, BOB)] == ["x:2", "x:2", "x:3"]


async def test_a_guests_identity_gives_way_to_one_that_a_link_leads_to(context: Context) -> None:
    guest, member = await linked(context, identity(2)), await linked(context, identity(3, created_ms=5), ANN)

    found = await context.database.write(lambda transaction: unite(transaction, guest, [ANN], now_ms=7))

    assert (found.identity_id, links_of(found)) == (member.identity_id, [ANN])
    left = await identity_by_id(context.database.reader, guest.identity_id)
    assert left is not None
    assert left.is_disabled


async def test_owners_are_told_the_oldest_first(context: Context) -> None:
    await linked(context, identity(2, created_ms=5), ANN)
    await linked(context, identity(3, created_ms=4), WORK)

    found = await owners_of(context.database.reader, POOL_ID, [ANN, WORK, BOB])

    assert [each.identity_id for each in found] == ["x:3", "x:2"]


async def test_an_unlinked_link_leads_nowhere(context: Context) -> None:
    kept = await linked(context, identity(2), ANN, OURS)

    left = await context.database.write(lambda transaction: unlink(transaction, kept, [OURS], now_ms=7))

    assert links_of(left) == [ANN]
    assert left.developer_logins == {}
    assert [await leads_to(context, link) for link in (ANN, OURS)] == ["x:2", None]


@pytest.mark.parametrize("database_url", ["sqlite-file", "postgresql"], indirect=True)
async def test_a_login_that_comes_many_times_at_once_gets_one_identity(context: Context) -> None:
    async def come(number: int) -> str:
        fresh = identity(number)
        found = await context.database.write(lambda transaction: enter(transaction, fresh, proof_of(ANN)))
        return found.identity_id

    found = await asyncio.gather(*(come(number) for number in range(2, 10)))

    assert len(set(found)) == 1


# ---- who is let in ----


async def test_a_guest_needs_no_more_than_the_id() -> None:
    check_access(pool(), identity(2), NOTHING)
    check_access(pool(guests=False), identity(2), proof_of(ANN))

    with pytest.raises(NotAuthorizedException, match="Unauthenticated access is not supported"):
        check_access(pool(guests=False), identity(2), NOTHING)
    with pytest.raises(NotAuthorizedException, match="Unauthenticated access is not supported"):
        check_guests(pool(guests=False))


@pytest.mark.parametrize("changes", [{"was_linked": True}, {"is_disabled": True}])
async def test_what_was_somebodys_is_not_opened_by_the_id(changes: dict[str, bool]) -> None:
    with pytest.raises(NotAuthorizedException, match="Access to Identity 'x:2' is forbidden"):
        check_access(pool(), replace(identity(2), **changes), NOTHING)


async def test_a_member_needs_one_of_its_logins() -> None:
    member = replace(identity(2), logins={"p": "ann"}, was_linked=True)
    check_access(pool(), member, proof_of(ANN))
    check_access(pool(), member, proof_of(WORK, ANN))

    for proof in (proof_of(BOB), proof_of(WORK), Proof(logins=[], identity_claims={"sub": "x:3"})):
        with pytest.raises(NotAuthorizedException, match="Logins don't match"):
            check_access(pool(), member, proof)


async def test_a_disabled_identity_leads_on_only_with_a_login_that_leads_somewhere(context: Context) -> None:
    await linked(context, identity(2), ANN)
    merged = replace(identity(3), is_disabled=True, was_linked=True)

    found = await context.database.write(
        lambda transaction: settle(transaction, merged, proof_of(ANN), now_ms=9)
    )

    assert found.identity_id == "x:2"
    with pytest.raises(NotAuthorizedException, match="Logins don't match"):
        await context.database.write(lambda transaction: settle(transaction, merged, proof_of(BOB), now_ms=9))
