"""Attempts to prove a password, counted: every door at which somebody signs in with one counts on the same lock.

Codes of a second factor are counted apart, on a lock of their own: the right password must not begin their count anew.

The lock is looked at again in the transaction that writes how an attempt ended. Guesses sent in parallel
therefore tell their sender no more than guesses sent one after another: whatever is judged after the lock
fell is answered by the lock.

Sources: guide:amazon-cognito-user-pools-authentication-flow (lockout).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from userpool.server.database.credentials import attempts_of, delete_attempts, put_attempts
from userpool.server.database.users import user_by_sub
from userpool.server.rules.lockout import after_failure, is_locked

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import User
    from userpool.server.rules.strangers import Reason

KIND = "password"
CODES = "mfa"
"""Names of the two counts."""


class Judgement(NamedTuple):
    """How an attempt ended: the user as it is now, or why it failed."""

    user: User | None
    refused: Reason | None = None


async def is_locked_out(context: Context, sub: str) -> bool:
    """Return whether attempts are refused at this moment, to be asked before any work is done for one."""
    return is_locked(await attempts_of(context.database.reader, sub, KIND), context.now_ms)


async def judge_attempt(
    context: Context, transaction: Transaction, sub: str, *, exists: bool, proved: bool
) -> Judgement:
    """Count an attempt and return how it ended; a failure isn't raised, since its count has to be committed.

    Args:
        context: the request's surroundings.
        transaction: the transaction to write in.
        sub: who tries; somebody who doesn't exist has a simulated one.
        exists: whether it is a user's.
        proved: whether the password was proved.
    """
    now_ms = context.now_ms
    counted = await attempts_of(transaction, sub, KIND)
    if is_locked(counted, now_ms):
        return Judgement(None, "locked")
    user = await user_by_sub(transaction, sub) if exists else None
    if user is None or not user.enabled or not proved:
        # A disabled user is counted like everybody else: the lock mustn't tell a stranger who is disabled.
        await put_attempts(transaction, sub, KIND, counted=after_failure(counted, now_ms))
        return Judgement(None, "wrong password" if user is None or user.enabled else "disabled")
    if counted is not None:
        await delete_attempts(transaction, sub, KIND)
    return Judgement(user)


async def are_codes_locked_out(context: Context, transaction: Transaction, sub: str) -> bool:
    """Return whether codes of a second factor are refused at this moment; asked in the transaction that counts."""
    return is_locked(await attempts_of(transaction, sub, CODES), context.now_ms)


async def count_code(context: Context, transaction: Transaction, sub: str, *, proved: bool) -> None:
    """Count a code of a second factor; a wrong one has to be committed."""
    counted = await attempts_of(transaction, sub, CODES)
    if not proved:
        await put_attempts(transaction, sub, CODES, counted=after_failure(counted, context.now_ms))
    elif counted is not None:
        await delete_attempts(transaction, sub, CODES)


async def forget_failures(transaction: Transaction, sub: str) -> None:
    """Lift the lock: a new password was set by somebody who may."""
    await delete_attempts(transaction, sub, KIND)
