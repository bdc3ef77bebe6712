"""Renewing: what a refresh token is good for, with and without rotation.

Rotation hands out a new refresh token each time. The one before stays good for the client's grace period; a
token that was rotated out longer ago has been stolen or replayed, so its whole session is revoked.

Sources: guide:amazon-cognito-user-pools-using-the-refresh-token, api:GetTokensFromRefreshToken, rfc9700 §4.14.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from userpool.server.database.sessions import delete_session, put_session, session_by_id
from userpool.server.database.users import user_by_sub
from userpool.server.issuing import handed_out_again, open_refresh_token, rotated, tokens_for
from userpool.wire.faults import NotAuthorizedException, RefreshTokenReuseException

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.issuing import RefreshContent
    from userpool.server.records import Client, Pool, Session, User
    from userpool.wire.fault import ServiceException
    from userpool.wire.shapes import AuthenticationResultType
    from userpool.wire.user_pool_clients import UserPoolClientType


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
    context: Context, pool: Pool, client: Client, user: User, content: RefreshContent
) -> AuthenticationResultType:
    """Return fresh tokens for a refresh token, and a fresh refresh token if the client rotates them.

    Raises:
        NotAuthorizedException: its session was revoked or has expired, or its user is disabled.
        RefreshTokenReuseException: it was rotated out too long ago; the session is revoked now.
    """
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    if rotates(client.description):
        return await _renew_and_rotate(context, pool, client, user, content)
    session = await session_by_id(context.database.reader, content.sub, content.session_id)
    good = _checked(context, session)
    if not hmac.compare_digest(good.refresh_digest, content.digest):
        raise NotAuthorizedException("Invalid Refresh Token")
    return await tokens_for(context, pool, client, user, good, refresh_token=None)


async def _renew_and_rotate(
    context: Context, pool: Pool, client: Client, user: User, content: RefreshContent
) -> AuthenticationResultType:
    rotation = client.description.refresh_token_rotation
    grace_ms = ((rotation.retry_grace_period_seconds if rotation else None) or 0) * 1000

    async def rotate(transaction: Transaction) -> tuple[Session, str] | ServiceException:
        session = _checked(context, await session_by_id(transaction, content.sub, content.session_id))
        is_current = hmac.compare_digest(session.refresh_digest, content.digest)
        is_previous = session.previous_digest is not None and hmac.compare_digest(
            session.previous_digest, content.digest
        )
        if not is_current and not (is_previous and context.now_ms < session.rotated_ms + grace_ms):
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
    session, refresh_token = outcome
    return await tokens_for(context, pool, client, user, session, refresh_token=refresh_token)


def _checked(context: Context, session: Session | None) -> Session:
    if session is None:
        raise NotAuthorizedException("Refresh Token has been revoked")
    if session.expires_ms <= context.now_ms:
        raise NotAuthorizedException("Refresh Token has expired")
    return session
