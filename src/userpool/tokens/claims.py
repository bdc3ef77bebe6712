"""Look into a token without verifying it, as its own holder may.

Rules of this room: nothing here proves anything. A client reads its own tokens this way, to know when to
renew them and whose they are; whoever is handed a token by somebody else uses ``userpool.tokens.jwt`` first.

Sources: rfc7519 §3, guide:amazon-cognito-user-pools-using-the-id-token,
guide:amazon-cognito-user-pools-using-the-access-token.
"""

from __future__ import annotations

from typing import Any, cast

import msgspec

from userpool.errors import MalformedTokenError
from userpool.tokens.segments import decode_segment, token_parts

__all__ = ["Claims", "decoded_claims", "read_claims", "unverified_claims"]

_decode_json = msgspec.json.Decoder().decode


class Claims(msgspec.Struct, frozen=True, kw_only=True):
    """What a client wants to know of its own ID or access token; None where the token does not say it.

    Attributes:
        token_use: ``"id"`` or ``"access"``.
        sub: the user's permanent id.
        username: the user's name, which an ID token calls ``cognito:username`` and an access token
            ``username``.
        origin_jti: the sign-in that the token descends from; without one its refresh token cannot be revoked.
        issued_at: epoch seconds.
        expires_at: epoch seconds.
        members: everything that stands in the token, under its own name.
    """

    token_use: str | None
    sub: str | None
    username: str | None
    origin_jti: str | None
    issued_at: int | None
    expires_at: int | None
    members: dict[str, Any]

    def __repr__(self) -> str:
        """Name the use and nothing else, for the claims tell about a person."""
        return f"Claims(token_use={self.token_use!r}, ***)"


def unverified_claims(token: str) -> dict[str, Any]:
    """Return everything a token claims.

    Raises:
        MalformedTokenError: not three parts, or the middle one is not a JSON object in base64url. A refresh
            token, which is sealed, ends here as well.
    """
    _, payload, _ = token_parts(token)
    return decoded_claims(decode_segment(payload, part="payload"))


def read_claims(token: str) -> Claims:
    """Return the claims a client acts on, with their types checked.

    Raises:
        MalformedTokenError: as :func:`unverified_claims`, or one of these claims has the wrong type.
    """
    members = unverified_claims(token)
    return Claims(
        token_use=_text(members, "token_use"),
        sub=_text(members, "sub"),
        username=_text(members, "cognito:username") or _text(members, "username"),
        origin_jti=_text(members, "origin_jti"),
        issued_at=_seconds(members, "iat"),
        expires_at=_seconds(members, "exp"),
        members=members,
    )


def decoded_claims(payload: bytes) -> dict[str, Any]:
    """Read the JSON text of a token's middle part.

    Raises:
        MalformedTokenError: not a JSON object.
    """
    try:
        claims = _decode_json(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        # Their messages may quote what stands in the token.
        claims = None
    if not isinstance(claims, dict):
        raise MalformedTokenError("payload", expected="a JSON object")
    return cast("dict[str, Any]", claims)


def _text(members: dict[str, Any], name: str) -> str | None:
    value = members.get(name)
    if value is not None and not isinstance(value, str):
        raise MalformedTokenError(name, expected="a text")
    return value


def _seconds(members: dict[str, Any], name: str) -> int | None:
    value = members.get(name)
    # A bool is an int to Python.
    if value is not None and type(value) is not int:
        raise MalformedTokenError(name, expected="a whole number of seconds since 1970")
    return value
