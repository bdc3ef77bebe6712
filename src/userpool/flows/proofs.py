"""What a proof by SRP says, of a password and of the secret of a device alike; nothing is sent here.

Sources: api:RespondToAuthChallenge; js-sdk:AuthenticationHelper; rfc5054 §2.6.
"""

from __future__ import annotations

from base64 import b64decode, b64encode
from collections.abc import Mapping
from typing import Final

from userpool.crypto.srp import (
    Ephemeral,
    SrpIdentity,
    claim_signature,
    client_key,
    format_timestamp,
    parse_hex,
)
from userpool.errors import GarbledAnswerError

__all__ = ["proof", "required"]

_PLAIN_ALPHABET: Final = str.maketrans("-_", "+/")


def proof(
    parameters: Mapping[str, str], *, identity: SrpIdentity, password: str, ephemeral: Ephemeral, now: float
) -> dict[str, str]:
    """Return the responses that prove a password to a challenge with these parameters.

    ``now`` is the time at the service, in epoch seconds.

    Raises:
        GarbledAnswerError: something is missing in the challenge.
        SrpError: the service sent numbers that would give the password away.
    """
    timestamp = format_timestamp(now)
    key = client_key(
        ephemeral,
        parse_hex(required(parameters, "SRP_B"), what="SRP_B"),
        identity=identity,
        password=password,
        salt=parse_hex(required(parameters, "SALT"), what="SALT"),
    )
    secret_block = required(parameters, "SECRET_BLOCK")
    signature = claim_signature(key, identity, secret_block=_decoded(secret_block), timestamp=timestamp)
    return {
        "PASSWORD_CLAIM_SECRET_BLOCK": secret_block,
        "PASSWORD_CLAIM_SIGNATURE": b64encode(signature).decode(),
        "TIMESTAMP": timestamp,
    }


def required(parameters: Mapping[str, str], name: str) -> str:
    """Return a parameter of a challenge that no proof can do without.

    Raises:
        GarbledAnswerError: it is missing or empty.
    """
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
