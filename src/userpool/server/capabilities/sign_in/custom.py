"""Custom authentication: the pool's own triggers say what is asked, and whether an answer is right.

DefineAuthChallenge is shown how the challenges so far ended and names the next, or ends the sign-in. A wrong answer is
no error by itself, and isn't counted. Nobody, where strangers mustn't learn that, is led through the same triggers and
is never let in.

Sources: guide:user-pool-lambda-challenge, guide:amazon-cognito-user-pools-authentication-flow (custom flow).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.capabilities.sign_in.attempt import count
from userpool.server.capabilities.sign_in.giving import give_code, give_software_token
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.onward import (
    DUE,
    Standing,
    check_device,
    go_on,
    stand,
    status_refusal,
)
from userpool.server.capabilities.sign_in.outcomes import challenge
from userpool.server.capabilities.sign_in.parameters import check_hash, check_name, client_public, needed
from userpool.server.capabilities.sign_in.srp_exchange import give_password_verifier
from userpool.server.capabilities.sign_in.subjects import (
    ask_before,
    check_lock,
    has_same_password,
    subject_again,
    subject_of,
)
from userpool.server.database.sessions import spend
from userpool.server.database.users import user_by_sub
from userpool.server.pending_sign_ins import Custom, Pending, open_session
from userpool.server.rules.strangers import keeps_existence_secret, refusal
from userpool.server.triggers.configured import has_custom_auth
from userpool.server.triggers.custom_auth import (
    ChallengeResult,
    create_auth_challenge,
    define_auth_challenge,
    verify_auth_challenge,
)
from userpool.wire.faults import (
    InvalidLambdaResponseException,
    InvalidParameterException,
    NotAuthorizedException,
)

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.attempt import Attempt
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.capabilities.sign_in.subjects import Subject
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.password_attempts import Judgement
    from userpool.server.rules.strangers import Reason

SRP_A = "SRP_A"


async def begin_custom(context: Context, asked: Asked) -> Outcome:
    """Begin a custom sign-in, with SRP_A first if the client says so, and answer with its first challenge."""
    if not has_custom_auth(asked.pool):
        raise InvalidParameterException("Custom auth lambda trigger is not configured for the user pool.")
    name = needed(asked.parameters, "USERNAME")
    with_srp = asked.parameters.get("CHALLENGE_NAME") == SRP_A
    public = client_public(asked.parameters) if with_srp else None
    check_hash(context, asked.client, asked.parameters, names=[name])
    subject = await subject_of(context, asked, name)
    if public is None:
        await check_device(context, asked, subject.sub)
    else:
        await check_lock(context, asked, subject)
    await ask_before(context, asked, subject)
    subject = _disguised(asked, subject)
    turn(State.START, Event.CUSTOM_BEGUN)
    return await _define(context, asked, subject, _begun(asked, subject, public))


async def answer_custom_challenge(context: Context, asked: Asked) -> Outcome:
    """Have an answer judged, and answer with what DefineAuthChallenge makes of it."""
    state = State.CUSTOM_CHALLENGE
    pending = open_session(context, asked.session, state=state.value, client=asked.client)
    check_name(context, asked, pending)
    answer = asked.parameters.get("ANSWER")
    if answer is None:
        raise InvalidParameterException("Missing required parameter ANSWER")
    device_key = await check_device(context, asked, pending.sub) or pending.device_key
    subject = await _subject_under_way(context, pending)

    async def use_up(transaction: Transaction) -> bool:
        return await spend(transaction, pending.spent_id, expires_ms=pending.expires_ms)

    # Whatever the triggers say: an answer is judged once.
    if not await context.database.write(use_up):
        raise NotAuthorizedException("Invalid session for the user.")
    custom = pending.custom or Custom()
    is_right = await verify_auth_challenge(
        context,
        asked.pool,
        asked.client,
        username=subject.username,
        user=subject.user,
        private=custom.private,
        answer=answer,
        client_metadata=asked.client_metadata,
    )
    turn(state, Event.CUSTOM_ANSWERED)
    going = replace(pending, device_key=device_key)
    return await _define(
        context, asked, subject, _with_result(going, state.value, is_right=is_right, metadata=custom.metadata)
    )


async def answer_custom_password(
    context: Context, asked: Asked, pending: Pending, attempt: Attempt
) -> Outcome:
    """Judge a password that DefineAuthChallenge asked for; a wrong one is counted and ends the sign-in."""
    device_key = await check_device(context, asked, pending.sub) or pending.device_key

    async def settle(transaction: Transaction) -> Judgement:
        return await count(context, transaction, attempt)

    judged = await context.database.write(settle)
    if judged.user is None:
        raise refusal(asked.client.description, judged.refused or "wrong password")
    turn(State.PASSWORD_VERIFIER, Event.CUSTOM_PASSWORD_PROVED)
    going = replace(pending, device_key=device_key, password_salt=attempt.salt)
    subject = attempt.subject._replace(user=judged.user)
    return await _define(
        context, asked, subject, _with_result(going, State.PASSWORD_VERIFIER.value, is_right=True)
    )


async def answer_custom_code(context: Context, asked: Asked, pending: Pending, state: State) -> Outcome:
    """Go on after the right code of a second factor that DefineAuthChallenge asked for."""
    turn(state, Event.CUSTOM_CODE_PROVED)
    subject = await _subject_under_way(context, pending)
    going = replace(pending, code=None)
    return await _define(context, asked, subject, _with_result(going, state.value, is_right=True))


def _begun(asked: Asked, subject: Subject, public: int | None) -> Pending:
    custom = Custom()
    if public is not None:
        begun = ChallengeResult(challenge_name=SRP_A, challenge_result=True)
        custom = Custom(results=[begun], client_public=f"{public:x}")
    return Pending(
        pool_id=asked.pool.pool_id,
        client_id=asked.client.client_id,
        spent_id="",
        sub=subject.sub,
        username=subject.username,
        state=State.DEFINING.value,
        expires_ms=0,
        typed_name=subject.typed_name,
        version=0,
        is_real=subject.user is not None,
        device_key=asked.parameters.get("DEVICE_KEY"),
        custom=custom,
    )


def _disguised(asked: Asked, subject: Subject) -> Subject:
    if subject.user is None or subject.user.enabled:
        return subject
    if not keeps_existence_secret(asked.client.description):
        raise refusal(asked.client.description, "disabled")
    # Assumed: triggers see a disabled user as nobody where strangers mustn't learn who is disabled.
    # The `sub` stays, so that salts and counts are those of any other sign-in in this name.
    return subject._replace(user=None)


async def _subject_under_way(context: Context, pending: Pending) -> Subject:
    subject = await subject_again(context, pending)
    if pending.is_real and (subject.user is None or not subject.user.enabled):
        raise NotAuthorizedException("Invalid session for the user.")
    return subject


def _with_result(pending: Pending, name: str, *, is_right: bool, metadata: str | None = None) -> Pending:
    custom = pending.custom or Custom()
    result = ChallengeResult(challenge_name=name, challenge_result=is_right, challenge_metadata=metadata)
    # What was private to the challenge before is of no use any more.
    return replace(
        pending, custom=Custom(results=[*custom.results, result], client_public=custom.client_public)
    )


async def _define(context: Context, asked: Asked, subject: Subject, pending: Pending) -> Outcome:
    custom = pending.custom or Custom()
    defined = await define_auth_challenge(
        context,
        asked.pool,
        asked.client,
        username=subject.username,
        user=subject.user,
        results=custom.results,
        client_metadata=asked.client_metadata,
    )
    if defined.fail_authentication:
        raise refusal(asked.client.description, "wrong password")
    if defined.issue_tokens:
        return await _let_in(context, asked, subject, pending)
    match defined.challenge_name:
        case "CUSTOM_CHALLENGE":
            return await _create(context, asked, subject, pending, custom)
        case "PASSWORD_VERIFIER" if custom.client_public:
            turn(State.DEFINING, Event.SRP_BEGUN)
            # SRP_A is good for one exchange.
            going = replace(pending, custom=replace(custom, client_public=""))
            public = int(custom.client_public, 16)
            return await give_password_verifier(context, asked, subject, going, public=public)
        case "SOFTWARE_TOKEN_MFA":
            turn(State.DEFINING, DUE["SOFTWARE_TOKEN_MFA"])
            return await give_software_token(context, asked, pending)
        case "SMS_MFA" | "EMAIL_OTP" as name:
            state = turn(State.DEFINING, DUE[name])
            return await give_code(context, asked, subject.user, pending, state=state)
        case _:
            # Among them PASSWORD_VERIFIER without an SRP_A that is still good.
            raise InvalidLambdaResponseException("Unrecognizable lambda output")


async def _create(
    context: Context, asked: Asked, subject: Subject, pending: Pending, custom: Custom
) -> Outcome:
    state = turn(State.DEFINING, Event.CUSTOM_CHALLENGE_MADE)
    made = await create_auth_challenge(
        context,
        asked.pool,
        asked.client,
        username=subject.username,
        user=subject.user,
        challenge_name=state.value,
        results=custom.results,
        client_metadata=asked.client_metadata,
    )
    waiting = replace(pending, custom=replace(custom, private=made.private, metadata=made.metadata))
    parameters = {**made.public, "USERNAME": subject.username}
    return challenge(context, asked, waiting, state=state, parameters=parameters)


async def _let_in(context: Context, asked: Asked, subject: Subject, pending: Pending) -> Outcome:
    async def settle(transaction: Transaction) -> Standing | Reason:
        user = await user_by_sub(transaction, pending.sub) if subject.user is not None else None
        if user is None:
            return "wrong password"
        if not user.enabled:
            return "disabled"
        if not await has_same_password(context, transaction, user, pending):
            raise NotAuthorizedException("Invalid session for the user.")
        refused = status_refusal(user, context.now_ms)
        if refused is not None:
            return refused
        is_temporary = user.status == "FORCE_CHANGE_PASSWORD"
        event = Event.TEMPORARY_PASSWORD_PROVED if is_temporary else Event.CUSTOM_PROVED
        going = replace(pending, version=user.version)
        return await stand(context, transaction, asked, user, going, before=State.DEFINING, event=event)

    settled = await context.database.write(settle)
    if not isinstance(settled, Standing):
        raise refusal(asked.client.description, settled)
    return await go_on(context, asked, settled)
