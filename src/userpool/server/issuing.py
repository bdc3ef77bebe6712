"""Tokens: what a sign-in is answered with, renewed and taken back.

A sign-in makes one session. Its id is the `origin_jti` of every token, its refresh token is opaque (sealed,
five parts, as the service's are) and is checked against the session's row; an access token is refused here as
soon as that row is gone.

Sources: guide:amazon-cognito-user-pools-using-the-id-token, -access-token, -refresh-token, token-revocation;
relations between claims as verified on AWS.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import TYPE_CHECKING, Any

import msgspec

from userpool.effects import uuid4_text
from userpool.server.records import Session
from userpool.server.rules.attributes import VERIFIED_NAMES, readable
from userpool.server.rules.token_claims import Groups, access_claims, id_claims
from userpool.server.rules.token_validity import access_seconds, id_seconds, refresh_seconds
from userpool.server.sealing import UnsealError
from userpool.server.triggers.configured import has
from userpool.server.triggers.token_generation import pre_token_generation
from userpool.tokens.jwt import sign
from userpool.wire.faults import NotAuthorizedException
from userpool.wire.shapes import AuthenticationResultType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.keys import PoolKeys
    from userpool.server.records import Client, Pool, User
    from userpool.server.rules.token_claims import TokenChanges
    from userpool.server.triggers.token_generation import TokenSource

API_SCOPE = "aws.cognito.signin.user.admin"
REFRESH = "refresh token"
REFRESH_SECRET_BYTES = 32
# A JWE header in the compact form; the second part, an encrypted key, is empty with direct encryption (rfc7516 §4.5).
REFRESH_HEADER = "eyJjdHkiOiJKV1QiLCJlbmMiOiJBMjU2R0NNIiwiYWxnIjoiZGlyIn0"
REFRESH_PARTS = 5
LONGEST_GRACE_MS = 60_000
"""The longest RetryGracePeriodSeconds that a client may have (api: RefreshTokenRotationType)."""
MOST_EARLIER = 10
"""Refresh tokens before the last one that are known while they may have grace left; one more has none."""


class RefreshContent(msgspec.Struct, frozen=True, kw_only=True, array_like=True):
    """What a refresh token says, sealed."""

    sub: str
    session_id: str
    client_id: str
    pool_id: str
    secret: bytes

    @property
    def digest(self) -> str:
        """What the session's row keeps of the token."""
        return hashlib.sha256(self.secret).hexdigest()

    def __repr__(self) -> str:
        return "RefreshContent(***)"


def new_session(context: Context, client: Client, user: User) -> tuple[Session, str]:
    """Return a session that begins now, to be written by the caller, and its refresh token."""
    now_ms = context.now_ms
    content = RefreshContent(
        sub=user.sub,
        session_id=uuid4_text(context.effects),
        client_id=client.client_id,
        pool_id=user.pool_id,
        secret=context.effects.random_bytes(REFRESH_SECRET_BYTES),
    )
    session = Session(
        session_id=content.session_id,
        sub=user.sub,
        client_id=client.client_id,
        auth_time_ms=now_ms,
        expires_ms=now_ms + refresh_seconds(client.description) * 1000,
        refresh_digest=content.digest,
        scope=API_SCOPE,
    )
    return session, seal_refresh_token(context, content)


def rotated(context: Context, session: Session, pool_id: str) -> tuple[Session, str]:
    """Return a session with a new refresh token, for the lifetime that the old one had left, and that token."""
    content = _successor(context, session, pool_id, digest=session.refresh_digest)
    renewed = msgspec.structs.replace(
        session,
        refresh_digest=content.digest,
        previous_digest=session.refresh_digest,
        rotated_ms=context.now_ms,
        earlier_digests=_with_grace_left(session, context.now_ms),
    )
    return renewed, seal_refresh_token(context, content)


def rotated_out(session: Session) -> dict[str, int]:
    """Return the digests of a session's earlier refresh tokens and when each was rotated out, the latest last."""
    if session.previous_digest is None:
        return {}
    return {**session.earlier_digests, session.previous_digest: session.rotated_ms}


def _with_grace_left(session: Session, now_ms: int) -> dict[str, int]:
    fresh = [
        (digest, rotated_ms)
        for digest, rotated_ms in rotated_out(session).items()
        if now_ms < rotated_ms + LONGEST_GRACE_MS
    ]
    # Whoever rotates without end must not make the record longer and longer.
    return dict(fresh[-MOST_EARLIER:])


def handed_out_again(context: Context, session: Session, pool_id: str) -> str:
    """Return the refresh token that is good now once more, for the holder of one before it."""
    content = _successor(context, session, pool_id, digest=session.previous_digest or "")
    return seal_refresh_token(context, content)


def _successor(context: Context, session: Session, pool_id: str, *, digest: str) -> RefreshContent:
    # A token has one successor, which follows from it and a key of this server: whoever shows a token twice
    # within its grace, as tabs of one browser do, gets the same one again, and nobody's is voided by another's.
    key = context.sealer.derived_key("refresh token rotation")
    secret = hmac.digest(key, f"{session.session_id} {digest}".encode(), hashlib.sha256)
    return RefreshContent(
        sub=session.sub,
        session_id=session.session_id,
        client_id=session.client_id,
        pool_id=pool_id,
        secret=secret,
    )


def seal_refresh_token(context: Context, content: RefreshContent) -> str:
    """Return a refresh token as a client gets it."""
    sealed = context.sealer.seal(REFRESH, msgspec.msgpack.encode(content), context="")
    # Nonce, ciphertext and tag stand where a JWE has them; the format byte goes with the nonce.
    parts = [
        urlsafe_b64encode(part).rstrip(b"=").decode() for part in (sealed[:13], sealed[13:-16], sealed[-16:])
    ]
    return ".".join([REFRESH_HEADER, "", *parts])


def open_refresh_token(context: Context, token: str) -> RefreshContent:
    """Return what a refresh token says.

    Raises:
        NotAuthorizedException: it isn't one of ours.
    """
    parts = token.split(".")
    try:
        if len(parts) != REFRESH_PARTS or parts[0] != REFRESH_HEADER or parts[1]:
            raise UnsealError
        sealed = b"".join(urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in parts[2:])
        opened = context.sealer.open(REFRESH, sealed, context="")
        return msgspec.msgpack.decode(opened, type=RefreshContent)
    except (UnsealError, ValueError):
        raise NotAuthorizedException("Invalid Refresh Token") from None  # The cause would say what was wrong.


async def tokens_for(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    session: Session,
    *,
    refresh_token: str | None,
    source: TokenSource = "TokenGeneration_Authentication",
    client_metadata: Mapping[str, str] | None = None,
) -> AuthenticationResultType:
    """Return a fresh id and access token of a session.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        client: the app client that signed in.
        user: as the claims are to describe it, now.
        session: the session the tokens belong to.
        refresh_token: the new refresh token, at a sign-in or a rotation.
        source: what the tokens are made for, as PreTokenGeneration is told.
        client_metadata: for PreTokenGeneration.

    Raises:
        UserLambdaValidationException: PreTokenGeneration refuses.
        InvalidLambdaResponseException: its reply has the wrong form, or changes what it may not.
        UnexpectedLambdaException: it can't be run.
    """
    changes = None
    if has(pool, "PreTokenGeneration"):
        changes = await pre_token_generation(
            context,
            pool,
            client,
            user,
            source=source,
            groups=Groups(),
            scopes=session.scope.split(),
            client_metadata=client_metadata,
        )
    keys = await context.keys.of_pool(pool.pool_id)
    seconds = access_seconds(client.description)
    return AuthenticationResultType(
        access_token=_access_token(context, pool, client, user, session, keys, seconds, changes),
        expires_in=seconds,
        id_token=_id_token(context, pool, client, user, session, keys, changes),
        refresh_token=refresh_token,
        token_type="Bearer",  # rfc6750, no secret.
    )


def _shared_claims(context: Context, pool: Pool, client: Client, session: Session) -> dict[str, Any]:
    claims: dict[str, Any] = {
        "sub": session.sub,
        "iss": context.settings.issuer(pool.pool_id),
        "event_id": uuid4_text(context.effects),
        "auth_time": session.auth_time_ms // 1000,
        "iat": context.now_ms // 1000,
    }
    # A client without token revocation gets tokens without the two ids (guide:token-revocation).
    if client.description.enable_token_revocation is not False:
        claims["origin_jti"] = session.session_id
        claims["jti"] = uuid4_text(context.effects)
    return claims


def _access_token(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    session: Session,
    keys: PoolKeys,
    seconds: int,
    changes: TokenChanges | None,
) -> str:
    claims = _shared_claims(context, pool, client, session)
    claims |= {
        "client_id": client.client_id,
        "token_use": "access",
        "scope": session.scope,
        "exp": claims["iat"] + seconds,
        "username": user.username,
    }
    if session.device_key is not None:
        claims["device_key"] = session.device_key
    return sign(claims if changes is None else access_claims(claims, changes), keys.signing["access"])


def _id_token(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    session: Session,
    keys: PoolKeys,
    changes: TokenChanges | None,
) -> str:
    claims: dict[str, Any] = {}
    for name, value in readable(client.description, user.attributes).items():
        if name in VERIFIED_NAMES:
            claims[name] = value == "true"
        elif name == "address":
            # Assumed: the address claim is an object with the whole text as its formatted member (oidc-core §5.1.1).
            claims[name] = {"formatted": value}
        else:
            claims[name] = value
    claims |= _shared_claims(context, pool, client, session)
    claims |= {
        "aud": client.client_id,
        "token_use": "id",
        "exp": claims["iat"] + id_seconds(client.description),
        "cognito:username": user.username,
    }
    return sign(claims if changes is None else id_claims(claims, changes), keys.signing["id"])
