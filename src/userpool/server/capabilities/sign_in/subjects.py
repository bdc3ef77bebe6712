"""Whom a sign-in is about: the user of a name, or nobody, who is treated alike where strangers mustn't learn that.

Sources: guide:cognito-user-pool-managing-errors, guide:user-pool-lambda-migrate-user,
guide:user-pool-lambda-pre-authentication.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.server.credentials import credential_of, credential_under, nobodys_credential
from userpool.server.database.users import user_by_sub
from userpool.server.migrating_users import migrate_user
from userpool.server.password_attempts import is_locked_out, judge_attempt
from userpool.server.pretending import nobodys_sub, nobodys_username
from userpool.server.rules.strangers import keeps_existence_secret, refusal
from userpool.server.triggers.authentication import pre_authentication
from userpool.server.triggers.configured import has
from userpool.wire.faults import UserLambdaValidationException

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import PasswordCredential, User

LONGEST_PASSWORD = 256
"""Characters; a longer one can't have been set (api: PasswordType) and isn't worth hashing."""


class Subject(NamedTuple):
    """Whoever a typed name stands for; nobody has a `sub` too, so that all is done alike."""

    user: User | None
    sub: str
    username: str
    typed_name: str


async def subject_of(context: Context, asked: Asked, name: str, *, may_migrate: bool = False) -> Subject:
    """Return whom a typed name stands for.

    Args:
        context: the request's surroundings.
        asked: the request.
        name: as it was typed.
        may_migrate: whether nobody may become somebody (`migrated`), and so has to be looked at first.

    Raises:
        UserNotFoundException: nobody, and the client lets strangers know that.
    """
    pool = asked.pool
    user = await context.directory.user(pool, name)
    if user is not None:
        return Subject(user, user.sub, user.username, name)
    is_secret = keeps_existence_secret(asked.client.description)
    if not is_secret and not (may_migrate and has(pool, "UserMigration")):
        raise refusal(asked.client.description, "unknown user")
    sub = nobodys_sub(context, pool, name)
    # What would be read of somebody is asked for of nobody, too: the answers take the same time.
    await user_by_sub(context.database.reader, sub)
    return Subject(None, sub, nobodys_username(context, pool, name), name)


async def subject_again(context: Context, pending: Pending) -> Subject:
    """Return whom a sign-in under way is about, as they are now."""
    found = await user_by_sub(context.database.reader, pending.sub)
    user = found if pending.is_real else None
    return Subject(user, pending.sub, pending.username, pending.typed_name)


async def check_lock(context: Context, asked: Asked, subject: Subject) -> None:
    """Refuse an attempt during a lock before any work is done for it.

    Raises:
        NotAuthorizedException: the user is locked for a while.
    """
    if await is_locked_out(context, subject.sub):
        raise refusal(asked.client.description, "locked")


async def migrated(context: Context, asked: Asked, subject: Subject, *, password: str) -> Subject:
    """Return the user that UserMigration made of nobody, or the subject as it was.

    Raises:
        UserLambdaValidationException: it refuses; that is counted, since it may be how it tells a wrong password.
        NotAuthorizedException: other guesses at this name brought a lock about meanwhile.
    """
    if subject.user is not None or not has(asked.pool, "UserMigration") or len(password) > LONGEST_PASSWORD:
        return subject
    try:
        user = await migrate_user(
            context,
            asked.pool,
            asked.client,
            name=subject.typed_name,
            password=password,
            source="UserMigration_Authentication",
            validation_data=asked.validation_data,
            client_metadata=None,
        )
    except UserLambdaValidationException:
        judged = await context.database.write(
            lambda transaction: judge_attempt(context, transaction, subject.sub, exists=False, proved=False)
        )
        if judged.refused == "locked":
            raise refusal(asked.client.description, "locked") from None
        raise
    if user is None:
        return subject
    # The count of guesses is nobody's, and whoever was made of nobody begins with none.
    await check_lock(context, asked, subject)
    return Subject(user, user.sub, user.username, subject.typed_name)


async def ask_before(context: Context, asked: Asked, subject: Subject) -> None:
    """Ask PreAuthentication, before anything is proved; of nobody only where strangers mustn't learn that.

    Raises:
        UserLambdaValidationException: it refuses. As `pre_authentication` besides.
    """
    if subject.user is None and not keeps_existence_secret(asked.client.description):
        return
    await pre_authentication(
        context,
        asked.pool,
        asked.client,
        username=subject.username,
        user=subject.user,
        validation_data=asked.validation_data,
    )


async def has_same_password(context: Context, transaction: Transaction, user: User, pending: Pending) -> bool:
    """Return whether the password that was proved in a sign-in, if one was, is the user's still."""
    if not pending.password_salt:
        return True
    credential = await credential_of(context, user, within=transaction)
    return credential is not None and credential.salt == pending.password_salt


async def credential_to_prove(context: Context, asked: Asked, subject: Subject) -> PasswordCredential:
    """Return what a password is proved against: for nobody, and for a user without one, what nothing proves."""
    # Nobody's is asked for, and not there, as nobody's record is. Somebody who passes for nobody keeps their salt.
    found = await credential_under(context, asked.pool.pool_id, subject.sub)
    return found or nobodys_credential(context, asked.pool, subject.typed_name)
