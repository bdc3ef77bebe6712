"""The bearer of an access token: who may act for whom, and why not.

An access token is good here as long as its signature and times are, its session has not been revoked, and its
user exists and is enabled.

Sources: api:GetUser; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from userpool.errors import ExpiredTokenError, TokenError
from userpool.server.database.sessions import session_by_id
from userpool.server.database.users import user_by_sub
from userpool.server.issuing import API_SCOPE
from userpool.tokens.claims import unverified_claims
from userpool.tokens.jwt import check_times, verify
from userpool.wire.faults import NotAuthorizedException, UserNotFoundException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Client, Pool, User


class Bearer(NamedTuple):
    """Whoever holds a good access token."""

    pool: Pool
    client: Client
    user: User
    session_id: str | None


async def authorise(context: Context, access_token: str) -> Bearer:
    """Return the bearer of an access token that may use the user pool API.

    Raises:
        NotAuthorizedException: the token is none of ours, expired, revoked, or lacks the scope.
        UserNotFoundException: its user was deleted.
    """
    pool, claims = await _verified(context, access_token)
    client = await context.directory.client(_text(claims, "client_id"))
    if client is None or client.pool_id != pool.pool_id:
        raise NotAuthorizedException("Invalid Access Token")
    user = await user_by_sub(context.database.reader, _text(claims, "sub"))
    if user is None or user.pool_id != pool.pool_id:
        raise UserNotFoundException("User does not exist.")
    session_id = claims.get("origin_jti")
    # Without origin_jti (token revocation off) only signing out everywhere takes access away.
    if int(claims["iat"]) * 1000 + 999 < user.signed_out_ms:
        raise NotAuthorizedException("Access Token has been revoked")
    if (
        session_id is not None
        and await session_by_id(context.database.reader, user.sub, str(session_id)) is None
    ):
        raise NotAuthorizedException("Access Token has been revoked")
    if not user.enabled:
        raise NotAuthorizedException("User is disabled.")
    if API_SCOPE not in _text(claims, "scope").split():
        raise NotAuthorizedException("Access Token does not have required scopes")
    return Bearer(pool, client, user, None if session_id is None else str(session_id))


async def _verified(context: Context, access_token: str) -> tuple[Pool, Mapping[str, Any]]:
    try:
        # The issuer only says whose keys to try; it is compared again once the signature holds.
        issuer = _text(unverified_claims(access_token), "iss")
        pool = await context.directory.pool(issuer.rpartition("/")[2])
        if pool is None or issuer != context.settings.issuer(pool.pool_id):
            raise NotAuthorizedException("Invalid Access Token")
        keys = await context.keys.of_pool(pool.pool_id)
        claims = verify(access_token, keys.public).claims
        check_times(claims, context.effects.now())
    except ExpiredTokenError:
        raise NotAuthorizedException("Access Token has expired") from None  # Said in the service's words.
    except TokenError:
        raise NotAuthorizedException(
            "Invalid Access Token"
        ) from None  # A stranger isn't told what was wrong.
    if claims.get("token_use") != "access":
        raise NotAuthorizedException("Invalid Access Token")
    return pool, claims


def _text(claims: Mapping[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str):
        raise NotAuthorizedException("Invalid Access Token")
    return value
