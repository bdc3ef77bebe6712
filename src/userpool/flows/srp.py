"""The proof of a password that does not leave the machine.

Operations: RespondToAuthChallenge, with the challenge PASSWORD_VERIFIER.

Sources: api:RespondToAuthChallenge; js-sdk:AuthenticationHelper; rfc5054 §2.6.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from userpool.answers import Answer
from userpool.conversation import Flow
from userpool.crypto.srp import (
    Ephemeral,
    SrpIdentity,
    claim_signature,
    client_key,
    format_timestamp,
    parse_hex,
)
from userpool.errors import GarbledAnswerError
from userpool.flows.app_client import AppClient, Extras
from userpool.flows.challenges import AuthResponse, Outcome, outcome_of, respond

__all__ = ["PASSWORD_VERIFIER", "prove_password"]

PASSWORD_VERIFIER: Final = "PASSWORD_VERIFIER"
"""The challenge that a password proves itself to."""

_PLAIN_ALPHABET: Final = str.maketrans("-_", "+/")


def prove_password(
    app: AppClient,
    response: AuthResponse,
    *,
    now: float,
    username: str,
    password: str,
    ephemeral: Ephemeral,
    extras: Extras,
) -> Flow[Outcome]:
    """Go on from an answer to SRP_A: prove the password if that is asked for, else take it as it is.

    ``now`` is the time at the service, in epoch seconds, which is part of the proof.

    Raises:
        GarbledAnswerError: something is missing in the challenge.
        SrpError: the service sent numbers that would give the password away.
    """
    if response.challenge_name != PASSWORD_VERIFIER:
        return outcome_of(app, response, username=username)
    parameters = response.challenge_parameters or {}
    # The name in the proof is the pool's own name for the person, whatever alias was typed, and from here on
    # it is also the name that is sent and that the secret hash is made for.
    user_id = parameters.get("USER_ID_FOR_SRP") or _parameter(parameters, "USERNAME")
    timestamp = format_timestamp(now)
    identity = SrpIdentity(app.pool_name, user_id)
    key = client_key(
        ephemeral,
        parse_hex(_parameter(parameters, "SRP_B"), what="SRP_B"),
        identity=identity,
        password=password,
        salt=parse_hex(_parameter(parameters, "SALT"), what="SALT"),
    )
    secret_block = _parameter(parameters, "SECRET_BLOCK")
    signature = claim_signature(key, identity, secret_block=_decoded(secret_block), timestamp=timestamp)
    answer = Answer(
        client_id=app.client_id,
        challenge=PASSWORD_VERIFIER,
        username=user_id,
        session=response.session,
        responses={
            "PASSWORD_CLAIM_SECRET_BLOCK": secret_block,
            "PASSWORD_CLAIM_SIGNATURE": b64encode(signature).decode(),
            "TIMESTAMP": timestamp,
        },
    )
    answered, _ = yield from respond(app, answer, extras=extras)
    return outcome_of(app, answered, username=user_id)


def _parameter(parameters: Mapping[str, str], name: str) -> str:
    value = parameters.get(name)
    if not value:
        raise GarbledAnswerError(f"The service asked for a proof of the password without {name}.", status=200)
    return value


def _decoded(secret_block: str) -> bytes:
    # The service writes plain base64; Amplify reads the other alphabet and missing padding too, and so do we.
    plain = secret_block.translate(_PLAIN_ALPHABET).rstrip("=")
    try:
        return b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except ValueError as error:
        raise GarbledAnswerError("SECRET_BLOCK is not base64.", status=200) from error
