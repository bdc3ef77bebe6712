"""The public documents of a pool, and of the issuer of identities: their keys and their OpenID configuration.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt, openid-connect-discovery §4; where the
service has the keys of identity pools (`/.well-known/jwks_uri`), as aws-jwt-verify tells it.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from userpool.tokens.rs512 import rs512_key_set

if TYPE_CHECKING:
    from userpool.server.context import Context

JWKS = "/.well-known/jwks.json"
CONFIGURATION = "/.well-known/openid-configuration"
IDENTITY_JWKS = "/.well-known/jwks_uri"
POOL_ID = re.compile(r"[a-z0-9-]{1,20}_[A-Za-z0-9]{1,34}")


async def discovery_document(context: Context, path: str, *, origin: str) -> bytes | None:
    """Return the document at `/<pool id>/.well-known/...` or `/.well-known/...` as JSON, or None when there is none.

    Args:
        context: the request's surroundings.
        path: the path of the request.
        origin: scheme, host and port under which the request came.
    """
    if path == IDENTITY_JWKS:
        return msgspec.json.encode(rs512_key_set((await context.keys.of_identities()).public))
    if path == CONFIGURATION:
        return msgspec.json.encode(_identity_configuration(context, origin))
    for suffix in (JWKS, CONFIGURATION):
        pool_id = path[1:].removesuffix(suffix)
        if not path.endswith(suffix) or POOL_ID.fullmatch(pool_id) is None:
            continue
        if await context.directory.pool(pool_id) is None:
            return None
        if suffix == JWKS:
            return (await context.keys.of_pool(pool_id)).jwks
        return msgspec.json.encode(_configuration(context, pool_id, origin))
    return None


def _configuration(context: Context, pool_id: str, origin: str) -> dict[str, Any]:
    reached_at = (context.settings.public_url or origin).rstrip("/")
    # The members that name endpoints of a domain are left out: a pool here has no domain yet.
    return {
        "id_token_signing_alg_values_supported": ["RS256"],
        "issuer": context.settings.issuer(pool_id),
        "jwks_uri": f"{reached_at}/{pool_id}{JWKS}",
        "response_types_supported": ["code", "token"],
        "scopes_supported": ["openid", "email", "phone", "profile"],
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic", "client_secret_post"],
    }


def _identity_configuration(context: Context, origin: str) -> dict[str, Any]:
    reached_at = (context.settings.public_url or origin).rstrip("/")
    return {
        "id_token_signing_alg_values_supported": ["RS512"],
        "issuer": context.settings.identity_issuer(),
        "jwks_uri": f"{reached_at}{IDENTITY_JWKS}",
        "response_types_supported": ["id_token"],
        "subject_types_supported": ["public"],
    }
