"""Public keys as JSON Web Keys: what ``/.well-known/jwks.json`` says, written and read.

Sources: rfc7517 §4-5, rfc7518 §6.3, guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, TypeAlias, cast

import msgspec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from userpool.errors import GarbledAnswerError, MalformedTokenError
from userpool.tokens.segments import decode_segment, encode_segment

__all__ = ["MINIMUM_KEY_BITS", "PublicKeys", "key_set", "load_jwks", "public_jwk"]

# rfc7518 §3.3 demands 2048 bits of every RS256 key. The upper bound keeps a hostile key set from making each
# check slow.
MINIMUM_KEY_BITS = 2048
_MAXIMUM_KEY_BITS = 8192

PublicKeys: TypeAlias = Mapping[str, RSAPublicKey]
"""The public keys of a pool, by their ids."""


def public_jwk(public_key: RSAPublicKey, kid: str) -> dict[str, str]:
    """Return the key as a user pool publishes it: alg, e, kid, kty, n and use, in this order."""
    numbers = public_key.public_numbers()
    return {
        "alg": "RS256",
        "e": _number_text(numbers.e),
        "kid": kid,
        "kty": "RSA",
        "n": _number_text(numbers.n),
        "use": "sig",
    }


def key_set(keys: Iterable[tuple[str, RSAPublicKey]]) -> dict[str, list[dict[str, str]]]:
    """Return the JWKS document of these keys, given as pairs of key id and key."""
    return {"keys": [public_jwk(key, kid) for kid, key in keys]}


def load_jwks(document: bytes | str | Mapping[str, Any]) -> dict[str, RSAPublicKey]:
    """Read a JWKS document, as text or already decoded, into public keys by key id.

    A key that cannot have signed a token of a user pool is passed over: another type, use or algorithm, no
    key id, too short, or not a key at all. So a pool may one day publish new kinds of keys beside the old
    ones.

    Raises:
        GarbledAnswerError: the document is not an object with a list named ``keys``.
    """
    if not isinstance(document, Mapping):
        document = _decoded(document)
    entries = document.get("keys")
    if not isinstance(entries, list):
        raise GarbledAnswerError("The key set has no list named keys.")
    keys: dict[str, RSAPublicKey] = {}
    for entry in cast("list[object]", entries):
        if isinstance(entry, dict):
            members = cast("dict[str, object]", entry)
            key = _signing_key(members)
            if key is not None:
                keys[str(members["kid"])] = key
    return keys


def _decoded(text: bytes | str) -> dict[str, Any]:
    try:
        return msgspec.json.decode(text, type=dict[str, Any])
    except (msgspec.MsgspecError, RecursionError, TypeError, UnicodeError) as error:
        raise GarbledAnswerError("The key set is not a JSON object.") from error


def _signing_key(entry: Mapping[str, object]) -> RSAPublicKey | None:
    if entry.get("kty") != "RSA" or entry.get("use", "sig") != "sig" or entry.get("alg", "RS256") != "RS256":
        return None
    kid, n, e = entry.get("kid"), entry.get("n"), entry.get("e")
    if not (isinstance(kid, str) and isinstance(n, str) and isinstance(e, str)):
        return None
    try:
        modulus = _number(n)
        if not MINIMUM_KEY_BITS <= modulus.bit_length() <= _MAXIMUM_KEY_BITS:
            return None
        return RSAPublicNumbers(_number(e), modulus).public_key()
    except (MalformedTokenError, ValueError):
        return None


def _number_text(number: int) -> str:
    # rfc7518 §2, Base64urlUInt: big-endian, no leading zero bytes.
    return encode_segment(number.to_bytes((number.bit_length() + 7) // 8, "big"))


def _number(text: str) -> int:
    return int.from_bytes(decode_segment(text, part="key"), "big")
