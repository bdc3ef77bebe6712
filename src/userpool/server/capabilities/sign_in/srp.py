"""Sign-in with SRP: USER_SRP_AUTH, and the PASSWORD_VERIFIER challenge of this and other flows.

Sources: rfc5054, rfc2945; api:RespondToAuthChallenge; key derivation and messages as in `userpool.crypto.srp`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from userpool.crypto.srp import SrpIdentity
from userpool.server.capabilities.sign_in.attempt import Attempt, judge
from userpool.server.capabilities.sign_in.custom import answer_custom_password
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.outcomes import Outcome
from userpool.server.capabilities.sign_in.parameters import check_hash, client_public, needed
from userpool.server.capabilities.sign_in.srp_exchange import (
    claim_of,
    password_exchange,
    proves_claim,
)
from userpool.server.capabilities.sign_in.subjects import (
    Subject,
    ask_before,
    check_lock,
    credential_to_prove,
    subject_of,
)
from userpool.server.database.users import user_by_sub
from userpool.server.pending_sign_ins import open_session
from userpool.server.rules.strangers import refusal
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.pending_sign_ins import Pending, SrpBlock


async def begin_with_srp(context: Context, asked: Asked) -> Outcome:
    """Answer SRP_A with the PASSWORD_VERIFIER challenge."""
    name = needed(asked.parameters, "USERNAME")
    public = client_public(asked.parameters)
    check_hash(context, asked.client, asked.parameters, names=[name])
    subject = await subject_of(context, asked, name)
    await check_lock(context, asked, subject)
    await ask_before(context, asked, subject)
    device_key = asked.parameters.get("DEVICE_KEY")
    parameters = await password_exchange(context, asked, subject, public=public, device_key=device_key)
    return Outcome(challenge_name=turn(State.START, Event.SRP_BEGUN).value, parameters=parameters)


async def answer_password_verifier(context: Context, asked: Asked) -> Outcome:
    """Check the proof of a password, and answer with tokens or the next challenge."""
    name = needed(asked.parameters, "USERNAME")
    claim = claim_of(context, asked.client, asked.parameters)
    check_hash(context, asked.client, asked.parameters, names=[name])
    pending = _session_of(context, asked)
    block = claim.block
    if block is None:
        raise refusal(asked.client.description, "wrong password")
    if name not in {block.username, block.typed_name} or block.expires_ms <= context.now_ms:
        raise refusal(asked.client.description, "wrong password")
    _check_belongs(block, pending)

    found = await user_by_sub(context.database.reader, block.sub)
    user = found if block.is_real else None
    subject = Subject(user, block.sub, block.username, block.typed_name)
    await check_lock(context, asked, subject)
    credential = await credential_to_prove(context, asked, subject)
    identity = SrpIdentity(asked.pool.short_name, block.username)
    proved = proves_claim(claim, identity, verifier=int.from_bytes(credential.verifier, "big"))
    spent = (block.spent_id, block.expires_ms)
    attempt = Attempt(
        subject,
        State.PASSWORD_VERIFIER,
        proved,
        credential.salt,
        spent,
        block.device_key,
        has_session=pending is not None,
    )
    if pending is not None and pending.custom is not None:
        return await answer_custom_password(context, asked, pending, attempt)
    return await judge(context, asked, attempt)


def _session_of(context: Context, asked: Asked) -> Pending | None:
    # A USER_SRP_AUTH sign-in hands out no Session; one that comes is of another flow, or from somewhere else.
    if asked.session is None:
        return None
    return open_session(context, asked.session, state=State.PASSWORD_VERIFIER.value, client=asked.client)


def _check_belongs(block: SrpBlock, pending: Pending | None) -> None:
    # The Session of one exchange with the proof of another would skip what the flow has asked so far.
    if block.has_session != (pending is not None) or (pending and pending.spent_id != block.spent_id):
        raise NotAuthorizedException("Invalid session for the user.")
