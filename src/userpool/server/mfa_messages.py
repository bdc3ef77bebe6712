"""Codes of a second factor: made and worded. What waits for one is the Session, so nothing is kept of it here.

Sources: guide:user-pool-settings-mfa (six digits by SMS, eight by e-mail), api:SmsMfaConfigType,
api:EmailMfaConfigType.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.server.codes import new_code
from userpool.server.messages.templates import CODE, filled_text
from userpool.server.rules.attributes import medium_of
from userpool.server.triggers.events import reached_at
from userpool.server.wording import make_message, wording_for

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.messages.templates import Text
    from userpool.server.records import Message, Pool, User
    from userpool.server.wording import Medium

LENGTHS: Mapping[Medium, int] = {"SMS": 6, "EMAIL": 8}


class MfaCode(NamedTuple):
    """A code, and the message that takes it to its owner."""

    code: str
    message: Message

    def __repr__(self) -> str:
        return "MfaCode(***)"


async def compose_mfa_code(
    context: Context,
    pool: Pool,
    user: User,
    *,
    client_id: str,
    attribute: str,
    value: str,
    client_metadata: Mapping[str, str] | None,
) -> MfaCode:
    """Make a code and word its message; to be called while no transaction is open, since CustomMessage may be asked.

    The caller promises the message to the outbox and hands it over.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        user: whom the code is for.
        client_id: the app client.
        attribute: phone_number or email, which is the medium, too.
        value: the number or address the code goes to.
        client_metadata: for CustomMessage.

    Raises:
        UserLambdaValidationException: CustomMessage raised.
        InvalidLambdaResponseException: its reply can't be sent.
        UnexpectedLambdaException: it can't be run.
    """
    medium: Medium = medium_of(attribute)
    wording = await wording_for(
        context,
        pool,
        reached_at(user, attribute, value),
        kind="Authentication",
        mediums=[medium],
        client_id=client_id,
        client_metadata=client_metadata,
    )
    code = new_code(context, LENGTHS[medium])
    message = make_message(
        context,
        pool,
        user,
        wording=wording,
        medium=medium,
        destination=value,
        kind="Authentication",
        code=code,
        default=_default(pool, medium, code),
    )
    return MfaCode(code, message)


def _default(pool: Pool, medium: Medium, code: str) -> Text:
    # Assumed: the words of an authentication message where the pool has none of its own.
    plain = f"Your authentication code is {CODE}."
    if medium == "SMS":
        body = pool.description.sms_authentication_message or plain
        return filled_text("", body, {CODE: code}, medium=medium)
    email = pool.factors.email
    body = (email.message if email is not None else None) or plain
    subject = (email.subject if email is not None else None) or "Your authentication code"
    return filled_text(subject, body, {CODE: code}, medium=medium)
