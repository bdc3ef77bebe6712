"""Sign and verify the tokens of a user pool: RS256, three parts, a key that is known by its id.

Rules of this room: the header of a token chooses nothing but which of the known keys is tried. Its algorithm
must be RS256; keys or addresses of keys that stand in it (``jwk``, ``jku``, ``x5c``, ``x5u``) are never
looked at; what it marks as critical is refused. What fails is raised, never returned.

Sources: rfc7515 §5.2 and §4.1.11, rfc7518 §3.3, rfc8017 §8.2.2, rfc7519 §4.1 and §7.2, rfc8725 §3.1,
guide:amazon-cognito-user-pools-using-tokens-with-identity-providers (the header).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256

from userpool.errors import (
    BadSignatureError,
    ExpiredTokenError,
    MalformedTokenError,
    NotYetValidTokenError,
    SettingsError,
    UnknownKeyError,
)
from userpool.tokens.claims import decoded_claims
from userpool.tokens.jwk import MINIMUM_KEY_BITS, PublicKeys
from userpool.tokens.segments import decode_segment, decode_segments, encode_segment, token_parts

__all__ = [
    "MAX_LEEWAY_SECONDS",
    "Lifetime",
    "SigningKey",
    "VerifiedToken",
    "check_lifetime",
    "check_times",
    "prove",
    "sign",
    "verify",
]

MAX_LEEWAY_SECONDS = 60

_PADDING = PKCS1v15()
_HASH = SHA256()
# What stands before the digest in a signature of RS256 (rfc8017 §9.2, note 1).
_NAME_OF_SHA256 = bytes.fromhex("3031300d060960864801650304020105000420")

# The end of the year 9999: the latest time that a datetime holds. No honest time comes near it.
_LATEST_TIME = 253_402_300_799


@dataclass(frozen=True, slots=True)
class SigningKey:
    """A private key and the id under which its public half is published.

    Raises:
        SettingsError: the key has fewer than 2048 bits.
    """

    kid: str
    private_key: RSAPrivateKey = field(repr=False)
    header: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        """Write the header once, since it is the same in every token of this key."""
        if self.private_key.key_size < MINIMUM_KEY_BITS:
            raise SettingsError(f"A signing key has at least {MINIMUM_KEY_BITS} bits.")
        header = msgspec.json.encode({"kid": self.kid, "alg": "RS256"})
        object.__setattr__(self, "header", encode_segment(header))

    @property
    def public_key(self) -> RSAPublicKey:
        """The public half."""
        return self.private_key.public_key()


class VerifiedToken(msgspec.Struct, frozen=True):
    """A token whose signature is right. Its times, issuer, audience and use are still to be checked.

    ``claims`` belongs to the holder alone: nobody else has this dictionary.
    """

    kid: str
    claims: dict[str, Any]

    def __repr__(self) -> str:
        """Name the key and nothing else, for the claims tell about a person."""
        return f"VerifiedToken(kid={self.kid!r})"


def sign(claims: Mapping[str, Any], key: SigningKey) -> str:
    """Return the token: header exactly ``{"kid": …, "alg": "RS256"}``, claims in the order given, compact."""
    payload = msgspec.json.encode(claims if isinstance(claims, dict) else dict(claims))
    message = f"{key.header}.{encode_segment(payload)}"
    signature = key.private_key.sign(message.encode(), _PADDING, _HASH)
    return f"{message}.{encode_segment(signature)}"


def verify(token: str, keys: Mapping[str, RSAPublicKey]) -> VerifiedToken:
    """Check the signature of a token against the keys of a pool, given by their ids.

    Raises:
        MalformedTokenError: not a token of the kind that :func:`sign` makes.
        UnknownKeyError: its key id is not in ``keys``.
        BadSignatureError: the signature does not belong to it, or its key is shorter than RS256 allows.
    """
    kid, payload = prove(token, keys)
    if keys[kid].key_size < MINIMUM_KEY_BITS:
        raise BadSignatureError("signature", expected=f"one by an RSA key of {MINIMUM_KEY_BITS} bits or more")
    return VerifiedToken(kid, decoded_claims(payload))


def prove(token: str, keys: PublicKeys) -> tuple[str, bytes]:
    """Check the signature of a token as :func:`verify` does, by keys that are known to be long enough.

    Returns:
        The id of the key, and the JSON text of the payload.
    """
    header, encoded, signature = token_parts(token)
    kid = _known_headers.get(header) or _key_id(header, keys)
    key = keys.get(kid)
    if key is None:
        raise UnknownKeyError("kid", actual=kid)
    payload, proof = decode_segments(encoded, signature)
    # What was signed is the token up to its second dot.
    digest = sha256(token[: -len(signature) - 1].encode()).digest()
    try:
        # As rfc8017 §8.2.2 puts it: what the signature holds is compared, as a whole, with what it has to hold. It is
        # what verify() does, less a tenth of its time, in which OpenSSL looks for the hash by its name.
        held = key.recover_data_from_signature(proof, _PADDING, None)
    except InvalidSignature:
        held = b""
    if held != _NAME_OF_SHA256 + digest:
        raise BadSignatureError("signature", expected="one by the pool's key over this token")
    return kid, payload


def check_times(claims: Mapping[str, Any], now: float, *, leeway_seconds: float = 0) -> None:
    """Check ``exp``, and ``nbf`` and ``iat`` where present, against the time ``now`` in epoch seconds.

    ``iat`` is only asked to be a time: a token may well come from a clock that is a little ahead of ours.

    Raises:
        MalformedTokenError: ``exp`` is missing, or one of them is not a whole number of seconds up to the year 9999.
        ExpiredTokenError: the time is at ``exp`` or after it.
        NotYetValidTokenError: the time is before ``nbf``.
        SettingsError: the leeway is negative or more than a minute.
    """
    if not 0 <= leeway_seconds <= MAX_LEEWAY_SECONDS:
        raise SettingsError(f"The leeway is between 0 and {MAX_LEEWAY_SECONDS} seconds.")
    exp = _whole("exp", claims.get("exp"))
    check_lifetime(
        Lifetime(exp, _whole("iat", claims.get("iat", 0)), _whole("nbf", claims.get("nbf", 0))),
        now,
        leeway_seconds=leeway_seconds,
    )


class Lifetime(msgspec.Struct, gc=False):
    """When a token begins and ends, in epoch seconds."""

    exp: int
    iat: int = 0
    nbf: int = 0


def check_lifetime(times: Lifetime, now: float, *, leeway_seconds: float) -> None:
    """Check times that are known to be whole numbers, as :func:`check_times` does."""
    expires, begins = times.exp, times.nbf
    # Both comparisons are written so that a clock that gives no number fails them.
    if not now - leeway_seconds < expires:
        raise ExpiredTokenError("exp", actual=_time("exp", expires), expected=f"a time after {now:.0f}")
    if expires > _LATEST_TIME or not 0 <= times.iat <= _LATEST_TIME or not 0 <= begins <= _LATEST_TIME:
        for name, value in (("exp", expires), ("iat", times.iat), ("nbf", begins)):
            _time(name, value)
    if not now + leeway_seconds >= begins:
        raise NotYetValidTokenError("nbf", actual=begins, expected=f"a time not after {now:.0f}")


def _whole(name: str, value: object) -> int:
    # A bool is an int to isinstance().
    if type(value) is not int:
        raise MalformedTokenError(name, actual=value, expected="a whole number of seconds since 1970")
    return value


def _time(name: str, value: int) -> int:
    if not 0 <= value <= _LATEST_TIME:
        raise MalformedTokenError(name, actual=value, expected="a whole number of seconds since 1970")
    return value


# ---- the header ----


class _Header(msgspec.Struct):
    alg: str
    kid: str
    # Any value at all is refused, so null must not look like absence.
    crit: msgspec.Raw | msgspec.UnsetType = msgspec.UNSET


_decode_header = msgspec.json.Decoder(_Header).decode

# Header segments that were read before, with the key id in them. A pool signs with two keys, so nearly every
# token begins with one of a few texts. Invented ones get in only under the id of a known key, and at worst
# empty the store.
_known_headers: dict[str, str] = {}
_MOST_KNOWN_HEADERS = 256
_LONGEST_KNOWN_HEADER = 1024


def _key_id(segment: str, keys: Mapping[str, object]) -> str:
    kid = _read_header(segment)
    if kid in keys and len(segment) <= _LONGEST_KNOWN_HEADER:
        if len(_known_headers) >= _MOST_KNOWN_HEADERS:
            _known_headers.clear()
        _known_headers[segment] = kid
    return kid


def _read_header(segment: str) -> str:
    try:
        header = _decode_header(decode_segment(segment, part="header"))
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        raise MalformedTokenError("header", expected="a JSON object with alg and kid") from None
    if header.alg != "RS256":
        raise MalformedTokenError("alg", actual=header.alg, expected="RS256")
    if header.crit is not msgspec.UNSET:
        raise MalformedTokenError("crit", expected="no critical extensions")
    return header.kid
