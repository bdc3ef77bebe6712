"""The public documents of a pool: its keys and its OpenID configuration.

Sources: guide:amazon-cognito-user-pools-using-tokens-verifying-a-jwt, openid-connect-discovery §4.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from userpool.server.context import Context

JWKS = "/.well-known/jwks.json"
CONFIGURATION = "/.well-known/openid-configuration"
POOL_ID = re.compile(r"[a-z0-9-]{1,20}_[A-Za-z0-9]{1,34}")


async def discovery_document(context: Context, path: str, *, origin: str) -> bytes | None:
    """Return the document at `/<pool id>/.well-known/...` as JSON, or None when there is none.

    Args:
        context: the request's surroundings.
        path: the path of the request.
        origin: scheme, host and port under which the request came.
    """
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
