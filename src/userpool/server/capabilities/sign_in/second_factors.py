"""Codes of a second factor: SMS_MFA, EMAIL_OTP and SOFTWARE_TOKEN_MFA.

A wrong code leaves the Session as it is and is counted: after five in a row the user waits, as after wrong passwords.
The two are counted apart, so that the password doesn't begin the count of codes anew. A right one is used once.

Sources: api:RespondToAuthChallenge, guide:user-pool-settings-mfa (a code that arrives verifies where it went),
guide:amazon-cognito-user-pools-authentication-flow (lockout); texts as collected from public reports.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.custom import answer_custom_code
from userpool.server.capabilities.sign_in.machine import Event, State
from userpool.server.capabilities.sign_in.onward import Standing, go_on, stand
from userpool.server.capabilities.sign_in.parameters import check_name, needed
from userpool.server.capabilities.sign_in.subjects import has_same_password
from userpool.server.database.sessions import is_spent, spend
from userpool.server.database.users import user_by_sub
from userpool.server.password_attempts import are_codes_locked_out, count_code
from userpool.server.pending_sign_ins import code_digest, open_session
from userpool.server.roster import change
from userpool.server.rules.mfa import decide, usable_methods
from userpool.server.rules.strangers import keeps_existence_secret, refusal
from userpool.server.software_tokens import prove
from userpool.wire.faults import (
    CodeMismatchException,
    ExpiredCodeException,
    NotAuthorizedException,
    SoftwareTokenMFANotFoundException,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending, SentCode
    from userpool.server.records import Client, Pool, User
    from userpool.server.software_tokens import Proof
    from userpool.wire.fault import ServiceException

# The service's texts speak of EMAIL_MFA_CODE here and there.
KEYS: Mapping[State, tuple[str, ...]] = {
    State.SMS_MFA: ("SMS_MFA_CODE",),
    State.EMAIL_OTP: ("EMAIL_OTP_CODE", "EMAIL_MFA_CODE"),
    State.SOFTWARE_TOKEN_MFA: ("SOFTWARE_TOKEN_MFA_CODE",),
}


async def answer_sms_mfa(context: Context, asked: Asked) -> Outcome:
    """Check a code that was sent by SMS, and answer with what follows."""
    return await _answer(context, asked, State.SMS_MFA)


async def answer_email_otp(context: Context, asked: Asked) -> Outcome:
    """Check a code that was sent by e-mail, and answer with what follows."""
    return await _answer(context, asked, State.EMAIL_OTP)


async def answer_software_token_mfa(context: Context, asked: Asked) -> Outcome:
    """Check the code of an authenticator, and answer with what follows."""
    return await _answer(context, asked, State.SOFTWARE_TOKEN_MFA)


async def _answer(context: Context, asked: Asked, state: State) -> Outcome:
    pending = open_session(context, asked.session, state=state.value, client=asked.client)
    check_name(context, asked, pending)
    given = next((key for key in KEYS[state] if asked.parameters.get(key)), KEYS[state][0])
    code = needed(asked.parameters, given)

    async def settle(transaction: Transaction) -> Standing | User | ServiceException:
        if await are_codes_locked_out(context, transaction, pending.sub):
            return refusal(asked.client.description, "locked")
        if await is_spent(transaction, pending.spent_id):
            # Before the code is looked at: it was right once, and a wrong one doesn't count any more.
            raise NotAuthorizedException("Invalid session for the user.")
        user = await waiting_user(context, transaction, pending)
        if user is not None and pending.code is not None and pending.code.sets_up:
            check_lacks_factor(asked.pool, user)
        proof = await _proof(context, transaction, user, pending, code)
        await count_code(context, transaction, pending.sub, proved=proof == "proved")
        if user is None or proof != "proved":
            # Returned, not raised: the count has to be committed.
            return _refused(asked.client, pending, proof)
        if pending.custom is None and not (pending.code and pending.code.sets_up):
            check_has_factor(asked.pool, user, state.value)
        if not await spend(transaction, pending.spent_id, expires_ms=pending.expires_ms):
            raise NotAuthorizedException("Invalid session for the user.")
        user = await _with_proved_address(context, transaction, asked.pool, user, pending.code)
        if pending.custom is not None:
            return user
        going = replace(pending, code=None)
        return await stand(context, transaction, asked, user, going, before=state, event=Event.CODE_PROVED)

    settled = await context.database.write(settle)
    if isinstance(settled, Exception):
        raise settled
    if isinstance(settled, Standing):
        return await go_on(context, asked, settled)
    return await answer_custom_code(context, asked, pending, state)


async def waiting_user(context: Context, transaction: Transaction, pending: Pending) -> User | None:
    """Return the user of a sign-in under way, or None for nobody.

    Raises:
        NotAuthorizedException: the user was disabled or deleted, or has another password, since the sign-in began.
    """
    if not pending.is_real:
        return None
    user = await user_by_sub(transaction, pending.sub)
    is_as_before = user is not None and user.enabled
    if user is not None and pending.custom is None:
        is_as_before = user.enabled and user.status == "CONFIRMED"
    if user is None or not is_as_before or not await has_same_password(context, transaction, user, pending):
        raise NotAuthorizedException("Invalid session for the user.")
    return user


def check_lacks_factor(pool: Pool, user: User) -> None:
    """Refuse to set up a second factor by the password alone for a user who has one meanwhile.

    Raises:
        NotAuthorizedException: the user has.
    """
    if decide(pool, user).challenge != State.MFA_SETUP.value:
        raise NotAuthorizedException("Invalid session for the user.")


def check_has_factor(pool: Pool, user: User, method: str) -> None:
    """Refuse a second factor that was switched off, or taken away, since it was asked for.

    Raises:
        NotAuthorizedException: it was.
    """
    if method not in usable_methods(pool, user):
        raise NotAuthorizedException("Invalid session for the user.")


async def _proof(
    context: Context, transaction: Transaction, user: User | None, pending: Pending, code: str
) -> Proof:
    if pending.state == State.SOFTWARE_TOKEN_MFA.value:
        # Nobody has no authenticator, and is not told so.
        return await prove(context, transaction, user.sub, code=code) if user is not None else "wrong"
    sent = pending.code
    if (
        user is None
        or sent is None
        or not (sent.sets_up or user.attributes.get(sent.attribute) == sent.value)
    ):
        return "wrong"
    digest = code_digest(context, user.sub, code)
    return "proved" if hmac.compare_digest(digest, sent.digest) else "wrong"


async def _with_proved_address(
    context: Context, transaction: Transaction, pool: Pool, user: User, sent: SentCode | None
) -> User:
    if sent is None:
        return user
    flag = f"{sent.attribute}_verified"
    attributes = {**user.attributes, sent.attribute: sent.value, flag: "true"}
    methods = list(user.mfa_methods)
    if sent.sets_up and "EMAIL_OTP" not in methods:
        methods.append("EMAIL_OTP")
    if (attributes, methods) == (user.attributes, user.mfa_methods):
        return user
    proved = replace(user, attributes=attributes, mfa_methods=methods, modified_ms=context.now_ms)
    return await change(transaction, pool, user, proved, steal=True)


def _refused(client: Client, pending: Pending, proof: Proof) -> ServiceException:
    if proof == "used":
        return ExpiredCodeException("Your software token has already been used once.")
    # A custom sign-in asks for a factor whether or not there is one, and of nobody, too.
    is_secret = pending.custom is not None and keeps_existence_secret(client.description)
    if proof == "none" and not is_secret:
        return SoftwareTokenMFANotFoundException("Software Token MFA does not exist for the user.")
    return CodeMismatchException("Invalid code or auth state for the user.")
