"""One attempt to prove a password, from either flow: judged once and answered in one set of words.

What is counted, and the lock that follows from it, is `userpool.server.password_attempts`.

Sources: guide:amazon-cognito-user-pools-authentication-flow (lockout),
guide:cognito-user-pool-managing-errors.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, NamedTuple

from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.sealed_state import Pending, expiry_ms, new_spent_id, seal_session
from userpool.server.credentials import KIND
from userpool.server.database.credentials import sealed_credential
from userpool.server.database.sessions import put_session, spend
from userpool.server.database.users import user_by_sub
from userpool.server.issuing import new_session, tokens_for
from userpool.server.password_attempts import is_locked_out, judge_attempt
from userpool.server.pretending import nobodys_sub, nobodys_username
from userpool.server.rules.schema import required_names
from userpool.server.rules.strangers import keeps_existence_secret, refusal

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Pool, Session, User
    from userpool.server.rules.strangers import Reason
    from userpool.wire.shapes import AuthenticationResultType


class Subject(NamedTuple):
    """Whoever a typed name stands for; nobody has a `sub` too, so that all is done alike."""

    user: User | None
    sub: str
    username: str
    typed_name: str


class Outcome(NamedTuple):
    """What a door answers: a challenge, or tokens."""

    challenge_name: str | None = None
    session: str | None = None
    parameters: dict[str, str] | None = None
    result: AuthenticationResultType | None = None


class _Verdict(NamedTuple):
    state: State | None
    user: User | None = None
    session: Session | None = None
    refresh_token: str | None = None
    refused: Reason | None = None


async def subject_of(context: Context, pool: Pool, client: Client, name: str) -> Subject:
    """Return whom a typed name stands for.

    Raises:
        UserNotFoundException: nobody, and the client lets strangers know that.
    """
    user = await context.directory.user(pool, name)
    if user is not None:
        return Subject(user, user.sub, user.username, name)
    if not keeps_existence_secret(client.description):
        raise refusal(client.description, "unknown user")
    sub = nobodys_sub(context, pool, name)
    # What would be read of somebody is asked for of nobody, too: the answers take the same time.
    await user_by_sub(context.database.reader, sub)
    await sealed_credential(context.database.reader, sub, KIND)
    return Subject(None, sub, nobodys_username(context, pool, name), name)


async def check_lock(context: Context, client: Client, subject: Subject) -> None:
    """Refuse an attempt during a lock before any work is done for it.

    Raises:
        NotAuthorizedException: the user is locked for a while.
    """
    if await is_locked_out(context, subject.sub):
        raise refusal(client.description, "locked")


async def judge(
    context: Context,
    pool: Pool,
    client: Client,
    subject: Subject,
    *,
    state: State,
    proved: bool,
    spent: tuple[str, int] | None = None,
) -> Outcome:
    """Write down how an attempt ended, and answer it: with tokens, the next challenge, or a refusal.

    Args:
        context: the request's surroundings.
        pool: the pool.
        client: the app client.
        subject: who tries.
        state: where the sign-in stands.
        proved: whether the password was proved.
        spent: id and expiry of the sealed state that is used up by this attempt, however it ends.

    Raises:
        ServiceException: as `rules.strangers` decides.
    """

    async def settle(transaction: Transaction) -> _Verdict:
        if spent is not None and not await spend(transaction, spent[0], expires_ms=spent[1]):
            return _Verdict(None, refused="wrong password")
        return await _settled(context, transaction, client, subject, state, proved=proved)

    verdict = await context.database.write(settle)
    if verdict.refused is not None or verdict.state is None or verdict.user is None:
        raise refusal(client.description, verdict.refused or "wrong password")
    if verdict.state is State.SIGNED_IN and verdict.session is not None:
        tokens = await tokens_for(
            context, pool, client, verdict.user, verdict.session, refresh_token=verdict.refresh_token
        )
        return Outcome(parameters={}, result=tokens)
    return _new_password_required(context, pool, client, verdict.user, subject.typed_name)


async def _settled(
    context: Context,
    transaction: Transaction,
    client: Client,
    subject: Subject,
    state: State,
    *,
    proved: bool,
) -> _Verdict:
    judged = await judge_attempt(
        context, transaction, subject.sub, exists=subject.user is not None, proved=proved
    )
    user = judged.user
    if user is None:
        return _Verdict(None, refused=judged.refused)
    refused = _status_refusal(user, context.now_ms)
    if refused is not None:
        return _Verdict(None, refused=refused)
    is_temporary = user.status == "FORCE_CHANGE_PASSWORD"
    following = turn(state, Event.TEMPORARY_PASSWORD_PROVED if is_temporary else Event.PASSWORD_PROVED)
    if following is not State.SIGNED_IN:
        return _Verdict(following, user)
    session, refresh_token = new_session(context, client, user)
    await put_session(transaction, session)
    return _Verdict(following, user, session, refresh_token)


def _status_refusal(user: User, now_ms: int) -> Reason | None:
    # Assumed: status is told only after the right password, also in LEGACY mode.
    if user.status == "UNCONFIRMED":
        return "unconfirmed"
    if user.status == "RESET_REQUIRED":
        return "reset required"
    if user.status == "FORCE_CHANGE_PASSWORD":
        expires_ms = user.temporary_password_expires_ms
        return "expired" if expires_ms is not None and expires_ms <= now_ms else None
    return None if user.status == "CONFIRMED" else "wrong password"


def _new_password_required(
    context: Context, pool: Pool, client: Client, user: User, typed_name: str
) -> Outcome:
    missing = [name for name in required_names(pool.description) if not user.attributes.get(name)]
    pending = Pending(
        spent_id=new_spent_id(context),
        sub=user.sub,
        username=user.username,
        state=State.NEW_PASSWORD_REQUIRED,
        expires_ms=expiry_ms(context, client),
        typed_name=typed_name,
        version=user.version,
    )
    # The lists travel as JSON within a string, and the names of missing attributes with their prefix.
    parameters = {
        "USER_ID_FOR_SRP": user.username,
        "requiredAttributes": json.dumps(
            [f"userAttributes.{name}" for name in missing], separators=(",", ":")
        ),
        "userAttributes": json.dumps(user.attributes, separators=(",", ":")),
    }
    return Outcome(State.NEW_PASSWORD_REQUIRED.value, seal_session(context, client, pending), parameters)
