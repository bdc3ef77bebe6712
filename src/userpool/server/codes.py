"""Codes: making one, keeping its digest, sending it, and redeeming it.

A code has six digits, works once, and is void as soon as another is sent for the same purpose. The database
keeps a keyed digest only.

Sources: guide:signing-up-users-in-your-app (24 hours), guide:managing-users-passwords (1 hour),
api:ConfirmSignUp; recorded replies for the texts.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.effects import digits
from userpool.server.database.credentials import attempts_of, code_of, delete_code, put_attempts, put_code
from userpool.server.messages.templates import verification_text
from userpool.server.records import Code
from userpool.server.rules.attributes import medium_of
from userpool.server.rules.destinations import masked
from userpool.server.rules.lockout import after_call
from userpool.server.rules.sign_in_names import VERIFIABLE
from userpool.server.wording import PLAIN, make_message
from userpool.wire.faults import CodeMismatchException, ExpiredCodeException, LimitExceededException
from userpool.wire.shapes import CodeDeliveryDetailsType

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Message, MessageKind, Pool, User
    from userpool.server.wording import Medium, Wording

HOUR_MS = 60 * 60 * 1000
LIFETIME_MS = {"sign_up": 24 * HOUR_MS, "attribute": 24 * HOUR_MS, "forgot_password": HOUR_MS}
MOST_WRONG_TRIES = 15


async def send_code(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    user: User,
    *,
    purpose: str,
    attribute: str,
    kind: MessageKind,
    value: str,
    wording: Wording = PLAIN,
) -> Message:
    """Make a code and promise its message; hand the message over after the commit.

    Args:
        context: the request's surroundings.
        transaction: the transaction to write in.
        pool: the user's pool.
        user: whom the code is for.
        purpose: `sign_up`, `forgot_password` or `attribute:<name>`; a code before it is void.
        attribute: email or phone_number.
        kind: what the message is for, in the service's words.
        value: the address or number the code goes to.
        wording: what the message is to say (`userpool.server.wording.wording_for`).
    """
    code = new_code(context, 6)
    now_ms = context.now_ms
    kept = Code(digest=_digest(context, user.sub, purpose, code), attribute=attribute, value=value)
    lifetime_ms = LIFETIME_MS[purpose.partition(":")[0]]
    await put_code(transaction, user.sub, purpose, code=kept, expires_ms=now_ms + lifetime_ms)
    medium: Medium = medium_of(attribute)
    message = make_message(
        context,
        pool,
        user,
        wording=wording,
        medium=medium,
        destination=value,
        kind=kind,
        code=code,
        default=verification_text(pool.description, medium, code),
    )
    await context.outbox.promise(transaction, message)
    return message


def new_code(context: Context, length: int) -> str:
    """Draw a code; in development it may be the fixed one of the settings, which begins anew where it is too short."""
    fixed = context.settings.fixed_code
    if fixed is not None:
        return (fixed * length)[:length]
    return digits(context.effects, length)


def delivery_details(attribute: str, value: str) -> CodeDeliveryDetailsType:
    """Return what a caller is told about where a code went."""
    medium = medium_of(attribute)
    return CodeDeliveryDetailsType(
        destination=masked(medium, value), delivery_medium=medium, attribute_name=attribute
    )


def attribute_to_verify(pool: Pool, attributes: dict[str, str]) -> str | None:
    """Return which attribute a sign-up code goes to: the phone before the e-mail, if the pool verifies it."""
    wanted = pool.description.auto_verified_attributes or []
    return next((name for name in VERIFIABLE if name in wanted and attributes.get(name)), None)


async def pretend_code(context: Context, transaction: Transaction, sub: str, purpose: str) -> None:
    """Keep a code that nothing redeems and send nothing, for somebody who mustn't be seen not to get one.

    Args:
        context: the request's surroundings.
        transaction: the transaction to write in.
        sub: of the user, or a simulated one: whoever tries a code is then refused as a user would be.
        purpose: as in `send_code`.
    """
    expires_ms = context.now_ms + LIFETIME_MS[purpose.partition(":")[0]]
    await put_code(transaction, sub, purpose, code=Code(digest=""), expires_ms=expires_ms)


async def redeem(
    context: Context, transaction: Transaction, sub: str, purpose: str, *, code: str
) -> Code | None:
    """Use up a code; return it, or None when it is wrong, which has been counted and must be committed.

    Raises:
        ExpiredCodeException: there is none, it was used or replaced, or it is too old.
        LimitExceededException: too many wrong ones were tried.
    """
    found = await code_of(transaction, sub, purpose)
    if found is None or found[1] <= context.now_ms:
        raise no_such_code()
    kept, expires_ms = found
    if kept.wrong_tries >= MOST_WRONG_TRIES:
        raise LimitExceededException("Attempt limit exceeded, please try after some time.")
    if not hmac.compare_digest(kept.digest, _digest(context, sub, purpose, code)):
        tried = replace(kept, wrong_tries=kept.wrong_tries + 1)
        await put_code(transaction, sub, purpose, code=tried, expires_ms=expires_ms)
        return None
    await delete_code(transaction, sub, purpose)
    return kept


def mismatch() -> CodeMismatchException:
    """Return what a wrong code is answered with."""
    return CodeMismatchException("Invalid verification code provided, please try again.")


def no_such_code() -> ExpiredCodeException:
    """Return what a code is answered with that was used, replaced, never sent, or is too old."""
    return ExpiredCodeException("Invalid code provided, please request a code again.")


async def count_call(context: Context, transaction: Transaction, sub: str, operation: str) -> None:
    """Count a call of an operation with an hourly limit.

    Raises:
        LimitExceededException: the limit of this hour is reached.
    """
    counted = after_call(await attempts_of(transaction, sub, operation), operation, now_ms=context.now_ms)
    if counted is None:
        raise LimitExceededException("Attempt limit exceeded, please try after some time.")
    await put_attempts(transaction, sub, operation, counted=counted)


async def count_call_first(context: Context, sub: str, operation: str) -> None:
    """Count a call before anything else is done for it: a function of the operator's isn't asked without limit.

    Raises:
        LimitExceededException: the limit of this hour is reached.
    """
    await context.database.write(lambda transaction: count_call(context, transaction, sub, operation))


def _digest(context: Context, sub: str, purpose: str, code: str) -> str:
    key = context.sealer.derived_key("code digest")
    return hmac.new(key, f"{sub}\0{purpose}\0{code}".encode(), hashlib.sha256).hexdigest()
