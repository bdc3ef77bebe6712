"""Messages with a code or a password: worded before the transaction that makes them due, made within it.

A CustomMessage trigger is asked while no transaction is open, so the words are settled first (`wording_for`), with a
placeholder for the code; the message is made of them once there is a code (`make_message`). Where a pool has a custom
sender for the medium, the message is marked as its function's.

Sources: guide:user-pool-lambda-custom-message, guide:user-pool-lambda-custom-sender-triggers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal, NamedTuple

from userpool.effects import uuid4_text
from userpool.server.messages.templates import CODE, USERNAME, filled_text
from userpool.server.records import Message
from userpool.server.triggers.configured import has
from userpool.server.triggers.custom_message import CustomText, custom_message

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.server.context import Context
    from userpool.server.messages.templates import Text
    from userpool.server.records import MessageKind, Pool, User

Medium = Literal["EMAIL", "SMS"]
_SENDERS: dict[Medium, Literal["CustomEmailSender", "CustomSMSSender"]] = {
    "EMAIL": "CustomEmailSender",
    "SMS": "CustomSMSSender",
}


class Wording(NamedTuple):
    """What a message is to say, and what its functions are told of the request."""

    text: CustomText = CustomText()
    client_id: str | None = None
    client_metadata: Mapping[str, str] | None = None


PLAIN = Wording()
"""The pool's own words, for a request that brings nothing along."""


async def wording_for(
    context: Context,
    pool: Pool,
    user: User,
    *,
    kind: MessageKind,
    mediums: Iterable[Medium],
    client_id: str | None,
    client_metadata: Mapping[str, str] | None,
) -> Wording:
    """Settle what messages to a user are to say; to be called while no transaction is open.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        user: whom the messages are for, as they are to see it.
        kind: what they are for.
        mediums: by which they will go; none asks nobody.
        client_id: the app client; None where an administrator calls.
        client_metadata: of the request.

    Raises:
        UserLambdaValidationException: CustomMessage raised.
        InvalidLambdaResponseException: its reply can't be sent.
        UnexpectedLambdaException: it can't be run.
    """
    text = CustomText()
    # A message that a custom sender takes isn't worded by anybody else.
    if has(pool, "CustomMessage") and not all(has(pool, _SENDERS[medium]) for medium in mediums):
        # Assumed: a CustomMessage function that fails is asked before anything is written, so that nothing is done.
        text = await custom_message(
            context, pool, user, kind=kind, client_id=client_id, client_metadata=client_metadata
        )
    return Wording(text, client_id, client_metadata)


def make_message(
    context: Context,
    pool: Pool,
    user: User,
    *,
    wording: Wording,
    medium: Medium,
    destination: str,
    kind: MessageKind,
    code: str,
    default: Text,
    shown_name: str = "",
) -> Message:
    """Return a message that carries a code, to be promised to the outbox.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        user: whom it is for.
        wording: from `wording_for`.
        medium: how it goes.
        destination: the address or number.
        kind: what it is for.
        code: the code, or the temporary password.
        default: what the pool's own templates say, with the code.
        shown_name: what stands for `{username}` in an invitation.
    """
    body = wording.text.email if medium == "EMAIL" else wording.text.sms
    subject = wording.text.subject if medium == "EMAIL" else None
    text = default
    if body is not None:
        text = filled_text(default.subject, body, {CODE: code, USERNAME: shown_name}, medium=medium)
    return Message(
        message_id=uuid4_text(context.effects),
        pool_id=pool.pool_id,
        username=user.username,
        sub=user.sub,
        medium=medium,
        destination=destination,
        kind=kind,
        code=code,
        subject=text.subject if subject is None else subject,
        text=text.body,
        is_html=text.is_html,
        created_ms=context.now_ms,
        function=_SENDERS[medium] if has(pool, _SENDERS[medium]) else None,
        client_id=wording.client_id,
        client_metadata=dict(wording.client_metadata) if wording.client_metadata is not None else None,
    )
