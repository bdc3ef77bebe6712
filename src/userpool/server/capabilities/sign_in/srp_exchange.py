"""The server's half of an SRP exchange, of a password or of a device: begun with SRP_A, and checked.

It travels sealed in SECRET_BLOCK, which is used up by the first answer to it.

Sources: rfc5054, rfc2945; api:RespondToAuthChallenge; key derivation and messages as in `userpool.crypto.srp`.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from typing import TYPE_CHECKING, NamedTuple

from userpool.crypto.srp import (
    EPHEMERAL_BYTES,
    MODULUS_BYTES,
    Ephemeral,
    SrpError,
    TimestampError,
    claim_signature,
    parse_timestamp,
    server_ephemeral,
    server_key,
)
from userpool.server.capabilities.sign_in.machine import State
from userpool.server.capabilities.sign_in.outcomes import challenge
from userpool.server.capabilities.sign_in.parameters import needed
from userpool.server.capabilities.sign_in.subjects import credential_to_prove
from userpool.server.pending_sign_ins import SrpBlock, expiry_ms, new_spent_id, open_block, seal_block
from userpool.wire.faults import InvalidParameterException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.crypto.srp import SrpIdentity
    from userpool.server.capabilities.sign_in.outcomes import Outcome
    from userpool.server.capabilities.sign_in.parameters import Asked
    from userpool.server.capabilities.sign_in.subjects import Subject
    from userpool.server.context import Context
    from userpool.server.pending_sign_ins import Pending
    from userpool.server.records import Client

# Assumed: a TIMESTAMP may be off by five minutes; the service refuses clocks that are far off and doesn't say how far.
LARGEST_CLOCK_ERROR_SECONDS = 300


class Claim(NamedTuple):
    """What a client says to prove that it knows a password."""

    signature: str
    block: SrpBlock | None
    """None for one that isn't this client's."""
    raw_block: bytes
    timestamp: str
    is_on_time: bool

    def __repr__(self) -> str:
        return "Claim(***)"


def begin_exchange(
    context: Context,
    asked: Asked,
    subject: Subject,
    *,
    public: int,
    salt: bytes,
    verifier: int,
    device_key: str | None,
    spent_id: str | None = None,
) -> dict[str, str]:
    """Begin an exchange, and return what the client needs of it: SALT, SECRET_BLOCK and SRP_B.

    Args:
        context: the request's surroundings.
        asked: the request.
        subject: whose it is.
        public: SRP_A, checked.
        salt: of the password or the device.
        verifier: the number that proves it.
        device_key: the device that the client named, or that proves itself.
        spent_id: of the Session that goes with it; None where none does.
    """
    ephemeral = server_ephemeral(verifier, context.effects.random_bytes(EPHEMERAL_BYTES))
    block = SrpBlock(
        spent_id=spent_id or new_spent_id(context),
        sub=subject.sub,
        is_real=subject.user is not None,
        username=subject.username,
        typed_name=subject.typed_name,
        client_public=public.to_bytes(MODULUS_BYTES + 1, "big"),
        server_public=ephemeral.public.to_bytes(MODULUS_BYTES, "big"),
        server_secret=ephemeral.secret.to_bytes(EPHEMERAL_BYTES, "big"),
        expires_ms=expiry_ms(context, asked.client),
        device_key=device_key,
        has_session=spent_id is not None,
    )
    return {
        "SALT": salt.hex(),
        "SECRET_BLOCK": seal_block(context, asked.client, block),
        "SRP_B": ephemeral.public_hex,
    }


async def password_exchange(
    context: Context,
    asked: Asked,
    subject: Subject,
    *,
    public: int,
    device_key: str | None,
    spent_id: str | None = None,
) -> dict[str, str]:
    """Begin to prove a password; return the parameters of PASSWORD_VERIFIER. Arguments as `begin_exchange`."""
    credential = await credential_to_prove(context, asked, subject)
    parameters = begin_exchange(
        context,
        asked,
        subject,
        public=public,
        salt=credential.salt,
        verifier=int.from_bytes(credential.verifier, "big"),
        device_key=device_key,
        spent_id=spent_id,
    )
    return {**parameters, "USERNAME": subject.username, "USER_ID_FOR_SRP": subject.username}


async def give_password_verifier(
    context: Context,
    asked: Asked,
    subject: Subject,
    pending: Pending,
    *,
    public: int,
    spent_id: str | None = None,
) -> Outcome:
    """Ask for the proof of a password in a flow whose sign-ins have a Session all along.

    Args:
        context: the request's surroundings.
        asked: the request.
        subject: whose password it is.
        pending: the sign-in.
        public: SRP_A, checked.
        spent_id: under which the Session before this one is used up, too; None where there is none.
    """
    spent_id = spent_id or new_spent_id(context)
    parameters = await password_exchange(
        context, asked, subject, public=public, device_key=pending.device_key, spent_id=spent_id
    )
    state = State.PASSWORD_VERIFIER
    return challenge(context, asked, pending, state=state, parameters=parameters, spent_id=spent_id)


def claim_of(context: Context, client: Client, responses: Mapping[str, str]) -> Claim:
    """Read the proof in an answer.

    Raises:
        InvalidParameterException: a part of it is missing, or TIMESTAMP is of another form.
    """
    signature = needed(responses, "PASSWORD_CLAIM_SIGNATURE")
    text = needed(responses, "PASSWORD_CLAIM_SECRET_BLOCK")
    timestamp = needed(responses, "TIMESTAMP")
    is_on_time = _is_on_time(context, timestamp)
    block, raw = open_block(context, client, text) or (None, b"")
    return Claim(signature, block, raw, timestamp, is_on_time)


def proves_claim(claim: Claim, identity: SrpIdentity, *, verifier: int) -> bool:
    """Return whether a proof is right."""
    block = claim.block
    if block is None or not claim.is_on_time:
        return False
    try:
        given = b64decode(claim.signature, validate=True)
        ephemeral = Ephemeral(
            secret=int.from_bytes(block.server_secret, "big"),
            public=int.from_bytes(block.server_public, "big"),
        )
        key = server_key(ephemeral, int.from_bytes(block.client_public, "big"), verifier=verifier)
    except (ValueError, SrpError):
        return False
    expected = claim_signature(key, identity, secret_block=claim.raw_block, timestamp=claim.timestamp)
    return hmac.compare_digest(given, expected)


def _is_on_time(context: Context, timestamp: str) -> bool:
    try:
        claimed = parse_timestamp(timestamp)
    except TimestampError as error:
        if error.well_formed:
            return False
        raise InvalidParameterException(
            "TIMESTAMP format should be EEE MMM d HH:mm:ss z yyyy in english."
        ) from error
    return abs(claimed - context.effects.now()) <= LARGEST_CLOCK_ERROR_SECONDS
