"""New users: what a username fills in, and what a record has from the beginning.

Sources: guide:user-pool-settings-attributes (a username that is an e-mail address or a phone number; a preferred
username is given after the confirmation); texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.records import User
from userpool.server.rules.sign_in_names import attribute_of_username, normalised
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.records import Pool, UserStatus
    from userpool.wire.user_pools import UserPoolType


def with_username(pool: UserPoolType, username: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of a new user: a username that is an address or a number fills its attribute."""
    kind = attribute_of_username(pool, username)
    return dict(attributes) if kind is None else {**attributes, kind: username}


def check_username_attribute(pool: UserPoolType, username: str, attributes: Mapping[str, str]) -> None:
    """Refuse another address or number than the one that is the username.

    Raises:
        InvalidParameterException: with the service's words.
    """
    kind = attribute_of_username(pool, username)
    given = attributes.get(kind) if kind is not None else None
    if given and normalised(pool, given) != normalised(pool, username):
        raise InvalidParameterException(
            f"User {kind} should be empty or same as username, since username attribute is {kind}"
        )


def check_preferred_username(pool: UserPoolType, attributes: Mapping[str, str]) -> None:
    """Refuse a preferred username that somebody would sign in with before being confirmed.

    Raises:
        InvalidParameterException: with the service's words.
    """
    if attributes.get("preferred_username") and "preferred_username" in (pool.alias_attributes or []):
        raise InvalidParameterException(
            "Preferred username cannot be provided for unconfirmed account, since user pool is configured for "
            "preferred username alias."
        )


def new_user(
    pool: Pool, username: str, *, attributes: dict[str, str], sub: str, status: UserStatus, now_ms: int
) -> User:
    """Return the record of a new user.

    Args:
        pool: the user's pool.
        username: as it was given; in a pool whose usernames are addresses or numbers the record has the `sub`
            instead.
        attributes: as they are to be kept.
        sub: a new one.
        status: where the user's life begins.
        now_ms: the time.
    """
    kind = attribute_of_username(pool.description, username)
    return User(
        sub=sub,
        pool_id=pool.pool_id,
        username=sub if kind is not None else normalised(pool.description, username),
        status=status,
        created_ms=now_ms,
        modified_ms=now_ms,
        attributes=attributes,
    )
