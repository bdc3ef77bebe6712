"""CustomMessage: a function words a message before it is sent.

The function never sees a code: it says where the code goes, by the placeholder that it is given.

Sources: guide:user-pool-lambda-custom-message.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.server.messages.templates import CODE, USERNAME
from userpool.server.triggers.calling import Reply, ask
from userpool.server.triggers.events import Question, attributes_of, with_metadata
from userpool.wire.faults import InvalidLambdaResponseException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import MessageKind, Pool, User
    from userpool.wire.user_pools import UserPoolType

LINK = "{##Click Here##}"
LONGEST_SMS = 140
LONGEST_EMAIL = 20_000
LONGEST_SUBJECT = 140


class CustomText(NamedTuple):
    """What a function says; None where it leaves the pool's own words."""

    sms: str | None = None
    email: str | None = None
    subject: str | None = None


class _CustomMessage(Reply, frozen=True, kw_only=True):
    sms_message: str | None = None
    email_message: str | None = None
    email_subject: str | None = None


async def custom_message(
    context: Context,
    pool: Pool,
    user: User,
    *,
    kind: MessageKind,
    client_id: str | None,
    client_metadata: Mapping[str, str] | None,
) -> CustomText:
    """Ask CustomMessage for the words of a message. The pool has it.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        user: whom the message is for.
        kind: what it is for.
        client_id: the app client; None where an administrator calls.
        client_metadata: of the request.

    Raises:
        UserLambdaValidationException: the function raised.
        InvalidLambdaResponseException: its words can't be sent: they have no place for the code, are too long, or are
            for e-mail from a pool whose EmailSendingAccount isn't DEVELOPER.
        UnexpectedLambdaException: it can't be run.
    """
    has_username = kind == "AdminCreateUser"
    request = {
        "userAttributes": attributes_of(user),
        "codeParameter": CODE,
        "linkParameter": LINK,
        "usernameParameter": USERNAME if has_username else None,
    }
    response = {"smsMessage": None, "emailMessage": None, "emailSubject": None}
    question = Question(
        "CustomMessage",
        f"CustomMessage_{kind}",
        user.username,
        client_id,
        with_metadata(request, client_metadata),
        response,
    )
    said = await ask(context, pool, question, _CustomMessage)
    text = CustomText(said.sms_message, said.email_message, said.email_subject)
    _check(pool.description, text, needed=[CODE, USERNAME] if has_username else [CODE])
    return text


def _check(pool: UserPoolType, text: CustomText, *, needed: list[str]) -> None:
    # Assumed: the texts with which the words of a CustomMessage function are refused.
    email = pool.email_configuration
    is_own = email is not None and email.email_sending_account == "DEVELOPER"
    if not is_own and (text.email is not None or text.subject is not None):
        raise InvalidLambdaResponseException(
            "emailMessage and emailSubject need a user pool whose EmailSendingAccount is DEVELOPER."
        )
    for name, words, longest in (
        ("smsMessage", text.sms, LONGEST_SMS),
        ("emailMessage", text.email, LONGEST_EMAIL),
        ("emailSubject", text.subject, LONGEST_SUBJECT),
    ):
        if words is not None and len(words) > longest:
            raise InvalidLambdaResponseException(f"{name} is longer than {longest} characters.")
    for name, words in (("smsMessage", text.sms), ("emailMessage", text.email)):
        missing = [place for place in needed if words is not None and place not in words]
        if missing:
            raise InvalidLambdaResponseException(f"{name} has no place for {missing[0]}.")
