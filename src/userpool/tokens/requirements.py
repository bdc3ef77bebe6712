"""What may be asked of a token beyond being genuine: groups, scopes, a nonce, an access token, a recent sign-in.

Sources: oidc-core §2 (auth_time, nonce), §3.1.3.6 (at_hash) and §3.1.3.7; rfc6749 §3.3 (scopes);
guide:amazon-cognito-user-pools-user-groups; rfc8725 §3.12.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from collections.abc import Collection
from hashlib import sha256
from typing import ClassVar, cast

import msgspec

from userpool.errors import MissingGrantError, SettingsError, TokenError
from userpool.tokens.verified import VerifiedClaims

__all__ = ["Requirements", "check_requirements", "is_number", "names", "require"]


class Requirements(msgspec.Struct, frozen=True, kw_only=True):
    """What a token must have besides; None asks for nothing.

    Attributes:
        groups: the person is in one of them at least.
        scopes: the token may be used for one of them at least.
        all_scopes: the token may be used for every one of them.
        nonce: what the sign-in began with.
        access_token: the one that came with this ID token, which names its hash.
        max_age_seconds: how long ago the person may have proved who they are.
    """

    SECRET: ClassVar[frozenset[str]] = frozenset({"access_token", "nonce"})

    groups: frozenset[str] | None = None
    scopes: frozenset[str] | None = None
    all_scopes: frozenset[str] | None = None
    nonce: str | None = None
    access_token: str | None = None
    max_age_seconds: float | None = None

    def __repr__(self) -> str:
        """Show what is asked for, but no token."""
        shown = {name: getattr(self, name) for name in self.__struct_fields__ if name not in self.SECRET}
        return f"Requirements({', '.join(f'{name}={value!r}' for name, value in shown.items() if value)})"


def require(
    groups: str | Collection[str] | None = None,
    scopes: str | Collection[str] | None = None,
    *,
    all_scopes: str | Collection[str] | None = None,
    nonce: str | None = None,
    access_token: str | None = None,
    max_age_seconds: float | None = None,
) -> Requirements | None:
    """Return these requirements, or None if they are none.

    Raises:
        SettingsError: one of them cannot be met, such as to be in one of no groups.
    """
    if max_age_seconds is not None and not (is_number(max_age_seconds) and max_age_seconds >= 0):
        raise SettingsError("max_age_seconds= is a number, and not negative.")
    if nonce == "" or access_token == "":
        raise SettingsError("nonce= and access_token= are not empty; leave them out to ask for nothing.")
    asked = Requirements(
        groups=names(groups, argument="groups"),
        scopes=names(scopes, argument="scopes"),
        all_scopes=names(all_scopes, argument="all_scopes"),
        nonce=nonce,
        access_token=access_token,
        max_age_seconds=max_age_seconds,
    )
    return None if asked == Requirements() else asked


def names(given: str | Collection[str] | None, *, argument: str) -> frozenset[str] | None:
    """Return names as a set; a single text is one name.

    Raises:
        SettingsError: there is none, or one is no name. Nothing could meet that, and to take it for "any" would be
            worse.
    """
    if given is None:
        return None
    # What is missing from a configuration arrives as None, also within a list.
    try:
        found: frozenset[object] = frozenset([given] if isinstance(given, str) else given)
    except TypeError:
        found = frozenset()
    if not found or not all(isinstance(name, str) and name for name in found):
        raise SettingsError(f"{argument}= names at least one, each by a text that is not empty.")
    return cast("frozenset[str]", found)


def is_number(given: object) -> bool:
    """Return whether a setting is a number at all; what comes from an environment is a text."""
    return isinstance(given, int | float)


def check_requirements(
    claims: VerifiedClaims, asked: Requirements, *, now: float, leeway_seconds: float
) -> None:
    """Check what is asked of a token; the time ``now`` is in epoch seconds.

    Raises:
        MissingGrantError: the person is in none of the groups, or the token may not be used for the scopes.
        TokenError: the nonce, the hash or the age is not what was asked for; ``claim`` says which.
    """
    if asked.groups is not None and asked.groups.isdisjoint(claims.groups):
        raise MissingGrantError("cognito:groups", actual=list(claims.groups), expected=_one_of(asked.groups))
    if asked.scopes is not None and asked.scopes.isdisjoint(claims.scopes):
        raise MissingGrantError("scope", actual=claims.get("scope"), expected=_one_of(asked.scopes))
    if asked.all_scopes is not None and not asked.all_scopes <= claims.scopes:
        expected = " and ".join(sorted(asked.all_scopes))
        raise MissingGrantError("scope", actual=claims.get("scope"), expected=expected)
    if asked.nonce is not None and not _same(claims.get("nonce"), asked.nonce):
        raise TokenError("nonce", expected="the one that the sign-in began with")
    if asked.access_token is not None and not _same(claims.get("at_hash"), _at_hash(asked.access_token)):
        raise TokenError("at_hash", expected="the hash of the access token that came with it")
    if asked.max_age_seconds is not None:
        _check_age(claims, now - leeway_seconds - asked.max_age_seconds)


def _check_age(claims: VerifiedClaims, earliest: float) -> None:
    moment = claims.authenticated_epoch
    # Written so that a clock that gives no number fails it.
    if moment is None or not moment >= earliest:
        raise TokenError("auth_time", actual=claims.get("auth_time"), expected=f"{earliest:.0f} or later")


def _at_hash(access_token: str) -> str:
    # The left half of the hash that the signature is made with, which is SHA-256 for RS256.
    digest = sha256(access_token.encode(errors="surrogatepass")).digest()
    return urlsafe_b64encode(digest[:16]).rstrip(b"=").decode()


def _same(found: object, expected: str) -> bool:
    return isinstance(found, str) and hmac.compare_digest(
        found.encode(errors="surrogatepass"), expected.encode(errors="surrogatepass")
    )


def _one_of(wanted: frozenset[str]) -> str:
    return " or ".join(sorted(wanted))
