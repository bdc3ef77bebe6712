"""SECRET_HASH: how a client that has a secret proves it without sending it.

Sources: guide:signing-up-users-in-your-app (computing secret hash values).
"""

from __future__ import annotations

import hmac
from base64 import b64encode

__all__ = ["secret_hash"]


def secret_hash(username: str, *, client_id: str, client_secret: str) -> str:
    """Return base64(HMAC-SHA256(client secret, user name | client id)).

    ``username`` is the very string that the same request sends as its user name: after an SRP challenge that
    is USER_ID_FOR_SRP and not what was typed, and for a refresh it is the user's own name or sub.
    """
    digest = hmac.digest(client_secret.encode(), f"{username}{client_id}".encode(), "sha256")
    return b64encode(digest).decode()
