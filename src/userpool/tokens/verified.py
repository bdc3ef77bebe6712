"""What a verified token says: a frozen mapping of its claims, and the few that decide whether it is believed.

Rules of this room: only what `userpool.tokens.jwt.prove` has let through comes here. A claim that decides
something has its exact type or the token is refused; everything else is what the pool wrote.

Sources: rfc7519 §4.1, guide:amazon-cognito-user-pools-using-the-id-token,
guide:amazon-cognito-user-pools-using-the-access-token.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Annotated, Any, cast

import msgspec

from userpool.errors import MalformedTokenError
from userpool.tokens.claims import decoded_claims
from userpool.tokens.jwt import Lifetime

__all__ = ["Facts", "VerifiedClaims", "read_facts"]


class Facts(Lifetime, kw_only=True, gc=False):
    """The claims that decide whether a token is believed. What stands in ``aud`` depends on the token's use."""

    iss: str
    token_use: str
    sub: Annotated[str, msgspec.Meta(min_length=1)]
    client_id: str | None = None
    aud: Any = None


_decode_facts = msgspec.json.Decoder(Facts).decode
_decode_members = msgspec.json.Decoder(dict[str, Any]).decode


def read_facts(payload: bytes) -> Facts:
    """Return the facts in the JSON text of a token whose signature is right.

    Raises:
        MalformedTokenError: it is not a JSON object, or one of the facts is missing or has the wrong type.
    """
    try:
        return _decode_facts(payload)
    except (msgspec.MsgspecError, RecursionError, UnicodeError):
        # Their messages may quote what stands in the token.
        pass
    raise _what_is_wrong(decoded_claims(payload))


def _what_is_wrong(members: dict[str, Any]) -> MalformedTokenError:
    for name in ("iss", "token_use", "sub", "client_id"):
        # An ID token does not say for which client it is in this place.
        value = members.get(name, "" if name == "client_id" else None)
        if not isinstance(value, str) or (name == "sub" and not value):
            return MalformedTokenError(name, expected="a text")
    for name in ("exp", "iat", "nbf"):
        # A bool is an int to isinstance().
        if type(members.get(name, None if name == "exp" else 0)) is not int:
            return MalformedTokenError(name, expected="a whole number of seconds since 1970")
    return MalformedTokenError("payload", expected="the claims of a user pool's token")


class VerifiedClaims(Mapping[str, Any]):
    """The claims of a token that was verified: a mapping that cannot be changed, with names for the usual ones.

    Lists and objects in it are copies, so that whoever changes one changes nobody else's.
    """

    __slots__ = ("_facts", "_members", "_text", "_user_pool_id")

    def __init__(self, facts: Facts, text: bytes, user_pool_id: str) -> None:
        self._facts = facts
        self._text = text
        self._user_pool_id = user_pool_id
        # Many callers want no more than the names below; then the rest is never decoded.
        self._members: dict[str, Any] | None = None

    # ---- a mapping ----

    def __getitem__(self, name: str) -> Any:
        return _copied(self._all()[name])

    def __iter__(self) -> Iterator[str]:
        return iter(self._all())

    def __len__(self) -> int:
        return len(self._all())

    def __contains__(self, name: object) -> bool:
        return name in self._all()

    def __eq__(self, other: object) -> bool:
        if isinstance(other, VerifiedClaims):
            return self._text == other._text
        return isinstance(other, Mapping) and self._all() == dict(cast("Mapping[str, Any]", other))

    def __hash__(self) -> int:
        return hash(self._text)

    def __repr__(self) -> str:
        """Name use and client and nothing else, for the claims tell about a person."""
        return f"<VerifiedClaims of an {self.token_use} token for client {self.client_id!r}>"

    # ---- the usual ones by name ----

    @property
    def token_use(self) -> str:
        """``"access"`` or ``"id"``."""
        return self._facts.token_use

    @property
    def sub(self) -> str:
        """The person's id, which never changes; for a client's own token, the client's id."""
        return self._facts.sub

    @property
    def username(self) -> str | None:
        """The pool's name for the person; None in a client's own token, which is nobody's."""
        members = self._all()
        name = members.get("cognito:username") if self.token_use == "id" else members.get("username")
        return name if isinstance(name, str) else None

    @property
    def client_id(self) -> str:
        """The app client that the token was made for: ``client_id`` of an access token, ``aud`` of an ID token."""
        facts = self._facts
        return str(facts.client_id if facts.token_use == "access" else facts.aud)

    @property
    def user_pool_id(self) -> str:
        """The pool that signed it."""
        return self._user_pool_id

    @property
    def issuer(self) -> str:
        """The pool's name for itself in the token."""
        return self._facts.iss

    @property
    def groups(self) -> tuple[str, ...]:
        """The groups of the person (``cognito:groups``), in the pool's order."""
        groups = self._all().get("cognito:groups")
        if not isinstance(groups, list):
            return ()
        return tuple(name for name in cast("list[object]", groups) if isinstance(name, str))

    @property
    def scopes(self) -> frozenset[str]:
        """What an access token may be used for (``scope``); an ID token has none."""
        scope = self._all().get("scope")
        return frozenset(scope.split(" ")) - {""} if isinstance(scope, str) else frozenset()

    @property
    def expires_epoch(self) -> int:
        """When the token expires, in epoch seconds."""
        return self._facts.exp

    @property
    def expires_at(self) -> datetime:
        """When the token expires."""
        return datetime.fromtimestamp(self._facts.exp, UTC)

    @property
    def issued_at(self) -> datetime:
        """When the token was made."""
        return datetime.fromtimestamp(self._facts.iat, UTC)

    @property
    def authenticated_epoch(self) -> int | None:
        """When the person last proved who they are (``auth_time``), in epoch seconds; renewals do not change it."""
        moment = self._all().get("auth_time")
        return moment if type(moment) is int else None

    def _all(self) -> dict[str, Any]:
        if self._members is None:
            try:
                self._members = _decode_members(self._text)
            except (msgspec.MsgspecError, RecursionError, UnicodeError):
                # A number that no reader can hold, say: it was skipped as long as nobody asked for it.
                self._members = None
        if self._members is None:
            raise MalformedTokenError("payload", expected="a JSON object")
        return self._members


def _copied(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _copied(member) for name, member in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [_copied(member) for member in cast("list[object]", value)]
    return value
