"""Tokens after sign-in: renewed with rotation, revoked one by one or all at once.

Operations: GetTokensFromRefreshToken, RevokeToken, GlobalSignOut, AdminUserGlobalSignOut.

Sources: api:GetTokensFromRefreshToken, api:RevokeToken, api:GlobalSignOut, guide:token-revocation.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING

from msgspec.structs import replace

from userpool.server.bearer import authorise
from userpool.server.database.sessions import delete_session, delete_sessions
from userpool.server.finding import (
    check_client_secret,
    client_secrets,
    find_client,
    find_pool,
    find_user,
    user_again,
)
from userpool.server.issuing import REFRESH_PARTS, open_refresh_token
from userpool.server.renewing import holder, renew
from userpool.server.roster import change
from userpool.wire.faults import (
    InvalidParameterException,
    NotAuthorizedException,
    UnauthorizedException,
    UnsupportedOperationException,
    UnsupportedTokenTypeException,
)
from userpool.wire.tokens import (
    AdminUserGlobalSignOutResponse,
    GetTokensFromRefreshTokenResponse,
    GlobalSignOutResponse,
    RevokeTokenResponse,
)

if TYPE_CHECKING:
    from userpool.server.context import Context
    from userpool.server.database.query import Transaction
    from userpool.server.records import Client, Pool, User
    from userpool.wire.tokens import (
        AdminUserGlobalSignOutRequest,
        GetTokensFromRefreshTokenRequest,
        GlobalSignOutRequest,
        RevokeTokenRequest,
    )

# ---- rules ----


def _check_may_revoke(context: Context, client: Client, given: str | None) -> None:
    secrets = client_secrets(context, client)
    fits = [hmac.compare_digest((given or "").encode(), secret.encode()) for secret in secrets]
    if secrets and not any(fits):
        # Assumed: the text of RevokeToken for a missing or wrong ClientSecret.
        raise UnauthorizedException("Client is not authorized to revoke this token.")
    if client.description.enable_token_revocation is False:
        raise UnsupportedOperationException("Token revocation is not enabled for this client.")


async def _sign_out_everywhere(context: Context, pool: Pool, user: User) -> None:
    async def write(transaction: Transaction) -> None:
        current = await user_again(transaction, user)
        await delete_sessions(transaction, user.sub)
        await change(transaction, pool, current, replace(current, signed_out_ms=context.now_ms))

    await context.database.write(write)


# ---- operations ----


async def get_tokens_from_refresh_token(
    context: Context, request: GetTokensFromRefreshTokenRequest
) -> GetTokensFromRefreshTokenResponse:
    """Renew tokens; a client with rotation gets a new refresh token as well."""
    pool, client = await find_client(context, request.client_id)
    check_client_secret(context, client, request.client_secret)
    content, user = await holder(context, client, request.refresh_token)
    result = await renew(
        context,
        pool,
        client,
        user,
        content,
        device_key=request.device_key,
        client_metadata=request.client_metadata,
    )
    return GetTokensFromRefreshTokenResponse(authentication_result=result)


async def revoke_token(context: Context, request: RevokeTokenRequest) -> RevokeTokenResponse:
    """Revoke a refresh token and all tokens of its session; doing it again changes nothing."""
    _, client = await find_client(context, request.client_id)
    _check_may_revoke(context, client, request.client_secret)
    if request.token.count(".") != REFRESH_PARTS - 1:
        # Assumed: the text of RevokeToken for an id or access token, which have three parts.
        raise UnsupportedTokenTypeException("Only refresh tokens can be revoked.")
    try:
        content = open_refresh_token(context, request.token)
    except NotAuthorizedException as error:
        # Assumed: RevokeToken answers garbage with InvalidParameterException, which it declares.
        raise InvalidParameterException(error.message) from error
    if content.client_id != client.client_id:
        # Assumed: the text of RevokeToken for a token that was issued to another client.
        raise UnauthorizedException("The token was issued to another client.")
    await context.database.write(
        lambda transaction: delete_session(transaction, content.sub, content.session_id)
    )
    return RevokeTokenResponse()


async def global_sign_out(context: Context, request: GlobalSignOutRequest) -> GlobalSignOutResponse:
    """Sign the bearer out everywhere: all refresh tokens, and access tokens for this API."""
    bearer = await authorise(context, request.access_token)
    await _sign_out_everywhere(context, bearer.pool, bearer.user)
    return GlobalSignOutResponse()


async def admin_user_global_sign_out(
    context: Context, request: AdminUserGlobalSignOutRequest
) -> AdminUserGlobalSignOutResponse:
    """Sign a user out everywhere."""
    pool = await find_pool(context, request.user_pool_id)
    user = await find_user(context, pool, request.username)
    await _sign_out_everywhere(context, pool, user)
    return AdminUserGlobalSignOutResponse()
