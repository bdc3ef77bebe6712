"""The roster: a user is written together with the names that lead to it and the index that lists it.

Every change of a user goes through here, so that names, index and record never disagree.

Rules of the room: functions run within a transaction; nothing is told to anybody.

Sources: guide:user-pool-settings-attributes (aliases: who verifies last owns the alias).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.database.users import (
    add_user,
    claim_alias,
    delete_user,
    move_alias,
    release_alias,
    save_user,
    sub_of_alias,
    user_by_sub,
)
from userpool.server.rules.sign_in_names import VERIFIABLE, index_of, names_of, normalised
from userpool.wire.faults import AliasExistsException, UsernameExistsException

if TYPE_CHECKING:
    from userpool.server.database.query import Transaction
    from userpool.server.records import Pool, User

_OTHER_KIND = {"username": "preferred_username", "preferred_username": "username"}


async def enrol(transaction: Transaction, pool: Pool, user: User, *, taken: str, steal: bool = False) -> None:
    """Write a new user.

    Args:
        transaction: the transaction to write in.
        pool: the user's pool.
        user: the new user.
        taken: what is said when the username is taken.
        steal: whether a verified alias may be taken from another user.

    Raises:
        UsernameExistsException: the username, or the e-mail address that stands for it, is taken.
        AliasExistsException: a verified alias is another user's and may not be taken.
    """
    names = names_of(pool.description, user)
    # An e-mail address as alias and a username are different kinds: one may not look like the other
    # (sign_in_names).
    for kind, value in sorted(names):
        is_free = not await _is_called_so(transaction, pool, user, kind, value)
        if is_free and await claim_alias(transaction, user, kind, value):
            continue
        if pool.description.username_attributes:
            raise UsernameExistsException(f"An account with the given {kind} already exists.")
        if kind == "username":
            raise UsernameExistsException(taken)
        await _take_over(transaction, pool, user, kind, value, steal=steal)
    await add_user(transaction, user, index=index_of(pool.description, user))


async def check_unclaimed(transaction: Transaction, pool: Pool, user: User, *, taken: str) -> None:
    """Refuse a new user whose username, or the address or number that stands for it, is another user's.

    Writing the user (`enrol`) looks again; this tells of it before a trigger is asked.

    Raises:
        UsernameExistsException: as `enrol`.
    """
    for kind, value in sorted(names_of(pool.description, user)):
        is_claimed = await sub_of_alias(transaction, pool.pool_id, kind, value) is not None
        if is_claimed or await _is_called_so(transaction, pool, user, kind, value):
            if pool.description.username_attributes:
                raise UsernameExistsException(f"An account with the given {kind} already exists.")
            if kind == "username":
                raise UsernameExistsException(taken)


async def change(
    transaction: Transaction, pool: Pool, before: User, after: User, *, steal: bool = False
) -> User:
    """Write a changed user; names that are new are claimed, those that aren't the user's any more let go.

    Raises:
        AliasExistsException: a new name is another user's and may not be taken.
        StaleRecordError: the user was changed since it was read.
    """
    had, has = names_of(pool.description, before), names_of(pool.description, after)
    for kind, value in sorted(has - had):
        is_free = not await _is_called_so(transaction, pool, after, kind, value)
        if not is_free or not await claim_alias(transaction, after, kind, value):
            await _take_over(transaction, pool, after, kind, value, steal=steal)
    for kind, value in had - has:
        await release_alias(transaction, after, kind, value)
    return await save_user(
        transaction,
        after,
        index_before=index_of(pool.description, before),
        index_after=index_of(pool.description, after),
    )


async def check_free(transaction: Transaction, pool: Pool, user: User, kind: str, value: str) -> None:
    """Refuse a value that is to become a sign-in name later and is another user's now.

    Only pools whose usernames are addresses or numbers are asked; elsewhere who verifies last has the name.

    Raises:
        AliasExistsException: it is another user's.
    """
    if kind in (pool.description.username_attributes or []):
        owner_sub = await sub_of_alias(transaction, pool.pool_id, kind, normalised(pool.description, value))
        if owner_sub not in {None, user.sub}:
            raise _alias_exists(kind)


async def strike(transaction: Transaction, pool: Pool, user: User) -> None:
    """Delete a user with everything that belongs to it; its names are free again."""
    for kind, value in names_of(pool.description, user):
        await release_alias(transaction, user, kind, value)
    await delete_user(transaction, user, index=index_of(pool.description, user))


async def _is_called_so(transaction: Transaction, pool: Pool, user: User, kind: str, value: str) -> bool:
    # Assumed: usernames and preferred usernames that are aliases are one namespace, so that nobody takes the name by
    # which another user signs in.
    other = _OTHER_KIND.get(kind)
    if other is None or "preferred_username" not in (pool.description.alias_attributes or []):
        return False
    return await sub_of_alias(transaction, pool.pool_id, other, value) not in {None, user.sub}


async def _take_over(
    transaction: Transaction, pool: Pool, user: User, kind: str, value: str, *, steal: bool
) -> None:
    # In a pool whose usernames are e-mail addresses a name is never taken from anybody.
    if not steal or kind not in VERIFIABLE or pool.description.username_attributes:
        raise _alias_exists(kind)
    owner_sub = await sub_of_alias(transaction, pool.pool_id, kind, value)
    owner = await user_by_sub(transaction, owner_sub) if owner_sub is not None else None
    await move_alias(transaction, user, kind, value)
    if owner is not None:
        # The address stays with its former owner, as one that isn't verified.
        loser = replace(owner, attributes={**owner.attributes, f"{kind}_verified": "false"})
        await save_user(
            transaction,
            loser,
            index_before=index_of(pool.description, owner),
            index_after=index_of(pool.description, loser),
        )


def _alias_exists(kind: str) -> AliasExistsException:
    return AliasExistsException(f"An account with the {kind} already exists.")
