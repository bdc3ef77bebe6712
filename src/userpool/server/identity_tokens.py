"""The tokens of identities: OpenID Connect tokens that say which identity somebody is, and how that was proven.

They go to whoever trusts identity pools, in the first place STS, and come back here as the login of a developer's user.

Sources: api:GetOpenIdToken, api:GetOpenIdTokenForDeveloperIdentity, guide:developer-authenticated-identities; header
and claims as seen in tokens of the service; iam-guide:id_session-tags (the claim of principal tags).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from userpool.errors import BadSignatureError, ExpiredTokenError, TokenError, UnknownKeyError
from userpool.server.rules.identifiers import identity_pool_arn
from userpool.server.rules.identity_providers import authentication_methods
from userpool.tokens.claims import unverified_claims
from userpool.tokens.jwt import check_times
from userpool.tokens.rs512 import sign_rs512, verify_rs512
from userpool.wire.faults import NotAuthorizedException

if TYPE_CHECKING:
    from collections.abc import Mapping

    from userpool.server.context import Context
    from userpool.server.records import Identity, IdentityPool

TOKEN_SECONDS = 600
DEVELOPER_TOKEN_SECONDS = 900
POOL_CLAIM = "https://cognito-identity.amazonaws.com/identity-pool-arn"
TAGS_CLAIM = "https://aws.amazon.com/tags"
LOGINS_DO_NOT_MATCH = (
    "Logins don't match. Please include at least one valid login for this identity or identity pool."
)


async def identity_token(
    context: Context, identity: Identity, *, seconds: int, tags: Mapping[str, str] | None = None
) -> str:
    """Return a token for an identity as it is now.

    Args:
        context: the request's surroundings.
        identity: whose token it is; its logins are told in `amr`.
        seconds: how long it is good.
        tags: principal tags for the session that is made from it.
    """
    now = context.now_ms // 1000
    claims: dict[str, Any] = {
        "sub": identity.identity_id,
        "aud": identity.identity_pool_id,
        "amr": authentication_methods(identity),
        "iss": context.settings.identity_issuer(),
        POOL_CLAIM: identity_pool_arn(identity.identity_pool_id, context.settings.account_id),
        "exp": now + seconds,
        "iat": now,
    }
    if tags:
        claims[TAGS_CLAIM] = {"principal_tags": {name: [value] for name, value in tags.items()}}
    keys = await context.keys.of_identities()
    return sign_rs512(claims, keys.signing["identity"])


async def claims_of_identity_token(context: Context, pool: IdentityPool, token: str) -> dict[str, Any]:
    """Return the claims of a good token of an authenticated identity of this pool.

    Raises:
        NotAuthorizedException: it is none, in the service's words.
    """
    try:
        issuer = unverified_claims(token).get("iss")
        if issuer != context.settings.identity_issuer():
            raise NotAuthorizedException("Invalid login token. Issuer doesn't match providerName")
        claims = verify_rs512(token, (await context.keys.of_identities()).public).claims
        check_times(claims, context.effects.now())
    except TokenError as error:
        raise refused_token(error, token, context.effects.now()) from None  # Said in the service's words.
    if claims.get("aud") != pool.identity_pool_id:
        raise NotAuthorizedException("Token is not from a supported provider of this identity pool.")
    return claims


def proves(claims: Mapping[str, Any], identity: Identity) -> bool:
    """Return whether a token proves to be an identity: it was made for it, and names a login that it still has."""
    # Assumed: the token of an identity is worth nothing once every login that it names was unlinked.
    names = [*identity.logins, *identity.developer_logins]
    told = cast("list[object]", claims.get("amr")) if isinstance(claims.get("amr"), list) else []
    logins = set(authentication_methods(identity)) - {"authenticated", "unauthenticated", *names}
    return claims.get("sub") == identity.identity_id and any(method in logins for method in told)


def principal_tags_of(claims: Mapping[str, Any]) -> dict[str, str]:
    """Return the principal tags that a token of ours carries."""
    tags = claims.get(TAGS_CLAIM, {}).get("principal_tags", {})
    return {name: values[0] for name, values in tags.items()}


def refused_token(error: TokenError, token: str, now: float) -> NotAuthorizedException:
    """Return what is said of a login token that isn't good.

    Args:
        error: what was found to be wrong with it.
        token: the token, whose expiry is told to whoever holds it.
        now: the time in epoch seconds.
    """
    if isinstance(error, ExpiredTokenError):
        expires = unverified_claims(token).get("exp")
        return NotAuthorizedException(f"Invalid login token. Token expired: {int(now)} >= {expires}")
    if isinstance(error, BadSignatureError | UnknownKeyError):
        return NotAuthorizedException("Invalid login token. Couldn't verify signed token.")
    return NotAuthorizedException("Invalid login token. Not a valid OpenId Connect identity token.")
