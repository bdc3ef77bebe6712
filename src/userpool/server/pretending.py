"""Pretending: what a stranger is shown for a name that nobody has.

With PreventUserExistenceErrors ENABLED a name that nobody has is answered as a user's would be. What is made
up follows from the name and a key of this server, so it is the same each time, and is counted and refused
like a user's.

Sources: guide:cognito-user-pool-managing-errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.codes import delivery_details
from userpool.server.rules.sign_in_names import looks_like, normalised
from userpool.server.rules.strangers import simulated_contact, simulated_sub

if TYPE_CHECKING:
    from collections.abc import Sequence

    from userpool.server.context import Context
    from userpool.server.records import Pool
    from userpool.wire.shapes import CodeDeliveryDetailsType

PURPOSE = "simulated user"
"""What the key is derived for."""


def nobodys_sub(context: Context, pool: Pool, name: str) -> str:
    """Return the `sub` under which attempts on a name that nobody has are counted."""
    return simulated_sub(_key(context), pool.pool_id, normalised(pool.description, name))


def nobodys_username(context: Context, pool: Pool, name: str) -> str:
    """Return what stands as the username (USER_ID_FOR_SRP) of somebody who doesn't exist.

    Where people sign in with their usernames, that is the name itself, as it would be for a user; where a name is an
    address or a number that stands for somebody, something made up.
    """
    # Assumed: nobody's USER_ID_FOR_SRP may be the typed name where that could be a username; the service is documented
    # to make one up for every name, which beside real usernames would tell who exists.
    description = pool.description
    stands_for_somebody = any(
        kind in {"email", "phone_number"} and looks_like(kind, name)
        for kind in [*(description.username_attributes or []), *(description.alias_attributes or [])]
    )
    if description.username_attributes or stands_for_somebody:
        return nobodys_sub(context, pool, name)
    return normalised(description, name)


def pretended_delivery(
    context: Context, pool: Pool, name: str, *, attributes: Sequence[str]
) -> CodeDeliveryDetailsType:
    """Return where a code for nobody is said to have gone.

    Args:
        context: the request's surroundings.
        pool: the pool that was asked.
        name: the name that was asked for.
        attributes: email and phone_number, in the order in which a code to a user of this pool would go
            there; one of them alone where it would go nowhere else.
    """
    # Most users have what their pool verifies; where it verifies neither, an e-mail address.
    verified = pool.description.auto_verified_attributes or ["email"]
    likeliest_first = sorted(attributes, key=lambda attribute: attribute not in verified)
    attribute, value = simulated_contact(
        _key(context), pool.pool_id, normalised(pool.description, name), attributes=likeliest_first
    )
    return delivery_details(attribute, value)


def _key(context: Context) -> bytes:
    return context.sealer.derived_key(PURPOSE)
