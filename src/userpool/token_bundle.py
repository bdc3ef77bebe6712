"""The tokens of one signed-in person, as a value.

Rules of this room: nothing here verifies a signature. The tokens came from the service over TLS, and they are
read only to know whom they belong to and when they expire; a program that is *handed* tokens verifies them
first.

Sources: guide:amazon-cognito-user-pools-using-the-access-token,
guide:amazon-cognito-user-pools-using-the-id-token;
js-sdk:CognitoUserSession (a session expires with the earlier of its two tokens).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar, Final

from msgspec.structs import force_setattr

from userpool.devices import KnownDevice
from userpool.errors import TokenError, UserPoolError
from userpool.tokens.claims import Claims, read_claims
from userpool.values import Value

__all__ = ["Granted", "NewDevice", "Tokens"]

# What cannot be read is taken for expired, so that it is renewed rather than believed.
_LONG_AGO: Final = 0.0


class Tokens(Value, frozen=True):
    """An access token and what came with it; the texts are never shown.

    ``id_token`` is missing where the sign-in did not ask for one, ``refresh_token`` where none was given. An empty text
    is read as None: the JavaScript SDK keeps one for a token that it did not get.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"access_token", "id_token", "refresh_token"})

    access_token: str
    id_token: str | None = None
    refresh_token: str | None = None

    def __post_init__(self) -> None:
        for name in ("id_token", "refresh_token"):
            if getattr(self, name) == "":
                force_setattr(self, name, None)

    @property
    def expires_epoch(self) -> float:
        """When the first of the access and the ID token expires, in epoch seconds; 0 if they do not tell."""
        return min(_expiry(token) for token in (self.access_token, self.id_token) if token is not None)

    @property
    def expires_at(self) -> datetime:
        """When the first of the access and the ID token expires, on the service's clock."""
        return datetime.fromtimestamp(self.expires_epoch, UTC)

    @property
    def access_claims(self) -> Mapping[str, Any]:
        """What the access token says, unverified; empty if it cannot be read."""
        return _claims(self.access_token).members

    @property
    def id_claims(self) -> Mapping[str, Any]:
        """What the ID token says, unverified; empty if there is none or it cannot be read."""
        return _claims(self.id_token).members

    @property
    def username(self) -> str | None:
        """The name under which the pool knows this person, whatever name they signed in with."""
        return _claims(self.access_token).username or _claims(self.id_token).username

    @property
    def sub(self) -> str | None:
        """The person's id, which never changes."""
        return _claims(self.access_token).sub or _claims(self.id_token).sub

    @property
    def device_key(self) -> str | None:
        """The key of the device these tokens are bound to, which a renewal has to name, or None."""
        key = self.access_claims.get("device_key")
        return key if isinstance(key, str) and key else None

    @property
    def revocable(self) -> bool:
        """Whether the pool can revoke them; then its access tokens have an ``origin_jti``."""
        claims = _claims(self.access_token)
        # A token that cannot be read may still be one that can be revoked.
        return self.refresh_token is not None and (not claims.members or claims.origin_jti is not None)


class NewDevice(Value, frozen=True):
    """The keys that a pool which remembers devices gave to this one at sign-in."""

    key: str
    group_key: str


class Granted(Value, frozen=True):
    """The service let somebody in; nothing of it has been stored yet.

    ``device`` is the one they signed in with, if its secret is known, and ``device_is_new`` tells that it was
    confirmed just now. ``device_name`` is what a new one is to be called. ``lost_device`` is the key of one that the
    pool has forgotten. ``login`` is the name that was typed. The rest is as in `userpool.steps.SignedIn`.
    """

    username: str
    tokens: Tokens
    new_device: NewDevice | None = None
    device: KnownDevice | None = None
    device_is_new: bool = False
    device_error: UserPoolError | None = None
    user_confirmation_necessary: bool = False
    lost_device: str | None = None
    login: str = ""
    device_name: str | None = None


_NOTHING: Final = Claims(
    token_use=None, sub=None, username=None, origin_jti=None, issued_at=None, expires_at=None, members={}
)


def _expiry(token: str) -> float:
    expires_at = _claims(token).expires_at
    return _LONG_AGO if expires_at is None else float(expires_at)


def _claims(token: str | None) -> Claims:
    try:
        return read_claims(token) if token else _NOTHING
    except TokenError:
        return _NOTHING
