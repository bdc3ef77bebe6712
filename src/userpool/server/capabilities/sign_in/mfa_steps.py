"""Which second factor, and setting one up: SELECT_MFA_TYPE and MFA_SETUP.

An authenticator is set up by AssociateSoftwareToken and VerifySoftwareToken with the Session of MFA_SETUP; the Session
of the second is the answer. An e-mail address is given with the answer, and is the user's once a code that was sent
there came back.

Sources: api:RespondToAuthChallenge, guide:user-pool-settings-mfa.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.server.capabilities.sign_in.giving import give_code, give_software_token
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.onward import DUE, go_on, stand
from userpool.server.capabilities.sign_in.parameters import check_name, needed
from userpool.server.capabilities.sign_in.second_factors import (
    check_has_factor,
    check_lacks_factor,
    waiting_user,
)
from userpool.server.database.sessions import spend
from userpool.server.pending_sign_ins import open_session
from userpool.server.roster import check_free
from userpool.server.rules.attributes import check_mutable, check_values
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from userpool.server.capabilities.sign_in.onward import Standing
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Pool, User


async def answer_select_mfa_type(context: Context, asked: Asked) -> Outcome:
    """Ask for the second factor that was chosen."""
    before = State.SELECT_MFA_TYPE
    pending = open_session(context, asked.session, state=before.value, client=asked.client)
    check_name(context, asked, pending)
    chosen = needed(asked.parameters, "ANSWER")
    if chosen not in pending.choices:
        # Assumed: the text when SELECT_MFA_TYPE is answered with a factor that wasn't offered.
        raise InvalidParameterException("Invalid MFA type given.")
    user = await _used_up(context, pending, _may_choose(asked.pool, chosen))
    state = turn(before, DUE[chosen])
    if state is State.SOFTWARE_TOKEN_MFA:
        return await give_software_token(context, asked, pending)
    return await give_code(context, asked, user, pending, state=state)


async def answer_mfa_setup(context: Context, asked: Asked) -> Outcome:
    """Go on with an authenticator that has been verified, or send a code to an address that was given."""
    pending = open_session(context, asked.session, state=State.MFA_SETUP.value, client=asked.client)
    check_name(context, asked, pending)
    if pending.software_token_verified:
        return await _with_software_token(context, asked, pending)
    address = asked.parameters.get("EMAIL") or asked.parameters.get("email")
    if not address or "EMAIL_OTP" not in pending.choices:
        # Assumed: the text when MFA_SETUP is answered and nothing has been set up.
        raise InvalidParameterException("User has not set up software token mfa")
    check_values(asked.pool.description, {"email": address})
    user = await _used_up(context, pending, _may_set_up(asked.pool, address))
    state = turn(State.MFA_SETUP, Event.EMAIL_CODE_DUE)
    return await give_code(context, asked, user, pending, state=state, new_address=address)


async def _with_software_token(context: Context, asked: Asked, pending: Pending) -> Outcome:
    async def settle(transaction: Transaction) -> Standing:
        user = await _still_there(context, transaction, pending)
        check_has_factor(asked.pool, user, "SOFTWARE_TOKEN_MFA")
        return await stand(
            context,
            transaction,
            asked,
            user,
            pending,
            before=State.MFA_SETUP,
            event=Event.SOFTWARE_TOKEN_VERIFIED,
        )

    return await go_on(context, asked, await context.database.write(settle))


def _may_choose(pool: Pool, method: str) -> Callable[[Transaction, User], Awaitable[None]]:
    async def check(_: Transaction, user: User) -> None:
        check_has_factor(pool, user, method)

    return check


def _may_set_up(pool: Pool, address: str) -> Callable[[Transaction, User], Awaitable[None]]:
    async def check(transaction: Transaction, user: User) -> None:
        check_lacks_factor(pool, user)
        if address != user.attributes.get("email"):
            check_mutable(pool.description, user.attributes, {"email": address})
            await check_free(transaction, pool, user, "email", address)

    return check


async def _used_up(
    context: Context,
    pending: Pending,
    check: Callable[[Transaction, User], Awaitable[None]],
) -> User:
    # Before a message is composed: a trigger may have its say in it, and an answer is given once.
    async def settle(transaction: Transaction) -> User:
        user = await _still_there(context, transaction, pending)
        await check(transaction, user)
        return user

    return await context.database.write(settle)


async def _still_there(context: Context, transaction: Transaction, pending: Pending) -> User:
    user = await waiting_user(context, transaction, pending)
    is_first = await spend(transaction, pending.spent_id, expires_ms=pending.expires_ms)
    if user is None or not is_first:
        raise NotAuthorizedException("Invalid session for the user.")
    return user
