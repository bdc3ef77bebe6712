"""Migrating users: who isn't in the pool yet may be in a directory that the UserMigration trigger knows.

Sources: guide:user-pool-lambda-migrate-user, guide:cognito-user-pools-import-using-lambda.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from userpool.server.credentials import keep_credential, make_credential
from userpool.server.roster import enrol
from userpool.server.rules.attributes import VERIFIED_NAMES, check_required, check_values
from userpool.server.rules.identifiers import new_sub
from userpool.server.rules.new_users import check_username_attribute, new_user, with_username
from userpool.server.rules.sign_in_names import check_new_username
from userpool.server.triggers.configured import has
from userpool.server.triggers.user_migration import ask_for_user
from userpool.wire import constraints
from userpool.wire.faults import (
    AliasExistsException,
    InvalidLambdaResponseException,
    InvalidParameterException,
    UsernameExistsException,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Pool, User
    from userpool.server.triggers.user_migration import FoundUser, MigrationSource


async def migrate_user(
    context: Context,
    pool: Pool,
    client: Client,
    *,
    name: str,
    password: str | None,
    source: MigrationSource,
    validation_data: Mapping[str, str] | None,
    client_metadata: Mapping[str, str] | None,
) -> User | None:
    """Ask UserMigration for a user whom the pool doesn't know, and write who it returns.

    The user keeps the password that was typed, whatever the pool's policy says about it.

    Args:
        context: the request's surroundings.
        pool: the pool.
        client: the app client.
        name: as it was typed.
        password: as it was typed; None when a password was forgotten.
        source: what it is asked for.
        validation_data: the ClientMetadata of InitiateAuth.
        client_metadata: of ForgotPassword.

    Returns:
        The user, who has the password and can be signed in as any other; None where a pool hasn't got the trigger, or
        the trigger knows nobody of that name.

    Raises:
        UserLambdaValidationException: the function refuses.
        InvalidLambdaResponseException: its reply has the wrong form, or describes a user whom the pool can't keep.
        UnexpectedLambdaException: it can't be run.
    """
    if not has(pool, "UserMigration"):
        return None
    found = await ask_for_user(
        context,
        pool,
        client,
        name=name,
        password=password,
        source=source,
        validation_data=validation_data,
        client_metadata=client_metadata,
    )
    if found is None:
        return None
    try:
        return await _write(context, pool, _record_of(context, pool, name, found), found, password)
    except (UsernameExistsException, AliasExistsException, InvalidParameterException) as fault:
        # Somebody may have migrated the same person at the same time. Looked for in a transaction, which comes after
        # the one in the way; a reader may not see yet what that one wrote.
        user = await context.database.write(
            lambda transaction: context.directory.user(pool, name, within=transaction)
        )
        if user is not None:
            return user
        # Assumed: a migrated user whom the pool can't keep is an InvalidLambdaResponseException that says why not.
        raise InvalidLambdaResponseException(fault.message) from fault


def _record_of(context: Context, pool: Pool, name: str, found: FoundUser) -> User:
    given = dict(found.user_attributes or {})
    username = given.pop("username", "") or name
    if "sub" in given:
        raise InvalidParameterException("Cannot modify the non-mutable attribute sub")
    _check_bounds(username, given)
    check_new_username(pool.description, username)
    check_username_attribute(pool.description, username, given)
    attributes = with_username(pool.description, username, given)
    check_values(pool.description, attributes)
    # Assumed: a migrated user has to have the attributes that the pool requires.
    check_required(pool.description, attributes)
    kept = {
        name: value.lower() if name in VERIFIED_NAMES else value
        for name, value in attributes.items()
        if value
    }
    user = new_user(
        pool,
        username,
        attributes=kept,
        sub=new_sub(context.effects),
        status=found.final_user_status or "RESET_REQUIRED",
        now_ms=context.now_ms,
    )
    # Assumed: enableSMSMFA without a phone number switches nothing on.
    if found.enable_sms_mfa and kept.get("phone_number"):
        return replace(user, mfa_methods=["SMS_MFA"])
    return user


def _check_bounds(username: str, attributes: Mapping[str, str]) -> None:
    # Everywhere else they come in a request, which is held to them.
    try:
        msgspec.convert(username, type=constraints.UsernameType)
        for value in attributes.values():
            msgspec.convert(value, type=constraints.AttributeValueType)
    except msgspec.ValidationError:
        # Assumed: the text for a migrated user with a username or an attribute that no request could have.
        raise InvalidParameterException(
            "A username or an attribute is too long, or not of the right form."
        ) from None


async def _write(context: Context, pool: Pool, user: User, found: FoundUser, password: str | None) -> User:
    credential = (
        None
        if password is None
        else make_credential(context, pool, username=user.username, password=password)
    )

    async def write(transaction: Transaction) -> None:
        steal = bool(found.force_alias_creation)
        await enrol(transaction, pool, user, taken="User already exists", steal=steal)
        if credential is not None:
            await keep_credential(context, transaction, user, credential)

    # Assumed: no welcome message goes to a migrated user, be messageAction SUPPRESS or not. It would carry a password,
    # and this user's is their own.
    await context.database.write(write)
    return user
