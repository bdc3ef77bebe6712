"""USER_AUTH: the client names the first factor it prefers, or is offered those that there are.

Also the way in for whoever has just confirmed a sign-up, with the Session that ConfirmSignUp gave.

Sources: guide:amazon-cognito-user-pools-authentication-flow-methods (choice-based sign-in), api:InitiateAuth.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.onward import go_on, stand
from userpool.server.capabilities.sign_in.outcomes import challenge
from userpool.server.capabilities.sign_in.parameters import check_hash, check_name, client_public, needed
from userpool.server.capabilities.sign_in.password import begin_with_password, prove_password
from userpool.server.capabilities.sign_in.srp_exchange import give_password_verifier
from userpool.server.capabilities.sign_in.subjects import (
    ask_before,
    check_lock,
    subject_again,
    subject_of,
)
from userpool.server.database.sessions import is_spent, spend
from userpool.server.database.users import user_by_sub
from userpool.server.pending_sign_ins import Pending, open_session, open_sign_up_session
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.onward import Standing
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.capabilities.sign_in.subjects import Subject
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction

PASSWORDS = ("PASSWORD", "PASSWORD_SRP")
"""First factors of everybody: one, in both forms. No pool has others yet."""


async def begin_with_choice(context: Context, asked: Asked) -> Outcome:
    """Begin with the preferred factor if all it needs is there; offer the choice otherwise."""
    if asked.session is not None:
        return await _begin_after_sign_up(context, asked, asked.session)
    preferred = asked.parameters.get("PREFERRED_CHALLENGE")
    if preferred == "PASSWORD" and asked.parameters.get("PASSWORD"):
        # Assumed: UserMigration is asked in USER_AUTH, too, where a password is sent.
        return await begin_with_password(context, asked)
    subject, pending = await _begun(context, asked)
    if preferred == "PASSWORD_SRP" and asked.parameters.get("SRP_A"):
        public = client_public(asked.parameters)
        turn(State.START, Event.SRP_BEGUN)
        outcome = await give_password_verifier(context, asked, subject, pending, public=public)
    else:
        state = turn(State.START, Event.CHOICE_OFFERED)
        outcome = challenge(context, asked, pending, state=state, parameters={})
    return outcome._replace(available=PASSWORDS)


async def answer_select_challenge(context: Context, asked: Asked) -> Outcome:
    """Go on with the factor that was chosen."""
    state = State.SELECT_CHALLENGE
    pending = open_session(context, asked.session, state=state.value, client=asked.client)
    check_name(context, asked, pending)
    chosen = needed(asked.parameters, "ANSWER")
    if chosen not in PASSWORDS:
        # Assumed: the text when SELECT_CHALLENGE is answered with a factor that wasn't offered.
        raise InvalidParameterException("Invalid challenge given.")
    subject = await subject_again(context, pending)
    await check_lock(context, asked, subject)
    if chosen == "PASSWORD":
        password = needed(asked.parameters, "PASSWORD")
        return await prove_password(context, asked, subject, password=password, state=state, pending=pending)
    public = client_public(asked.parameters)
    if await is_spent(context.database.reader, pending.spent_id):
        raise NotAuthorizedException("Invalid session for the user.")
    turn(state, Event.SRP_BEGUN)
    return await give_password_verifier(
        context, asked, subject, pending, public=public, spent_id=pending.spent_id
    )


async def _begun(context: Context, asked: Asked) -> tuple[Subject, Pending]:
    name = needed(asked.parameters, "USERNAME")
    check_hash(context, asked.client, asked.parameters, names=[name])
    subject = await subject_of(context, asked, name)
    await check_lock(context, asked, subject)
    await ask_before(context, asked, subject)
    pending = Pending(
        pool_id=asked.pool.pool_id,
        client_id=asked.client.client_id,
        spent_id="",
        sub=subject.sub,
        username=subject.username,
        state=State.START.value,
        expires_ms=0,
        typed_name=name,
        version=0,
        is_real=subject.user is not None,
        device_key=asked.parameters.get("DEVICE_KEY"),
    )
    return subject, pending


async def _begin_after_sign_up(context: Context, asked: Asked, session: str) -> Outcome:
    pending = open_sign_up_session(context, session, client=asked.client, is_confirmed=True)
    check_name(context, asked, pending)
    await ask_before(context, asked, await subject_again(context, pending))

    async def settle(transaction: Transaction) -> Standing:
        user = await user_by_sub(transaction, pending.sub)
        is_first = await spend(transaction, pending.spent_id, expires_ms=pending.expires_ms)
        if user is None or not user.enabled or user.status != "CONFIRMED" or not is_first:
            raise NotAuthorizedException("Invalid session for the user.")
        before, event = State.START, Event.SIGN_UP_CONFIRMED
        return await stand(context, transaction, asked, user, pending, before=before, event=event)

    return await go_on(context, asked, await context.database.write(settle))
