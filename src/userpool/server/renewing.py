"""Renewing: what a refresh token is good for, with and without rotation.

Rotation hands out a new refresh token each time. One that was rotated out stays good for the client's grace period; a
token that was rotated out longer ago has been stolen or replayed, so its whole session is revoked. A session that was
given a device, or came from one, is renewed only for whoever names it.

Sources: guide:amazon-cognito-user-pools-using-the-refresh-token, api:GetTokensFromRefreshToken, rfc9700 §4.14,
guide:amazon-cognito-user-pools-device-tracking.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, NamedTuple

import msgspec

from userpool.server.database.sessions import delete_session, put_session, session_by_id
from userpool.server.database.users import user_by_sub
from userpool.server.issuing import (
    handed_out_again,
    open_refresh_token,
    rotated,
    rotated_out,
    tokens_for,
)
from userpool.server.triggers.configured import has
from userpool.wire.faults import NotAuthorizedException, RefreshTokenReuseException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.issuing import RefreshContent
    from userpool.server.records import Client, Pool, Session, User
    from userpool.wire.fault import ServiceException
    from userpool.wire.shapes import AuthenticationResultType
    from userpool.wire.user_pool_clients import UserPoolClientType


class _Renewal(NamedTuple):
    context: Context
    pool: Pool
    client: Client
    user: User
    content: RefreshContent
    device_key: str | None
    client_metadata: Mapping[str, str] | None


def rotates(client: UserPoolClientType) -> bool:
    """Return whether a client's refresh tokens are rotated."""
    return client.refresh_token_rotation is not None and client.refresh_token_rotation.feature == "ENABLED"


async def holder(context: Context, client: Client, refresh_token: str) -> tuple[RefreshContent, User]:
    """Return what a refresh token says and whose it is, before it is known whether it is still good.

    Raises:
        NotAuthorizedException: it isn't one of this client's, or its user is gone.
    """
    content = open_refresh_token(context, refresh_token)
    if content.client_id != client.client_id or content.pool_id != client.pool_id:
        raise NotAuthorizedException("Invalid Refresh Token")
    user = await user_by_sub(context.database.reader, content.sub)
    if user is None:
        raise NotAuthorizedException("Refresh Token has been revoked")
    return content, user


async def renew(
    context: Context,
    pool: Pool,
    client: Client,
    user: User,
    content: RefreshContent,
    *,
    device_key: str | None = None,
    client_metadata: Mapping[str, str] | None = None,
) -> AuthenticationResultType:
    """Return fresh tokens for a refresh token, and a fresh refresh token if the client rotates them.

    Args:
        context: the request's surroundings.
        pool: the user's pool.
        client: the app client.
        user: the holder.
        content: what the refresh token says.
        device_key: the device that the request names.
        client_metadata: for PreTokenGeneration.

    Raises:
        NotAuthorizedException: its session was revoked or has expired, its user is disabled, or the device is another.
        RefreshTokenReuseException: it was rotated out too long ago; the session is revoked now.
        UserLambdaValidationException: PreTokenGeneration refuses; the token stays good.
    """
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    renewal = _Renewal(context, pool, client, user, content, device_key, client_metadata)
    if rotates(client.description):
        return await _renew_and_rotate(renewal)
    good = _checked(renewal, await session_by_id(context.database.reader, content.sub, content.session_id))
    if not _is_current(renewal, good):
        raise NotAuthorizedException("Invalid Refresh Token")
    return await _tokens(renewal, good, None)


async def _renew_and_rotate(renewal: _Renewal) -> AuthenticationResultType:
    context, content = renewal.context, renewal.content
    if not has(renewal.pool, "PreTokenGeneration"):
        session, refresh_token = await _rotate(renewal)
        return await _tokens(renewal, session, refresh_token)
    session = _checked(renewal, await session_by_id(context.database.reader, content.sub, content.session_id))
    if not (_is_current(renewal, session) or _has_grace(renewal, session)):
        # The session ends, whatever the function would say.
        await _rotate(renewal)
    # The function is asked before anything is rotated: where it refuses, the token that was shown stays good.
    tokens = await _tokens(renewal, session, None)
    _, refresh_token = await _rotate(renewal)
    return msgspec.structs.replace(tokens, refresh_token=refresh_token)


async def _rotate(renewal: _Renewal) -> tuple[Session, str]:
    context, content, pool = renewal.context, renewal.content, renewal.pool

    async def rotate(transaction: Transaction) -> tuple[Session, str] | ServiceException:
        session = _checked(renewal, await session_by_id(transaction, content.sub, content.session_id))
        is_current = _is_current(renewal, session)
        if not is_current and not _has_grace(renewal, session):
            await delete_session(transaction, content.sub, content.session_id)
            # Returned, not raised: the revocation has to be committed.
            # Assumed: the text of RefreshTokenReuseException.
            return RefreshTokenReuseException("Refresh Token has been used already.")
        if not is_current:
            return session, handed_out_again(context, session, pool.pool_id)
        renewed, refresh_token = rotated(context, session, pool.pool_id)
        await put_session(transaction, renewed)
        return renewed, refresh_token

    outcome = await context.database.write(rotate)
    if not isinstance(outcome, tuple):
        raise outcome
    return outcome


def _is_current(renewal: _Renewal, session: Session) -> bool:
    return hmac.compare_digest(session.refresh_digest, renewal.content.digest)


def _has_grace(renewal: _Renewal, session: Session) -> bool:
    rotation = renewal.client.description.refresh_token_rotation
    grace_ms = ((rotation.retry_grace_period_seconds if rotation else None) or 0) * 1000
    # Each token has a grace of its own: the one after it may have been rotated out as well meanwhile, by another tab.
    return any(
        hmac.compare_digest(digest, renewal.content.digest) and renewal.context.now_ms < rotated_ms + grace_ms
        for digest, rotated_ms in rotated_out(session).items()
    )


async def _tokens(renewal: _Renewal, session: Session, refresh_token: str | None) -> AuthenticationResultType:
    return await tokens_for(
        renewal.context,
        renewal.pool,
        renewal.client,
        renewal.user,
        session,
        refresh_token=refresh_token,
        source="TokenGeneration_RefreshTokens",
        client_metadata=renewal.client_metadata,
    )


def _checked(renewal: _Renewal, session: Session | None) -> Session:
    if session is None:
        raise NotAuthorizedException("Refresh Token has been revoked")
    if session.expires_ms <= renewal.context.now_ms:
        raise NotAuthorizedException("Refresh Token has expired")
    if session.device_key is not None and session.device_key != renewal.device_key:
        # With a full stop, unlike the other text.
        raise NotAuthorizedException("Invalid Refresh Token.")
    return session
