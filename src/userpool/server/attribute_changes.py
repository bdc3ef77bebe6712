"""Changing a user's attributes: what is written, what waits to be verified, and which codes leave.

A changed e-mail address or phone number isn't verified any more. Where the pool wants it verified before it
counts (AttributesRequireVerificationBeforeUpdate), the old value stays until the new one has been verified.

Rules of the room: functions run within a transaction; the caller hands the messages over after the commit.

Sources: api:UpdateUserAttributes, api:AdminUpdateUserAttributes, api:VerifyUserAttribute,
guide:user-pool-settings-email-phone-verification.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from userpool.server.codes import no_such_code, send_code
from userpool.server.roster import change, check_free
from userpool.server.rules.attributes import applied, check_mutable, medium_of
from userpool.server.rules.sign_in_names import VERIFIABLE
from userpool.server.triggers.configured import has
from userpool.server.wording import PLAIN, Wording, wording_for
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Code, Message, Pool, User


class SentCode(NamedTuple):
    """A code that was promised, and the attribute it verifies."""

    attribute: str
    message: Message


def purpose_of(attribute: str) -> str:
    """Return the purpose of codes that verify an attribute."""
    return f"attribute:{attribute}"


async def change_attributes(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    user: User,
    changes: Mapping[str, str],
    *,
    wording: Wording = PLAIN,
) -> list[SentCode]:
    """Write changed attributes and promise the codes that verify them.

    Args:
        context: the request's surroundings.
        transaction: the transaction to write in.
        pool: the user's pool.
        user: as it is within the transaction.
        changes: new values by name, an empty one clears; whether their author may set them has been checked.
        wording: what the messages are to say (`wording_of_changes`).

    Raises:
        InvalidParameterException: an attribute can't be changed, or not be cleared.
        AliasExistsException: a value that users sign in with is another user's.
    """
    check_mutable(pool.description, user.attributes, changes)
    changed = _changed(user, changes)
    waiting = {name: changes[name] for name in changed if _has_to_wait(pool, name, changes)}
    for name, value in waiting.items():
        await check_free(transaction, pool, user, name, value)
    flags = {f"{name}_verified" for name in waiting}
    at_once = {name: value for name, value in changes.items() if name not in waiting and name not in flags}
    after = replace(
        user,
        attributes=applied(user.attributes, at_once),
        pending_attributes={
            name: value for name, value in user.pending_attributes.items() if name not in changes
        }
        | waiting,
        modified_ms=context.now_ms,
    )
    saved = await change(transaction, pool, user, after)
    return [
        await _send(context, transaction, pool, saved, name, changes[name], wording)
        for name in _to_verify(pool, changed, changes)
    ]


async def wording_of_changes(
    context: Context,
    pool: Pool,
    user: User,
    changes: Mapping[str, str],
    *,
    client_id: str | None,
    client_metadata: Mapping[str, str] | None,
) -> Wording:
    """Settle what the messages of a change are to say; to be called before the transaction that writes it.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        user: as it is before.
        changes: as `change_attributes` is given them.
        client_id: the app client; None where an administrator calls.
        client_metadata: of the request.

    Raises:
        UserLambdaValidationException: CustomMessage raised. As `userpool.server.wording.wording_for` besides.
    """
    if not has(pool, "CustomMessage"):
        return Wording(client_id=client_id, client_metadata=client_metadata)
    # Assumed: CustomMessage_UpdateUserAttribute sees the attributes as they are after the change, new addresses too.
    after = replace(user, attributes=applied(user.attributes, changes))
    return await wording_for(
        context,
        pool,
        after,
        kind="UpdateUserAttribute",
        mediums=[medium_of(name) for name in _to_verify(pool, _changed(user, changes), changes)],
        client_id=client_id,
        client_metadata=client_metadata,
    )


def _changed(user: User, changes: Mapping[str, str]) -> list[str]:
    return [name for name in VERIFIABLE if name in changes and changes[name] != user.attributes.get(name, "")]


def _to_verify(pool: Pool, changed: Iterable[str], changes: Mapping[str, str]) -> list[str]:
    return [
        name
        for name in changed
        if changes[name] and (_has_to_wait(pool, name, changes) or _is_verified_by_code(pool, name, changes))
    ]


async def verify_attribute(
    context: Context, transaction: Transaction, pool: Pool, user: User, code: Code
) -> None:
    """Mark the value that a code was sent to as verified; one that waited for that counts from now on.

    A user who has the value as an alias loses it.

    Raises:
        ExpiredCodeException: the value was changed after the code was sent.
        AliasExistsException: in a pool whose usernames are addresses, the value is another user's meanwhile.
    """
    name = code.attribute or ""
    if code.value is None or code.value not in {user.pending_attributes.get(name), user.attributes.get(name)}:
        raise no_such_code()
    after = replace(
        user,
        attributes={**user.attributes, name: code.value, f"{name}_verified": "true"},
        pending_attributes={
            waiting: value
            for waiting, value in user.pending_attributes.items()
            if (waiting, value) != (name, code.value)
        },
        modified_ms=context.now_ms,
    )
    await change(transaction, pool, user, after, steal=True)


def value_to_verify(user: User, attribute: str) -> str:
    """Return the value that a verification code for an attribute goes to.

    Raises:
        InvalidParameterException: it isn't an attribute that is verified, or the user has no value for it.
    """
    if attribute not in VERIFIABLE:
        # Assumed: the text when an attribute other than email and phone_number is to be verified.
        raise InvalidParameterException(f"Attribute {attribute} cannot be verified.")
    value = user.pending_attributes.get(attribute) or user.attributes.get(attribute)
    if not value:
        # Assumed: the text when an address or number is to be verified that the user doesn't have.
        raise InvalidParameterException(f"User does not have a value for the attribute {attribute}.")
    return value


def _has_to_wait(pool: Pool, name: str, changes: Mapping[str, str]) -> bool:
    settings = pool.description.user_attribute_update_settings
    names = (settings.attributes_require_verification_before_update if settings else None) or []
    return name in names and bool(changes[name]) and not _is_declared_verified(name, changes)


def _is_verified_by_code(pool: Pool, name: str, changes: Mapping[str, str]) -> bool:
    verified_by_code = pool.description.auto_verified_attributes or []
    return name in verified_by_code and not _is_declared_verified(name, changes)


def _is_declared_verified(name: str, changes: Mapping[str, str]) -> bool:
    # Only an administrator gets this far with a verified flag among the changes.
    return changes.get(f"{name}_verified", "").lower() == "true"


async def _send(
    context: Context,
    transaction: Transaction,
    pool: Pool,
    user: User,
    attribute: str,
    value: str,
    wording: Wording,
) -> SentCode:
    message = await send_code(
        context,
        transaction,
        pool,
        user,
        purpose=purpose_of(attribute),
        attribute=attribute,
        kind="UpdateUserAttribute",
        value=value,
        wording=wording,
    )
    return SentCode(attribute, message)
