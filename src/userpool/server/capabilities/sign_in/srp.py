"""Sign-in with SRP: USER_SRP_AUTH, and its PASSWORD_VERIFIER challenge.

The server's half of the exchange travels sealed in SECRET_BLOCK, which is used up by the first answer to it.

Sources: rfc5054, rfc2945; api:RespondToAuthChallenge; key derivation and messages as in `userpool.crypto.srp`.
"""

from __future__ import annotations

import hmac
from base64 import b64decode
from typing import TYPE_CHECKING

from userpool.crypto.srp import (
    EPHEMERAL_BYTES,
    MODULUS_BYTES,
    Ephemeral,
    SrpError,
    SrpIdentity,
    TimestampError,
    check_client_public,
    claim_signature,
    parse_hex,
    parse_timestamp,
    server_ephemeral,
    server_key,
)
from userpool.server.capabilities.sign_in.attempt import Outcome, Subject, check_lock, judge, subject_of
from userpool.server.capabilities.sign_in.machine import Event, State, turn
from userpool.server.capabilities.sign_in.parameters import check_hash, needed
from userpool.server.capabilities.sign_in.sealed_state import (
    SrpBlock,
    expiry_ms,
    new_spent_id,
    open_block,
    seal_block,
)
from userpool.server.credentials import credential_of, nobodys_credential
from userpool.server.database.users import user_by_sub
from userpool.server.rules.strangers import refusal
from userpool.wire.faults import InvalidParameterException, NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Client, PasswordCredential, Pool

# Assumed: a TIMESTAMP may be off by five minutes; the service refuses clocks that are far off and doesn't say how far.
LARGEST_CLOCK_ERROR_SECONDS = 300


async def begin_with_srp(
    context: Context, pool: Pool, client: Client, parameters: Mapping[str, str]
) -> Outcome:
    """Answer SRP_A with the PASSWORD_VERIFIER challenge."""
    name = needed(parameters, "USERNAME")
    try:
        client_public = parse_hex(needed(parameters, "SRP_A"), what="SRP_A")
        check_client_public(client_public)
    except SrpError as error:
        # Assumed: the text; the service refuses such values.
        raise NotAuthorizedException("Incorrect username or password.") from error
    check_hash(context, client, parameters, names=[name])
    subject = await subject_of(context, pool, client, name)
    await check_lock(context, client, subject)

    credential = await _credential(context, pool, subject)
    ephemeral = server_ephemeral(
        int.from_bytes(credential.verifier, "big"),
        context.effects.random_bytes(EPHEMERAL_BYTES),
    )
    block = SrpBlock(
        spent_id=new_spent_id(context),
        sub=subject.sub,
        is_real=subject.user is not None,
        username=subject.username,
        typed_name=name,
        client_public=client_public.to_bytes(MODULUS_BYTES + 1, "big"),
        server_public=ephemeral.public.to_bytes(MODULUS_BYTES, "big"),
        server_secret=ephemeral.secret.to_bytes(EPHEMERAL_BYTES, "big"),
        expires_ms=expiry_ms(context, client),
    )
    parameters_out = {
        "SALT": credential.salt.hex(),
        "SECRET_BLOCK": seal_block(context, client, block),
        "SRP_B": ephemeral.public_hex,
        "USERNAME": subject.username,
        "USER_ID_FOR_SRP": subject.username,
    }
    following = turn(State.START, Event.SRP_BEGUN)
    return Outcome(challenge_name=following.value, parameters=parameters_out)


async def answer_password_verifier(
    context: Context, pool: Pool, client: Client, session: str | None, responses: Mapping[str, str]
) -> Outcome:
    """Check the proof of a password, and answer with tokens or the next challenge."""
    name = needed(responses, "USERNAME")
    signature = needed(responses, "PASSWORD_CLAIM_SIGNATURE")
    block_text = needed(responses, "PASSWORD_CLAIM_SECRET_BLOCK")
    timestamp = needed(responses, "TIMESTAMP")
    check_hash(context, client, responses, names=[name])
    if session is not None:
        # A USER_SRP_AUTH sign-in hands out no Session, so this one is from somewhere else.
        raise NotAuthorizedException("Invalid session for the user.")
    on_time = _is_on_time(context, timestamp)
    opened = open_block(context, client, block_text)
    if opened is None:
        raise refusal(client.description, "wrong password")
    block, raw_block = opened
    if name not in {block.username, block.typed_name} or block.expires_ms <= context.now_ms:
        raise refusal(client.description, "wrong password")

    user = await user_by_sub(context.database.reader, block.sub) if block.is_real else None
    subject = Subject(user, block.sub, block.username, block.typed_name)
    await check_lock(context, client, subject)
    credential = await _credential(context, pool, subject)
    proved = on_time and _proves(pool, block, credential, raw_block, timestamp=timestamp, signature=signature)
    return await judge(
        context,
        pool,
        client,
        subject,
        state=State.PASSWORD_VERIFIER,
        proved=proved,
        spent=(block.spent_id, block.expires_ms),
    )


async def _credential(context: Context, pool: Pool, subject: Subject) -> PasswordCredential:
    found = await credential_of(context, subject.user) if subject.user is not None else None
    return found or nobodys_credential(context, pool, subject.typed_name)


def _proves(
    pool: Pool,
    block: SrpBlock,
    credential: PasswordCredential,
    raw_block: bytes,
    *,
    timestamp: str,
    signature: str,
) -> bool:
    try:
        given = b64decode(signature, validate=True)
        ephemeral = Ephemeral(
            secret=int.from_bytes(block.server_secret, "big"),
            public=int.from_bytes(block.server_public, "big"),
        )
        key = server_key(
            ephemeral,
            int.from_bytes(block.client_public, "big"),
            verifier=int.from_bytes(credential.verifier, "big"),
        )
    except (ValueError, SrpError):
        return False
    identity = SrpIdentity(pool.short_name, block.username)
    return hmac.compare_digest(
        given, claim_signature(key, identity, secret_block=raw_block, timestamp=timestamp)
    )


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
