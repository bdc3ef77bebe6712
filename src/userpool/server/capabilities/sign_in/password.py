"""Sign-in with a password in the clear: USER_PASSWORD_AUTH, ADMIN_USER_PASSWORD_AUTH, and PASSWORD in USER_AUTH.

Sources: guide:amazon-cognito-user-pools-authentication-flow-methods; api:InitiateAuth;
guide:cognito-user-pools-import-using-lambda.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.capabilities.sign_in.attempt import Attempt, judge
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.parameters import check_hash, needed
from userpool.server.capabilities.sign_in.subjects import (
    LONGEST_PASSWORD,
    ask_before,
    check_lock,
    credential_to_prove,
    migrated,
    subject_of,
)
from userpool.server.credentials import proves

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.capabilities.sign_in.subjects import Subject
    from userpool.server.context import Context
    from userpool.server.pending_sign_ins import Pending


async def begin_with_password(context: Context, asked: Asked) -> Outcome:
    """Prove a password that was sent, and answer with tokens or the next challenge."""
    name = needed(asked.parameters, "USERNAME")
    password = needed(asked.parameters, "PASSWORD")
    check_hash(context, asked.client, asked.parameters, names=[name])
    subject = await subject_of(context, asked, name, may_migrate=True)
    await check_lock(context, asked, subject)
    subject = await migrated(context, asked, subject, password=password)
    await ask_before(context, asked, subject)
    return await prove_password(context, asked, subject, password=password, state=State.START)


async def prove_password(
    context: Context,
    asked: Asked,
    subject: Subject,
    *,
    password: str,
    state: State,
    pending: Pending | None = None,
) -> Outcome:
    """Judge a password; `pending` is the sign-in that this attempt uses up, if it began earlier."""
    # The same work is done for nobody, so that the time doesn't tell who exists.
    credential = await credential_to_prove(context, asked, subject)
    proved = len(password) <= LONGEST_PASSWORD and proves(
        context, asked.pool, credential, username=subject.username, password=password
    )
    spent = (pending.spent_id, pending.expires_ms) if pending is not None else None
    device_key = pending.device_key if pending is not None else None
    has_session = pending is not None
    attempt = Attempt(subject, state, proved, credential.salt, spent, device_key, has_session)
    return await judge(context, asked, attempt)
