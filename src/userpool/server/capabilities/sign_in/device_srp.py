"""DEVICE_SRP_AUTH and DEVICE_PASSWORD_VERIFIER: a remembered device proves itself, in place of a second factor.

The Session of both is one: whoever has proved a device with it, or failed to, has used it up.

Sources: guide:amazon-cognito-user-pools-device-tracking, api:RespondToAuthChallenge; arithmetic as in
`userpool.crypto.srp`, with the device's group key in place of the pool's name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.crypto.srp import SrpError, SrpIdentity, parse_verifier
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.onward import go_on, stand
from userpool.server.capabilities.sign_in.outcomes import challenge
from userpool.server.capabilities.sign_in.parameters import check_name, client_public, needed
from userpool.server.capabilities.sign_in.second_factors import waiting_user
from userpool.server.capabilities.sign_in.srp_exchange import begin_exchange, claim_of, proves_claim
from userpool.server.capabilities.sign_in.subjects import Subject
from userpool.server.database.sessions import is_spent, spend
from userpool.server.devices import device_verifier, find_device, suppresses_mfa
from userpool.server.pending_sign_ins import open_session
from userpool.server.rules.strangers import refusal
from userpool.wire.faults import NotAuthorizedException, ResourceNotFoundException

if TYPE_CHECKING:
    from userpool.server.capabilities.sign_in.onward import Standing
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Device, DeviceVerifier


async def answer_device_srp_auth(context: Context, asked: Asked) -> Outcome:
    """Answer a device's SRP_A with the DEVICE_PASSWORD_VERIFIER challenge."""
    before = State.DEVICE_SRP_AUTH
    pending = open_session(context, asked.session, state=before.value, client=asked.client)
    check_name(context, asked, pending)
    public = client_public(asked.parameters)
    if await is_spent(context.database.reader, pending.spent_id):
        raise NotAuthorizedException("Invalid session for the user.")
    device, proof = await _device(context, asked, pending)
    user = await waiting_user(context, context.database.reader, pending)
    subject = Subject(user, pending.sub, pending.username, pending.typed_name)
    state = turn(before, Event.SRP_BEGUN)
    parameters = begin_exchange(
        context,
        asked,
        subject,
        public=public,
        salt=proof.salt,
        verifier=_number(proof),
        device_key=device.device_key,
        spent_id=pending.spent_id,
    )
    parameters |= {"DEVICE_KEY": device.device_key, "USERNAME": pending.username}
    return challenge(context, asked, pending, state=state, parameters=parameters, spent_id=pending.spent_id)


async def answer_device_password_verifier(context: Context, asked: Asked) -> Outcome:
    """Check the proof of a device, and answer with tokens."""
    state = State.DEVICE_PASSWORD_VERIFIER
    pending = open_session(context, asked.session, state=state.value, client=asked.client)
    check_name(context, asked, pending)
    claim = claim_of(context, asked.client, asked.parameters)
    device, proof = await _device(context, asked, pending)
    block = claim.block
    is_of_session = block is not None and (block.spent_id, block.device_key) == (
        pending.spent_id,
        device.device_key,
    )
    identity = SrpIdentity(device.group_key, device.device_key)
    proved = is_of_session and proves_claim(claim, identity, verifier=_number(proof))
    going = replace(pending, source="TokenGeneration_AuthenticateDevice")

    async def settle(transaction: Transaction) -> Standing | None:
        user = await waiting_user(context, transaction, pending)
        if not await spend(transaction, pending.spent_id, expires_ms=pending.expires_ms):
            raise NotAuthorizedException("Invalid session for the user.")
        if user is None or not proved:
            # Returned, not raised: a second try with the same Session is not to be had.
            return None
        current = await find_device(context, transaction, pending.sub, device.device_key)
        if pending.custom is None and current is not None and not suppresses_mfa(asked.pool, current):
            # It was to stand in for a second factor, and may not any more.
            raise NotAuthorizedException("Invalid session for the user.")
        return await stand(context, transaction, asked, user, going, before=state, event=Event.DEVICE_PROVED)

    settled = await context.database.write(settle)
    if settled is None:
        raise refusal(asked.client.description, "wrong password")
    return await go_on(context, asked, settled)


async def _device(context: Context, asked: Asked, pending: Pending) -> tuple[Device, DeviceVerifier]:
    reader = context.database.reader
    key = needed(asked.parameters, "DEVICE_KEY")
    # Another device than the one that the sign-in was begun with is none.
    device = await find_device(context, reader, pending.sub, key) if key == pending.device_key else None
    proof = await device_verifier(context, reader, device) if device is not None else None
    if device is None or proof is None:
        raise ResourceNotFoundException("Device does not exist.")
    return device, proof


def _number(proof: DeviceVerifier) -> int:
    try:
        return parse_verifier(proof.verifier)
    except SrpError as error:
        # With a verifier of zero every password would be right.
        raise NotAuthorizedException("Incorrect username or password.") from error
