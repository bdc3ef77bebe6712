"""Invitations: messages that carry a temporary password to a user whom an administrator made.

Sources: api:AdminCreateUser (DesiredDeliveryMediums), guide:how-to-create-user-accounts.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.messages.templates import Text, invitation_text
from userpool.server.wording import PLAIN, make_message, wording_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Message, Pool, User
    from userpool.server.wording import Medium, Wording

_ATTRIBUTES: dict[Medium, str] = {"SMS": "phone_number", "EMAIL": "email"}


async def wording_of_invitations(
    context: Context,
    pool: Pool,
    user: User,
    *,
    mediums: Iterable[Medium] | None,
    client_metadata: Mapping[str, str] | None,
) -> Wording:
    """Settle what invitations are to say; to be called before the transaction in which they are promised.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        user: whom to invite.
        mediums: as asked for; SMS by default.
        client_metadata: of the request.

    Raises:
        UserLambdaValidationException: CustomMessage raised. As `userpool.server.wording.wording_for` besides.
    """
    reaching: list[Medium] = [
        medium for medium in _wanted(mediums) if user.attributes.get(_ATTRIBUTES[medium])
    ]
    return await wording_for(
        context,
        pool,
        user,
        kind="AdminCreateUser",
        mediums=reaching,
        client_id=None,
        client_metadata=client_metadata,
    )


async def promise_invitations(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    user: User,
    *,
    mediums: Iterable[Medium] | None,
    password: str,
    wording: Wording = PLAIN,
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
        wording: what they are to say (`wording_of_invitations`).
    """
    messages: list[Message] = []
    name = _shown_name(pool, user)
    for medium in _wanted(mediums):
        destination = user.attributes.get(_ATTRIBUTES[medium])
        text = invitation_text(pool.description, medium, username=name, password=password)
        is_worded = (wording.text.email if medium == "EMAIL" else wording.text.sms) is not None
        if not destination or (text is None and not is_worded):
            continue
        message = make_message(
            context,
            pool,
            user,
            wording=wording,
            medium=medium,
            destination=destination,
            kind="AdminCreateUser",
            code=password,
            default=text or Text("", ""),
            shown_name=name,
        )
        await context.outbox.promise(transaction, message)
        messages.append(message)
    return messages


def _wanted(mediums: Iterable[Medium] | None) -> Iterable[Medium]:
    # dict.fromkeys drops a medium that was asked for twice, and keeps the order.
    return dict.fromkeys(mediums or ("SMS",))


def _shown_name(pool: Pool, user: User) -> str:
    # Nobody signs in with the `sub` that stands for a username where addresses or numbers are usernames.
    kinds = pool.description.username_attributes or []
    return next((user.attributes[kind] for kind in kinds if user.attributes.get(kind)), user.username)
