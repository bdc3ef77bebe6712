"""New users: what a username fills in, and what a record has from the beginning.

Sources: guide:user-pool-settings-attributes (a username that is an e-mail address or a phone number).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.records import User
from userpool.server.rules.sign_in_names import attribute_of_username, normalised

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.records import Pool, UserStatus
    from userpool.wire.user_pools import UserPoolType


def with_username(pool: UserPoolType, username: str, attributes: Mapping[str, str]) -> dict[str, str]:
    """Return the attributes of a new user: a username that is an address or a number fills its attribute."""
    kind = attribute_of_username(pool, username)
    return dict(attributes) if kind is None else {**attributes, kind: username}


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
