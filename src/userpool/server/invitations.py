"""Invitations: messages that carry a temporary password to a user whom an administrator made.

Sources: api:AdminCreateUser (DesiredDeliveryMediums), guide:how-to-create-user-accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from userpool.effects import uuid4_text
from userpool.server.messages.templates import invitation_text
from userpool.server.records import Message

if TYPE_CHECKING:
    from collections.abc import Iterable

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Pool, User

Medium = Literal["SMS", "EMAIL"]
_ATTRIBUTES = {"SMS": "phone_number", "EMAIL": "email"}


async def promise_invitations(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    user: User,
    *,
    mediums: Iterable[Medium] | None,
    password: str,
) -> list[Message]:
    """Promise an invitation by each medium that reaches the user; hand the messages over after the commit.

    A medium for which the user has no address or number, or the pool no template with a place for the
    password, is left out without a word.

    Args:
        context: the request's surroundings.
        transaction: the transaction to write in.
        pool: the user's pool.
        user: whom to invite.
        mediums: as asked for; SMS by default.
        password: the temporary password.
    """
    messages: list[Message] = []
    # dict.fromkeys drops a medium that was asked for twice, and keeps the order.
    for medium in dict.fromkeys(mediums or ("SMS",)):
        destination = user.attributes.get(_ATTRIBUTES[medium])
        text = invitation_text(pool.description, medium, username=_shown_name(pool, user), password=password)
        if not destination or text is None:
            continue
        message = Message(
            message_id=uuid4_text(context.effects),
            pool_id=pool.pool_id,
            username=user.username,
            sub=user.sub,
            medium=medium,
            destination=destination,
            kind="AdminCreateUser",
            code=password,
            subject=text.subject,
            text=text.body,
            created_ms=context.now_ms,
        )
        await context.outbox.promise(transaction, message)
        messages.append(message)
    return messages


def _shown_name(pool: Pool, user: User) -> str:
    # Nobody signs in with the `sub` that stands for a username where addresses or numbers are usernames.
    kinds = pool.description.username_attributes or []
    return next((user.attributes[kind] for kind in kinds if user.attributes.get(kind)), user.username)
