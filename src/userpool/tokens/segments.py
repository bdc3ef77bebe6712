"""The parts of a token: base64url as JSON Web Signature writes it, without padding and in one way only.

Sources: rfc7515 §2 and appendix C, rfc4648 §5 and §3.5.
"""

from __future__ import annotations

import binascii

import msgspec

from userpool.errors import MalformedTokenError

__all__ = ["MAX_TOKEN_CHARACTERS", "decode_segment", "decode_segments", "encode_segment", "token_parts"]

# A token of a user with all 100 groups and 50 custom attributes stays below this; a longer one only costs
# time.
MAX_TOKEN_CHARACTERS = 65_536

_TO_URL = bytes.maketrans(b"+/", b"-_")

# Back to the standard alphabet, and between quotes: msgspec reads base64 out of JSON in half the time that
# binascii takes, and every token that is verified passes here twice. What only the other alphabet has,
# padding, and what would mean something inside a JSON string become a character that no alphabet has.
_FROM_URL = bytes.maketrans(b'-_+/="\\', b"+/!!!!!")
_decode_base64 = msgspec.json.Decoder(bytes).decode
_decode_two = msgspec.json.Decoder(tuple[bytes, bytes]).decode

_CLOSING = (b'"', b'"', b'=="', b'="')
_BETWEEN = tuple(closing + b',"' for closing in _CLOSING)
_CLOSING_BOTH = tuple(closing + b"]" for closing in _CLOSING)

# Where the bits of the last character do not all belong to a byte, the remaining ones must be zero: otherwise
# one token could be written in several ways, and a list of refused tokens would know only one of them.
_LAST_CHARACTERS = ("", "", "AQgw", "AEIMQUYcgkosw048")


def encode_segment(data: bytes) -> str:
    """Write ``data`` in base64url without padding."""
    return binascii.b2a_base64(data, newline=False).rstrip(b"=").translate(_TO_URL).decode()


def decode_segment(segment: str, *, part: str) -> bytes:
    """Read base64url without padding; ``part`` names it in the error.

    Raises:
        MalformedTokenError: another character, padding, an impossible length or bits that belong to no byte.
    """
    rest = len(segment) % 4
    try:
        if not rest or segment[-1] in _LAST_CHARACTERS[rest]:
            return _decode_base64(b'"' + segment.encode().translate(_FROM_URL) + _CLOSING[rest])
    except (msgspec.MsgspecError, UnicodeError):
        pass
    raise MalformedTokenError(part, expected="base64url without padding")


def decode_segments(payload: str, signature: str) -> tuple[bytes, bytes]:
    """Read payload and signature as :func:`decode_segment` does, both at once, which is faster.

    Raises:
        MalformedTokenError: one of them is not base64url as it has to be.
    """
    of_payload, of_signature = len(payload) % 4, len(signature) % 4
    try:
        if (not of_payload or payload[-1] in _LAST_CHARACTERS[of_payload]) and (
            not of_signature or signature[-1] in _LAST_CHARACTERS[of_signature]
        ):
            return _decode_two(
                b'["'
                + payload.encode().translate(_FROM_URL)
                + _BETWEEN[of_payload]
                + signature.encode().translate(_FROM_URL)
                + _CLOSING_BOTH[of_signature]
            )
    except (msgspec.MsgspecError, UnicodeError):
        pass
    return decode_segment(payload, part="payload"), decode_segment(signature, part="signature")


def token_parts(token: str) -> tuple[str, str, str]:
    """Cut a token into header, payload and signature, still encoded; they are ASCII.

    Raises:
        MalformedTokenError: longer than any token, not ASCII, or not three parts between two dots.
    """
    if len(token) > MAX_TOKEN_CHARACTERS:
        raise MalformedTokenError("token", expected=f"at most {MAX_TOKEN_CHARACTERS} characters")
    # Twice partition() takes half the time of one split(), which looks at every character by itself.
    header, _, rest = token.partition(".")
    payload, dot, signature = rest.partition(".")
    if not dot or "." in signature or not token.isascii():
        raise MalformedTokenError("token", expected="three parts between two dots")
    return header, payload, signature
