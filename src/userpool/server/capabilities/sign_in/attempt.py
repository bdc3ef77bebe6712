"""One attempt to prove a password, from any flow: judged once and answered in one set of words.

What is counted, and the lock that follows from it, is `userpool.server.password_attempts`.

Sources: guide:amazon-cognito-user-pools-authentication-flow (lockout),
guide:cognito-user-pool-managing-errors.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.server.capabilities.sign_in.machine import Event, State
from userpool.server.capabilities.sign_in.onward import Standing, go_on, stand, status_refusal
from userpool.server.database.sessions import spend
from userpool.server.password_attempts import Judgement, judge_attempt
from userpool.server.pending_sign_ins import Pending
from userpool.server.rules.strangers import refusal
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.capabilities.sign_in.subjects import Subject
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.rules.strangers import Reason


class Attempt(NamedTuple):
    """One attempt at a password."""

    subject: Subject
    state: State
    """Where the sign-in stands."""
    proved: bool
    salt: bytes
    """Of the password that was proved, or wasn't."""
    spent: tuple[str, int] | None = None
    """Id and expiry of the sealed state that is used up by this attempt, however it ends."""
    device_key: str | None = None
    """A device that was named before."""
    has_session: bool = False
    """Whether what is used up is a Session; whoever shows one again is told so."""

    def __repr__(self) -> str:
        return "Attempt(***)"


async def judge(context: Context, asked: Asked, attempt: Attempt) -> Outcome:
    """Write down how an attempt ended, and answer it: with tokens, the next challenge, or a refusal.

    Raises:
        ServiceException: as `rules.strangers` decides.
        ResourceNotFoundException: the password was right, and the request names a device that the user doesn't have.
    """

    async def settle(transaction: Transaction) -> Standing | Reason:
        judged = await count(context, transaction, attempt)
        user = judged.user
        if user is None:
            return judged.refused or "wrong password"
        refused = status_refusal(user, context.now_ms)
        if refused is not None:
            return refused
        is_temporary = user.status == "FORCE_CHANGE_PASSWORD"
        pending = Pending(
            pool_id=asked.pool.pool_id,
            client_id=asked.client.client_id,
            spent_id="",
            sub=user.sub,
            username=user.username,
            state=attempt.state.value,
            expires_ms=0,
            typed_name=attempt.subject.typed_name,
            version=user.version,
            device_key=asked.parameters.get("DEVICE_KEY") or attempt.device_key,
            password_salt=attempt.salt,
        )
        event = Event.TEMPORARY_PASSWORD_PROVED if is_temporary else Event.PASSWORD_PROVED
        return await stand(context, transaction, asked, user, pending, before=attempt.state, event=event)

    settled = await context.database.write(settle)
    if not isinstance(settled, Standing):
        raise refusal(asked.client.description, settled)
    return await go_on(context, asked, settled)


async def count(context: Context, transaction: Transaction, attempt: Attempt) -> Judgement:
    """Use up what the attempt uses up, and count how it ended; to be committed in any case.

    Raises:
        NotAuthorizedException: the Session was used up before.
    """
    if attempt.spent is not None:
        spent_id, expires_ms = attempt.spent
        if not await spend(transaction, spent_id, expires_ms=expires_ms):
            if attempt.has_session:
                raise NotAuthorizedException("Invalid session for the user.")
            return Judgement(None, "wrong password")
    exists = attempt.subject.user is not None
    judged = await judge_attempt(
        context, transaction, attempt.subject.sub, exists=exists, proved=attempt.proved
    )
    if judged.refused == "wrong password" and not exists and attempt.state is State.START:
        # Only a client that lets strangers know who exists says so.
        return Judgement(None, "unknown user")
    return judged
