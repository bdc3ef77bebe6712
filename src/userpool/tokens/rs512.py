"""Sign and verify the tokens of identity pools: RS512, where those of user pools are RS256.

Rules of this room: as for ``userpool.tokens.jwt``. The header of a token chooses nothing but which of the known keys
is tried; its algorithm must be RS512, and what it marks as critical is refused.

Sources: rfc7515 §5.2, rfc7518 §3.3, rfc8725 §3.1; the header and the algorithm as seen in tokens of the service.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA512

from userpool.errors import BadSignatureError, MalformedTokenError, UnknownKeyError
from userpool.tokens.claims import decoded_claims
from userpool.tokens.jwk import MINIMUM_KEY_BITS, public_jwk
from userpool.tokens.jwt import SigningKey, VerifiedToken
from userpool.tokens.segments import decode_segment, encode_segment, token_parts

__all__ = ["rs512_key_set", "sign_rs512", "verify_rs512"]

_PADDING = PKCS1v15()
_HASH = SHA512()


class _Header(msgspec.Struct):
    alg: str
    kid: str
    # Any value at all is refused, so null must not look like absence.
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_header = msgspec.json.Decoder(_Header).decode


def sign_rs512(claims: Mapping[str, Any], key: SigningKey) -> str:
    """Return the token: header ``{"kid": …, "typ": "JWS", "alg": "RS512"}``, claims in the order given, compact."""
    header = msgspec.json.encode({"kid": key.kid, "typ": "JWS", "alg": "RS512"})
    message = f"{encode_segment(header)}.{encode_segment(msgspec.json.encode(dict(claims)))}"
    signature = key.private_key.sign(message.encode(), _PADDING, _HASH)
    return f"{message}.{encode_segment(signature)}"


def verify_rs512(token: str, keys: Mapping[str, RSAPublicKey]) -> VerifiedToken:
    """Check the signature of a token against known keys, given by their ids.

    Raises:
        MalformedTokenError: not a token of the kind that :func:`sign_rs512` makes.
        UnknownKeyError: its key id is not in ``keys``.
        BadSignatureError: the signature does not belong to it, or its key is shorter than RS512 allows.
    """
    header, payload, signature = token_parts(token)
    kid = _key_id(header)
    key = keys.get(kid)
    if key is None:
        raise UnknownKeyError("kid", actual=kid)
    if key.key_size < MINIMUM_KEY_BITS:
        raise BadSignatureError("signature", expected=f"one by an RSA key of {MINIMUM_KEY_BITS} bits or more")
    try:
        proof = decode_segment(signature, part="signature")
        key.verify(proof, f"{header}.{payload}".encode(), _PADDING, _HASH)
    except InvalidSignature:
        raise BadSignatureError("signature", expected="one by the issuer's key over this token") from None
    return VerifiedToken(kid, decoded_claims(decode_segment(payload, part="payload")))


def rs512_key_set(keys: Mapping[str, RSAPublicKey]) -> dict[str, list[dict[str, str]]]:
    """Return the JWKS document of these keys, given by their ids."""
    return {"keys": [{**public_jwk(key, kid), "alg": "RS512"} for kid, key in keys.items()]}


def _key_id(segment: str) -> str:
    try:
        header = _decode_header(decode_segment(segment, part="header"))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise MalformedTokenError("header", expected="a JSON object with alg and kid") from None
    if header.alg != "RS512":
        raise MalformedTokenError("alg", actual=header.alg, expected="RS512")
    if header.crit is not msgspec.UNSET:
        raise MalformedTokenError("crit", expected="no critical extensions")
    return header.kid
