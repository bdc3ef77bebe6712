"""Proving logins: what the tokens of a Logins map say, checked by the keys of whoever issued them.

A user pool of this server is asked for its keys, and, where the identity pool wants that (ServerSideTokenCheck),
whether the user has signed out or was disabled. The token of a developer's user is one of our own.

Sources: api:GetId, api:CognitoIdentityProvider (ServerSideTokenCheck),
guide:amazon-cognito-integrating-user-pools-with-identity-pools; texts as collected from public reports.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from userpool.errors import TokenError
from userpool.server.database.sessions import session_by_id
from userpool.server.database.users import user_by_sub
from userpool.server.identity_tokens import claims_of_identity_token, refused_token
from userpool.server.rules.identity_providers import (
    DEVELOPER_TOKEN,
    clients_of_provider,
    is_foreign_provider,
    user_pool_provider,
)
from userpool.server.rules.identity_roles import Login
from userpool.tokens.claims import unverified_claims
from userpool.tokens.jwt import check_times, verify
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import IdentityPool

UNSUPPORTED = "Token is not from a supported provider of this identity pool."
NO_ID_TOKEN = "Invalid login token. Not a valid OpenId Connect identity token."


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """What a Logins map proves."""

    logins: list[Login]
    """Users of identity providers, in the order of the providers' names."""
    identity_claims: dict[str, Any] | None = None
    """Claims of the service's own token, when one was among them."""

    def __repr__(self) -> str:
        return "Proof(***)"

    @property
    def is_empty(self) -> bool:
        """Whether there was no login at all."""
        return not self.logins and self.identity_claims is None


async def prove(context: Context, pool: IdentityPool, logins: Mapping[str, str] | None) -> Proof:
    """Return what a Logins map proves; each of its tokens has to be good.

    Raises:
        NotAuthorizedException: a token isn't good, or not one of a provider that this identity pool trusts.
    """
    claims: dict[str, Any] | None = None
    proven: list[Login] = []
    for name, token in sorted((logins or {}).items()):
        if name == DEVELOPER_TOKEN:
            claims = await claims_of_identity_token(context, pool, token)
        else:
            proven.append(await _prove_one(context, pool, name, token))
    return Proof(logins=proven, identity_claims=claims)


async def _prove_one(context: Context, pool: IdentityPool, name: str, token: str) -> Login:
    clients = clients_of_provider(pool, name)
    if not clients:
        if is_foreign_provider(pool, name):
            # Assumed: a login by an identity provider elsewhere (Google, Facebook, OpenID Connect, SAML) is refused
            # like one with a bad signature, since this server asks nobody else for keys.
            raise NotAuthorizedException("Invalid login token. Couldn't verify signed token.")
        raise NotAuthorizedException(UNSUPPORTED)
    claims = await _verified(context, name, token)
    if claims.get("aud") is None:
        raise NotAuthorizedException("Invalid login token. Missing a required claim: aud")
    client_id, sub = claims["aud"], claims.get("sub")
    provider = clients.get(client_id) if isinstance(client_id, str) else None
    if provider is None:
        raise NotAuthorizedException(UNSUPPORTED)
    if claims.get("token_use") != "id" or not isinstance(sub, str):
        raise NotAuthorizedException(NO_ID_TOKEN)
    if provider.server_side_token_check:
        await _check_signed_in(context, name.rpartition("/")[2], sub, claims)
    return Login(provider=name, user_id=sub, claims=claims, client_id=client_id)


async def _verified(context: Context, name: str, token: str) -> dict[str, Any]:
    pool_id = name.rpartition("/")[2]
    user_pool = await context.directory.pool(pool_id)
    issuer = context.settings.issuer(pool_id)
    if user_pool is None or name not in {user_pool_provider(pool_id), issuer.partition("://")[2]}:
        raise NotAuthorizedException(UNSUPPORTED)
    try:
        # Compared before the signature is: the token of another pool is told from a forged one.
        if unverified_claims(token).get("iss") != issuer:
            raise NotAuthorizedException("Invalid login token. Issuer doesn't match providerName")
        claims = verify(token, (await context.keys.of_pool(pool_id)).public).claims
        check_times(claims, context.effects.now())
    except TokenError as error:
        raise refused_token(error, token, context.effects.now()) from None  # Said in the service's words.
    return claims


async def _check_signed_in(context: Context, pool_id: str, sub: str, claims: Mapping[str, Any]) -> None:
    reader = context.database.reader
    user = await user_by_sub(reader, sub)
    session_id = claims.get("origin_jti")
    is_good = (
        user is not None
        and user.pool_id == pool_id
        and user.enabled
        and int(claims["iat"]) * 1000 + 999 >= user.signed_out_ms
        and (session_id is None or await session_by_id(reader, sub, str(session_id)) is not None)
    )
    if not is_good:
        # Assumed: the text with which ServerSideTokenCheck refuses somebody who signed out, was disabled or deleted.
        raise NotAuthorizedException("Invalid login token. Token has been revoked.")
